"""How a system's folder becomes a `System`: its modules are imported once and what they declare is collected."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from vigie.model.document import Document
from vigie.model.kind import EdgeType, Kind, Rows
from vigie.model.rule import Rule
from vigie.model.symptom import Symptom
from vigie.model.system import CauseClass, EventKind, Health, System

if TYPE_CHECKING:
    from vigie.graph.entity import Entity
    from vigie.graph.graph import Graph

_PARTS = ("documents", "edges", "kinds", "symptoms", "health", "classes", "rules")


def system(
    package: str,
    *,
    prefix: str,
    title: str,
    events: EventKind | None = None,
    resolvers: tuple[Callable[["Graph", str, "Entity"], "Entity | None"], ...] = (),
    owners: tuple[Callable[["Entity"], "Entity | None"], ...] = (),
) -> System:
    """Collect what the modules of a package declare: documents, edges, kinds, symptoms, health, classes, rules.

    Each may be a module or a package of modules. `prefix` starts the ids of its rules; `events`, `resolvers` and
    `owners` are as in `System`.
    """
    found: dict[type, dict[Any, None]] = {t: {} for t in (Document, EdgeType, Symptom, Health, Rule, CauseClass)}
    kinds: dict[type[Kind], None] = {}
    rows: dict[type[Rows], None] = {}
    for module in _modules(package):
        for value in _declared(module):
            if isinstance(value, type):
                if issubclass(value, Kind) and value is not Kind and value.__module__ == module.__name__:
                    kinds[value] = None
                elif issubclass(value, Rows) and value is not Rows and value.__module__ == module.__name__:
                    rows[value] = None
            elif type(value) in found:
                found[type(value)][_Once(value)] = None
    of = {t: tuple(once.value for once in held) for t, held in found.items()}
    return System(
        package.rpartition(".")[2], prefix, title, tuple(kinds), tuple(rows), of[Document], of[Symptom], of[Health],
        tuple(sorted(of[Rule], key=lambda r: r.id)), of[EdgeType], {c.name: c for c in of[CauseClass]},
        events, resolvers, owners,
    )  # fmt: skip


class _Once:
    """A value by identity: symptoms hold patterns and maps, which do not hash alike."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def _modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__):
        if info.name not in _PARTS:
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        yield module
        if info.ispkg:
            for inner in sorted(pkgutil.iter_modules(module.__path__), key=lambda i: i.name):
                yield importlib.import_module(f"{package}.{info.name}.{inner.name}")


def _declared(module: ModuleType) -> Iterator[Any]:
    for value in vars(module).values():
        if isinstance(value, tuple):
            yield from value
        else:
            yield value
