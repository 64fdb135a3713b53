"""vigie, the lookout: any evidence of a Kubernetes system in, the root cause and its proof out.

>>> import vigie
>>> graph = vigie.read("support-bundle.tar.gz")
>>> for cause in vigie.ask(graph).causes:
...     print(cause.rank, cause.name, cause.entity)

Nothing heavy is imported until it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vigie.drawing.bundling import Bundles as Bundles
    from vigie.drawing.bundling import bundle as bundle
    from vigie.graph.diff import diff as diff
    from vigie.graph.entity import Entity as Entity
    from vigie.graph.graph import Graph as Graph
    from vigie.model.answer import Answer as Answer
    from vigie.model.answer import Cause as Cause
    from vigie.model.errors import VigieError as VigieError
    from vigie.model.finding import Finding as Finding
    from vigie.pipeline import ask as ask
    from vigie.pipeline import check as check
    from vigie.pipeline import draw as draw
    from vigie.pipeline import read as read
    from vigie.pipeline import read_cluster as read_cluster

_HOME = {
    "Answer": "vigie.model.answer",
    "Bundles": "vigie.drawing.bundling",
    "Cause": "vigie.model.answer",
    "Entity": "vigie.graph.entity",
    "Finding": "vigie.model.finding",
    "Graph": "vigie.graph.graph",
    "VigieError": "vigie.model.errors",
    "ask": "vigie.pipeline",
    "bundle": "vigie.drawing.bundling",
    "check": "vigie.pipeline",
    "diff": "vigie.graph.diff",
    "draw": "vigie.pipeline",
    "read": "vigie.pipeline",
    "read_cluster": "vigie.pipeline",
}
__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the names are those of the table above


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'vigie' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
