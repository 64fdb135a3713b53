"""Entities: light handles on rows of a sealed graph, and on what is named and is not there."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from vigie.graph import clock
from vigie.graph.logs import LogKey
from vigie.graph.words import Log
from vigie.model.finding import Proof
from vigie.model.kind import Field, Key, Kind, Layer, Rows, alternatives, steps
from vigie.model.signal import Signal

if TYPE_CHECKING:
    from vigie.graph.graph import Graph
    from vigie.graph.tables import RowTable, Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge as seen from one of its ends."""

    type: str
    source: "Entity"
    target: "Entity"
    layer: Layer
    key: str
    optional: bool
    field: str

    def prove(self) -> Proof:
        """The field of the source that states this edge."""
        value = f"{self.target.name}/{self.key}" if self.key else self.target.name
        return Proof(self.source, self.field, value, None, self.source.pointer)


@dataclass(frozen=True, slots=True)
class Condition:
    """One status condition."""

    entity: "Entity"
    type: str
    status: str
    reason: str
    message: str
    since: int | None
    index: int

    def prove(self) -> Proof:
        value = " ".join(part for part in (f"{self.type}={self.status}", self.reason, self.message) if part)
        return Proof(self.entity, f"status.conditions[{self.index}]", value, self.since, self.entity.pointer)


class Row:
    """One element of a nested list of an entity; `row[Container.waiting]` reads its columns."""

    __slots__ = ("_at", "_table", "entity")

    def __init__(self, entity: "Entity", table: "RowTable", at: int) -> None:
        self.entity = entity
        self._table = table
        self._at = at

    def __getitem__(self, field: Field[T]) -> T:
        value: T = self._table[field][self._at]
        return value

    @property
    def list(self) -> str:
        """The path of the list that the element is in, as it was declared."""
        assert self._table.rows is not None
        return self._table.rows.at[int(self._table.at[self._at])]

    @property
    def index(self) -> int:
        return int(self._table.index[self._at])

    def path(self, field: Field[Any]) -> str:
        """The field's path with this element's index; of its alternatives, the one that holds the value."""
        list_ = self.list.removesuffix("[]")
        paths = alternatives(field.path)
        chosen = paths[0]
        if len(paths) > 1:
            element = _at(self.entity.body, steps(list_))
            element = element[self.index] if isinstance(element, list) and self.index < len(element) else None
            chosen = next((path for path in paths if _at(element, steps(path)) is not None), chosen)
        return f"{list_}[{self.index}].{chosen}"

    def proof(self, field: Field[Any], time: int | None = None) -> Proof:
        """The proof that one of its columns is."""
        value = self[field]
        return Proof(self.entity, self.path(field), _said(value), time, self.entity.pointer)


def _at(value: Any, path: Sequence[str]) -> Any:
    """What a decoded JSON value holds at these steps, None where it holds nothing."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _said(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict) and all(isinstance(held, str) for held in value.values()):
        return ",".join(f"{key}={held}" for key, held in value.items())
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)


class Entity:
    """One thing of the system. Two handles are equal when they name the same thing.

    `exists` is True for an object that was read, False for one that is proven absent, None where that is not known.
    """

    __slots__ = ("__dict__", "_row", "_table", "graph", "key", "name", "namespace")

    def __init__(self, graph: "Graph", key: Key, namespace: str, name: str, table: "Table | None", row: int) -> None:
        self.graph = graph
        self.key = key
        self.namespace = namespace
        self.name = name
        self._table = table
        self._row = row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"

    @property
    def address(self) -> tuple[str, str, str, str]:
        """Group, kind, namespace and name: what tells it from all others of its cluster."""
        return (self.key.group, self.key.kind, self.namespace, self.name)

    @property
    def kind(self) -> str:
        return self.key.kind

    @property
    def group(self) -> str:
        return self.key.group

    @property
    def id(self) -> int:
        """The entity's number in the graph, -1 for one that no evidence mentions by reference."""
        return self._table.base + self._row if self._table is not None else -1

    @property
    def exists(self) -> bool | None:
        if self._table is not None and self._row < self._table.real:
            return True
        return False if self.graph.covers(self.key, self.namespace) else None

    @property
    def read(self) -> bool:
        """Whether the object itself is in the evidence."""
        return self._table is not None and self._row < self._table.real

    def __getitem__(self, field: Field[T]) -> T:
        if self._table is None or field.owner is not self._table.kind:
            empty: Any = {} if field.form == "mapping" else None
            return empty  # type: ignore[no-any-return]
        value: T = self._table[field][self._row]
        return value

    def rows(self, rows: type[Rows]) -> list[Row]:
        """The elements of one of its nested lists, in the list's order."""
        if self._table is None or rows not in self._table.row_tables:
            return []
        table = self._table.rows(rows)
        return [Row(self, table, int(at)) for at in table.of(self._row)]

    def proof(self, field: Field[Any], time: int | None = None) -> Proof:
        """The proof that one of its columns is."""
        return Proof(self, next(iter(alternatives(field.path))), _said(self[field]), time, self.pointer)

    def absence(self) -> Proof:
        """The proof that it is not there: the list in which it would stand."""
        return Proof(self, "metadata.name", None, None, self.graph.listing(self.key, self.namespace), stated=False)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        held = self._identity_value("labels")
        return held if isinstance(held, dict) else {}

    def _identity_value(self, name: str) -> Any:
        if self._table is None:
            return None
        code = self._table.identity[name][self._row]
        return self._table.values[code] if name == "labels" else self._table.strings[code]

    def _time(self, name: str) -> int | None:
        if self._table is None:
            return None
        value = int(self._table.identity[name][self._row])
        return None if value == clock.MISSING else value

    @property
    def created(self) -> int | None:
        """When it was created, in microseconds since the epoch."""
        return self._time("created")

    @property
    def deleted(self) -> int | None:
        """When its deletion was to take effect; None while nobody asked for it."""
        return self._time("deleted")

    @property
    def stale(self) -> bool:
        """Whether its status speaks of an older specification, and so proves nothing."""
        return self._table is not None and bool(self._table.stale[self._row])

    @property
    def ignored(self) -> str:
        """The annotation `vigie/ignore`."""
        value = self._identity_value("ignore")
        return value if isinstance(value, str) else ""

    @property
    def pointer(self) -> str:
        """Where the object stands in the evidence."""
        return self.graph.pointer(self)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The object as it was received; empty for one that was not read."""
        return self.graph.body(self)

    @property
    def uid(self) -> str | None:
        uid = self.body.get("metadata", {}).get("uid") if self.read else None
        return uid if isinstance(uid, str) else None

    @cached_property
    def finalizers(self) -> tuple[str, ...]:
        return self.graph.finalizers_of(self)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(self.graph.conditions_of(self))

    def condition(self, type: str) -> Condition | None:
        """Its condition of one type."""
        return next((c for c in self.conditions if c.type == type), None)

    def out(self, edge: str) -> list[Edge]:
        """The edges of one type that leave it."""
        return self.graph.edges_out(self, edge)

    def into(self, edge: str) -> list[Edge]:
        """The edges of one type that reach it."""
        return self.graph.edges_into(self, edge)

    @cached_property
    def owner(self) -> "Entity | None":
        """Its controller; where none is referred to, the one that its system infers."""
        owners = self.into("owns")
        chosen = next((e.source for e in owners if e.key == "controller"), None)
        if chosen is None and owners and not self._table_says_controller(owners):
            chosen = owners[0].source
        return chosen or self.graph.infer_owner(self)

    @staticmethod
    def _table_says_controller(owners: list[Edge]) -> bool:
        return any(edge.key for edge in owners)

    @cached_property
    def holder(self) -> "Entity":
        """The object whose pod template made it, as far up as owners hold one; itself where there is none."""
        at, seen = self, {self}
        while (owner := at.owner) is not None and owner not in seen and owner.holds:
            seen.add(owner)
            at = owner
        return at

    @property
    def holds(self) -> bool:
        """Whether it holds a pod template."""
        kind: type[Kind] | None = self.graph.schema.kinds.get(self.key)
        if kind is not None:
            return kind.holds
        spec = self.body.get("spec")
        template = spec.get("template") or spec.get("jobTemplate") if isinstance(spec, dict) else None
        return isinstance(template, dict) and "spec" in template

    def owned(self) -> list["Entity"]:
        """The objects whose controller it is."""
        return [edge.target for edge in self.out("owns")]

    def near(self, kind: str, name: str) -> "Entity":
        """An object named from here: `NAME` in the same namespace, or `NAMESPACE/NAME`."""
        namespace, slash, rest = name.partition("/")
        return self.graph.get(kind, namespace, rest) if slash else self.graph.get(kind, self.namespace, name)

    @cached_property
    def _signals(self) -> tuple[Signal, ...]:
        return self.graph.signals_of(self)

    def signals(self, *names: str) -> list[Signal]:
        """Its signals of these names (all without one), oldest first."""
        return [s for s in self._signals if not names or s.name in names]

    def log(self, part: str, previous: bool = False) -> Log:
        """A container's log; an absent one is falsy, and reading from it yields nothing."""
        return Log(self, self.graph.logs.get(LogKey(self.namespace, self.name, part, previous)), part, previous)

    def logs(self) -> Iterator[Log]:
        """Every log of this pod that was read."""
        for key in self.graph.logs.of(self.namespace, self.name):
            yield self.log(key.container, key.previous)


_NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?", re.IGNORECASE)


def valid_name(name: str) -> bool:
    """Whether a name is one that Kubernetes accepts, and so may stand in a command."""
    return bool(_NAME.fullmatch(name))
