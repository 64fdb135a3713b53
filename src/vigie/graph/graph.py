"""The sealed graph: everything after reads it, nothing changes it."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from vigie.graph import signals
from vigie.graph.build import ITEM, Builder
from vigie.graph.columns import Column
from vigie.graph.edges import EdgeSet
from vigie.graph.entity import Condition, Edge, Entity
from vigie.graph.schema import Schema
from vigie.graph.tables import ConditionView, RowTable, Table
from vigie.model.errors import UsageError
from vigie.model.evidence import Gap, Listed
from vigie.model.kind import Key, Kind, pluralise
from vigie.model.signal import Signal


class Graph:
    """One typed graph of a system. Made by `seal`."""

    def __init__(
        self,
        builder: Builder,
        schema: Schema,
        tables: dict[Key, Table],
        edges: dict[str, EdgeSet],
        conditions: RowTable,
        finalizers: RowTable,
        as_of: int,
    ) -> None:
        self.schema = schema
        self.tables = tables
        self.edges = edges
        self.conditions = conditions
        self.finalizers = finalizers
        self.as_of = as_of
        self.strings = builder.strings
        self.values = builder.values
        self.bodies = builder.bodies
        self.logs = builder.logs
        self.origins = builder.origins
        self.gaps: tuple[Gap, ...] = tuple(builder.gaps)
        self._listed = builder.listed
        self._bases = sorted((table.base, key) for key, table in tables.items() if len(table))
        self._starts = np.asarray([base for base, _ in self._bases], np.int64)
        self.answerer: Callable[[Graph, str], Any] | None = None
        for table in tables.values():
            table.conditions = self._condition_view
            table.graph = self

    def ask(self, question: str = "broken") -> Any:
        """Ask a question of the graph: an `Answer`. Raises UsageError for one that nobody answers."""
        if self.answerer is None:
            raise UsageError("this graph was sealed without questions", fix="read it with vigie.read()")
        return self.answerer(self, question)

    # -- entities ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))

    def entity(self, id: int) -> Entity:
        """The entity of a number."""
        base, key = self._bases[int(np.searchsorted(self._starts, id, side="right")) - 1]
        return self._handle(self.tables[key], id - base)

    def _handle(self, table: Table, row: int) -> Entity:
        namespace = self.strings[int(table.namespaces[row])] or ""
        return Entity(self, table.key, namespace, self.strings[int(table.names[row])] or "", table, int(row))

    def table(self, kind: type[Kind] | str) -> Table | None:
        """The table of a kind, None where no evidence mentions one."""
        return self.tables.get(kind.key if isinstance(kind, type) else self.schema.resolve(kind))

    def all(self, kind: type[Kind] | str) -> Iterator[Entity]:
        """Every object of a kind that was read."""
        return self.all_of(kind.key if isinstance(kind, type) else self.schema.resolve(kind))

    def arrow(self, kind: type[Kind] | str) -> Any:
        """The table of a kind as a `pyarrow.Table`: identity and declared columns, strings dictionary-encoded."""
        from vigie.graph import arrow

        table = self.table(kind)
        return None if table is None else arrow.table(table)

    def all_of(self, key: Key) -> Iterator[Entity]:
        """Every object of a kind that was read, by the kind's key."""
        table = self.tables.get(key)
        if table is not None:
            for row in range(table.real):
                yield self._handle(table, row)

    def where(self, kind: type[Kind] | str, mask: Any) -> Iterator[Entity]:
        """The objects of a kind in a mask over its table."""
        table = self.table(kind)
        if table is not None:
            for row in np.flatnonzero(mask):
                yield self._handle(table, int(row))

    def get(self, kind: str | Key, namespace: str, name: str) -> Entity:
        """The object of this name, whether it exists or not."""
        key = kind if isinstance(kind, Key) else self.schema.resolve(kind)
        if not self.schema.namespaced(key):
            namespace = ""
        table = self.tables.get(key)
        row = -1
        if table is not None:
            row = self._row(table, self.strings.code(namespace or None), self.strings.code(name))
        return Entity(self, key, namespace, name, table if row >= 0 else None, row)

    def _row(self, table: Table, namespace: int, name: int) -> int:
        """The row of a name in a table, -1 where there is none; codes below 0 are strings that no object holds."""
        if namespace < 0 or name < 0:
            return -1
        known = self._names.get(table.key)
        if known is None:
            keys = (table.namespaces.astype(np.int64) << 32) | table.names
            order = np.argsort(keys, kind="stable").astype(np.int32)
            known = self._names[table.key] = (keys[order], order)
        keys, order = known
        wanted = namespace << 32 | name
        at = int(np.searchsorted(keys, wanted))
        return int(order[at]) if at < len(keys) and keys[at] == wanted else -1

    @cached_property
    def _names(self) -> dict[Key, tuple[Any, Any]]:
        return {}

    def find(self, word: str) -> list[Entity]:
        """Objects by `TYPE/NAME` in any namespace, as a person types it.

        Raises UsageError for an unknown type or a word without a slash.
        """
        type_, slash, name = word.partition("/")
        if not slash or not name:
            raise UsageError(f"{word!r} is not TYPE/NAME", fix="write it as in kubectl: deploy/web")
        table = self.tables.get(self.lookup(type_))
        if table is None:
            return []
        code = self.strings.code(name)
        return [self._handle(table, int(row)) for row in np.flatnonzero(table.names[: table.real] == code)]

    def lookup(self, word: str) -> Key:
        """A kind by what a person types, undeclared kinds of this graph included. Raises UsageError."""
        if not self.schema.known(word):
            name, _, group = word.lower().partition(".")
            for key in self.tables:
                if name in (key.kind.lower(), pluralise(key.kind.lower())) and (
                    not group or key.group.startswith(group)
                ):
                    return key
        return self.schema.lookup(word)

    def resolve(self, address: str, near: Entity) -> Entity | None:
        """The entity that a host name, address or URL means, seen from `near`; None where it means none."""
        for system in self.schema.systems:
            for resolver in system.resolvers:
                entity = resolver(self, address, near)
                if entity is not None:
                    return entity
        return None

    def infer_owner(self, entity: Entity) -> Entity | None:
        """The owner that a system infers where no reference names one."""
        for system in self.schema.systems:
            for infer in system.owners:
                owner = infer(entity)
                if owner is not None:
                    return owner
        return None

    # -- what was read, and what was not ------------------------------------------------------------------------------

    @cached_property
    def _coverage(self) -> dict[Key, set[str | None]]:
        out: dict[Key, set[str | None]] = {}
        for listed in self._listed:
            out.setdefault(self.schema.canonical(Key(listed.group, listed.kind)), set()).add(listed.namespace)
        return out

    @cached_property
    def _unread(self) -> dict[Key, dict[str | None, Gap]]:
        out: dict[Key, dict[str | None, Gap]] = {}
        for gap in self.gaps:
            if gap.listed is not None:
                key = self.schema.canonical(Key(gap.listed.group, gap.listed.kind))
                out.setdefault(key, {})[gap.listed.namespace] = gap
        return out

    def covers(self, kind: str | Key, namespace: str = "") -> bool:
        """Whether a kind was listed in full in a namespace ("" = cluster-wide), so that absence is a proof."""
        key = kind if isinstance(kind, Key) else self.schema.resolve(kind)
        spaces = self._coverage.get(key, set())
        return None in spaces or (bool(namespace) and namespace in spaces)

    def gap(self, kind: str | Key, namespace: str = "") -> Gap | None:
        """The gap that says why a kind could not be read in a namespace."""
        key = kind if isinstance(kind, Key) else self.schema.resolve(kind)
        gaps = self._unread.get(key, {})
        return gaps.get(namespace or None) or gaps.get(None)

    def listing(self, kind: Key, namespace: str) -> str:
        """The origin of the document in which objects of a kind and namespace are listed; "" if there is none."""
        table = self.tables.get(kind)
        if table is None or not table.real:
            return ""
        rows = slice(0, table.real)
        code = self.strings.code(namespace or None)
        same = np.flatnonzero(table.namespaces[rows] == code)
        row = int(same[0]) if len(same) else 0
        return self.origins[int(table.identity["origin"][row])]

    def pointer(self, entity: Entity) -> str:
        """`ORIGIN#/items/N` of an object that was read; for another, where it would be listed."""
        if not entity.read:
            return self.listing(entity.key, entity.namespace)
        assert entity._table is not None
        identity, row = entity._table.identity, entity._row
        origin = self.origins[int(identity["origin"][row])]
        pointer = int(identity["pointer"][row])
        if pointer < 0:
            return origin
        return origin.replace(ITEM, str(pointer)) if ITEM in origin else f"{origin}#/items/{pointer}"

    def body(self, entity: Entity) -> dict[str, Any]:
        """An object as it was received, with its apiVersion and kind."""
        if not entity.read:
            return {}
        assert entity._table is not None
        identity, row = entity._table.identity, entity._row
        body = self.bodies.body(int(identity["block"][row]), int(identity["item"][row]))
        body.setdefault("kind", entity.kind)
        kind = self.schema.kinds.get(entity.key)
        body.setdefault("apiVersion", kind.apis[0] if kind else entity.group or "v1")
        return body

    # -- edges --------------------------------------------------------------------------------------------------------

    def edges_out(self, entity: Entity, type: str) -> list[Edge]:
        edges = self.edges.get(type)
        if edges is None or entity.id < 0:
            return []
        return [self._edge(edges, int(row)) for row in edges.out(entity.id)]

    def edges_into(self, entity: Entity, type: str) -> list[Edge]:
        edges = self.edges.get(type)
        if edges is None or entity.id < 0:
            return []
        return [self._edge(edges, int(row)) for row in edges.into(entity.id)]

    def _edge(self, edges: EdgeSet, row: int) -> Edge:
        source, target = self.entity(int(edges.source[row])), self.entity(int(edges.target[row]))
        key = self.strings[int(edges.key[row])] or ""
        return Edge(edges.type, source, target, edges.layer(row), key, bool(edges.optional[row]), edges.field(row))

    def between(self, source: Entity, target: Entity) -> list[Edge]:
        """Every edge from one entity to another."""
        return [e for name in self.edges for e in self.edges_out(source, name) if e.target == target]

    # -- what an entity says ----------------------------------------------------------------------------------------

    def conditions_of(self, entity: Entity) -> Iterator[Condition]:
        if entity.id < 0:
            return
        columns = self.conditions.columns
        for index, at in enumerate(self.conditions.of(entity.id)):
            row = int(at)
            yield Condition(
                entity, columns["type"][row] or "", columns["status"][row] or "", columns["reason"][row] or "",
                columns["message"][row] or "", columns["since"][row], index,
            )  # fmt: skip

    def finalizers_of(self, entity: Entity) -> tuple[str, ...]:
        if entity.id < 0:
            return ()
        return tuple(self.finalizers.columns["name"][int(row)] for row in self.finalizers.of(entity.id))

    def signals_of(self, entity: Entity) -> tuple[Signal, ...]:
        return signals.of(entity)

    def _condition_view(self, table: Table, type: str) -> ConditionView:
        held = self.conditions
        lo, hi = table.base, table.base + len(table)
        rows = np.flatnonzero(
            (held.parent >= lo) & (held.parent < hi) & (held.columns["type"].data == self.strings.code(type))
        )
        at = held.parent[rows] - lo
        out = []
        for name in ("status", "reason", "since"):
            column = held.columns[name]
            data = np.full(len(table), np.iinfo(np.int64).min if name == "since" else 0, column.data.dtype)
            data[at] = column.data[rows]
            out.append(Column(column.form, data, self.strings, self.values))
        return ConditionView(*out)

    def mention(self, listed: Listed) -> str:
        """How a person would read what a gap leaves out."""
        kind = self.schema.kinds.get(self.schema.canonical(Key(listed.group, listed.kind)))
        plural = kind.plural if kind else listed.kind
        return f"{plural} in {listed.namespace}" if listed.namespace else plural
