"""A system: one product of the field, as what it declares."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vigie.model.kind import EdgeType, Field, Kind, Rows
from vigie.model.rule import Rule
from vigie.model.symptom import Symptom

if TYPE_CHECKING:
    from vigie.graph.entity import Entity
    from vigie.graph.graph import Graph
    from vigie.model.document import Document


@dataclass(frozen=True, slots=True)
class Health:
    """When an object of a kind (`*`: of any) is not as it should be, decided over whole columns.

    `test` takes the kind's table (and the graph's `as_of` in microseconds) and returns a boolean array: True where
    the object is unhealthy *now*. `says` turns one such entity into the sentence that describes its symptom.
    """

    on: str
    test: Callable[[Any], Any]
    says: Callable[[Any], str]
    doc: str


@dataclass(frozen=True, slots=True)
class EventKind:
    """Which kind holds events about other objects, and in which of its columns."""

    kind: type[Kind]
    about: str
    reason: Field[str | None]
    type: Field[str | None]
    message: Field[str | None]
    count: Field[float | None]
    first: Field[int | None]
    last: Field[int | None]


@dataclass(frozen=True, slots=True)
class System:
    """Everything that one folder of `vigie.systems` declares; `pipeline` assembles it from the modules there.

    `resolvers` turn an address (`host:port`, URL) met near an entity into the entity that it names; `owners` infer
    an owner where no reference to one was read.
    """

    name: str
    prefix: str
    title: str
    kinds: tuple[type[Kind], ...] = ()
    rows: tuple[type[Rows], ...] = ()
    documents: tuple["Document", ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    health: tuple[Health, ...] = ()
    rules: tuple[Rule, ...] = ()
    edges: tuple[EdgeType, ...] = ()
    classes: dict[str, "CauseClass"] = field(default_factory=dict)
    events: EventKind | None = None
    resolvers: tuple[Callable[["Graph", str, "Entity"], "Entity | None"], ...] = ()
    owners: tuple[Callable[["Entity"], "Entity | None"], ...] = ()


@dataclass(frozen=True, slots=True)
class CauseClass:
    """A class of causes: `link` classes are answered only if their far end shows no fault of its own.

    `means` defines it; `says` is what is so of its root, as a summary says it (the definition where it is empty).
    """

    name: str
    link: bool
    root: str
    means: str
    says: str = ""
