"""Sealing: duplicates merged, references joined, what is named and not there made visible; then nothing changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.graph import clock
from vigie.graph.build import CONDITIONS, IDENTITY, Builder, Growing, Parts
from vigie.graph.columns import Codes, Column, Ids, Mask
from vigie.graph.edges import EdgePart, EdgeSet
from vigie.graph.graph import Graph
from vigie.graph.schema import Schema
from vigie.graph.selectors import LabelIndex
from vigie.graph.tables import RowTable, Table
from vigie.model.kind import Form, Key, Layer, Ref, Rows, Selector

_FORMS: dict[str, Form] = {name: form for name, _, form in IDENTITY}
REFERS = "refers-to"


@dataclass(slots=True)
class Pending:
    """References of one declaration to one kind, by name, before they are joined."""

    edge: str
    source: Key
    rows: Ids
    target: Key
    namespaces: Codes
    names: Codes
    layer: Layer
    key: Codes
    optional: Mask
    field: str
    reverse: bool = False


def _joined(namespaces: npt.NDArray[Any], names: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    return np.asarray((namespaces.astype(np.int64) << 32) | names, np.int64)


class NameIndex:
    """Rows of one kind by namespace and name."""

    def __init__(self, namespaces: Codes, names: Codes) -> None:
        keys = _joined(namespaces, names)
        self._order = np.argsort(keys, kind="stable").astype(np.int32)
        self._keys = keys[self._order]

    def rows(self, keys: npt.NDArray[np.int64]) -> Ids:
        """The row of each key, -1 where there is none."""
        if not len(self._keys):
            return np.full(len(keys), -1, np.int32)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._order[at], -1).astype(np.int32)


class Sealer:
    """One sealing: from a builder to a graph."""

    def __init__(self, builder: Builder, schema: Schema) -> None:
        self.builder = builder
        self.schema = schema
        self.strings = builder.strings
        self.growing = {key: g for key, g in sorted(builder.growing.items(), key=lambda kv: str(kv[0])) if g.rows}
        self.identity: dict[Key, dict[str, npt.NDArray[Any]]] = {}
        self.remap: dict[Key, Ids] = {}
        self.real: dict[Key, int] = {}
        self.index: dict[Key, NameIndex] = {}

    def seal(self, as_of: int | None = None) -> Graph:
        for key, growing in self.growing.items():
            self._merge(key, growing)
        pending = [p for key in self.growing for p in self._pending(key)]
        pending += self._owners()
        self._phantoms(pending)
        tables = self._tables()
        parts: dict[str, list[EdgePart]] = {}
        for edge, part in [*((p.edge, self._join(p, tables)) for p in pending), *self._selected(tables)]:
            if len(part.source):
                parts.setdefault(edge, []).append(part)
        edges = {name: EdgeSet(name, found) for name, found in sorted(parts.items())}
        conditions, finalizers = self._shared(tables)
        newest = as_of or max([self.builder.newest, *(self._newest(t) for t in tables.values()), _latest(conditions)])
        for table in tables.values():
            table.as_of = newest
        return Graph(self.builder, self.schema, tables, edges, conditions, finalizers, newest)

    def _merge(self, key: Key, growing: Growing) -> None:
        """Of several copies of one object the newest stays: by resourceVersion, then as read last."""
        identity = {name: growing.identity[name] for name in growing.identity.names()}
        if not self.schema.namespaced(key):
            identity["namespace"] = np.zeros_like(identity["namespace"])
        keys = _joined(identity["namespace"], identity["name"])
        order = np.lexsort((np.arange(len(keys)), identity["version"], keys))
        last = np.ones(len(keys), np.bool_)
        last[:-1] = keys[order][1:] != keys[order][:-1]
        keep = np.zeros(len(keys), np.bool_)
        keep[order[last]] = True
        keep &= identity["name"] != 0
        remap = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
        self.identity[key] = {name: _kept(column, keep) for name, column in identity.items()}
        self.remap[key] = remap
        self.real[key] = int(keep.sum())
        self._reindex(key)

    def _reindex(self, key: Key) -> None:
        identity = self.identity[key]
        self.index[key] = NameIndex(identity["namespace"], identity["name"])

    def _pending(self, key: Key) -> Iterator[Pending]:
        growing = self.growing[key]
        for ref, parts in growing.refs.items():
            if isinstance(ref, Ref) and parts:
                yield from self._reference(key, ref, parts)
        if growing.loose:
            yield from self._loose(key, growing.loose)

    def _reference(self, key: Key, ref: Ref, parts: Parts) -> Iterator[Pending]:
        rows = self.remap[key][parts["parent"]]
        kept = rows >= 0
        rows = rows[kept]
        names, groups, kinds = parts["name"][kept], parts["group"][kept], parts["kind"][kept]
        said = parts["namespace"][kept]
        own = self.identity[key]["namespace"][rows]
        namespaces = np.where(said != 0, said, own)
        for target, some in self._targets(ref, kinds, groups):
            spaces = namespaces[some] if self.schema.namespaced(target) else np.zeros(int(some.sum()), np.int32)
            yield Pending(
                ref.edge, key, rows[some], target, spaces, names[some], ref.layer,
                parts["key"][kept][some], parts["optional"][kept][some], ref.path,
            )  # fmt: skip

    def _targets(self, ref: Ref, kinds: Codes, groups: Codes) -> Iterator[tuple[Key, Mask]]:
        """The kinds that references point at; one for all of them unless the object says the kind."""
        if not ref.kind_at:
            yield self.schema.resolve(ref.kind), np.ones(len(kinds), np.bool_)
            return
        for pair in np.unique(_joined(groups, kinds)):
            said = self.strings[int(pair & 0xFFFFFFFF)]
            group = self.strings[int(pair >> 32)]
            target = self._key(group or "", said or ref.kind, has_group=group is not None)
            if target.kind:
                yield target, _joined(groups, kinds) == pair

    def _key(self, api: str, kind: str, *, has_group: bool) -> Key:
        if has_group and api:
            return self.schema.canonical(Key.of(api, kind))
        return self.schema.resolve(kind)

    def _loose(self, key: Key, parts: Parts) -> Iterator[Pending]:
        rows = self.remap[key][parts["parent"]]
        own = self.identity[key]["namespace"]
        for number, row in enumerate(rows):
            if row < 0:
                continue
            api = self.strings[parts["api"][number]] or ""
            target = self._key(api, self.strings[parts["kind"][number]] or "", has_group=bool(api))
            said = parts["namespace"][number]
            space = (said or own[row]) if self.schema.namespaced(target) else 0
            yield Pending(
                REFERS, key, np.asarray([row], np.int32), target, np.asarray([space], np.int32),
                parts["name"][number : number + 1], "declared", np.zeros(1, np.int32), np.zeros(1, np.bool_),
                self.strings[parts["path"][number]] or "",
            )  # fmt: skip

    def _owners(self) -> list[Pending]:
        """Owner references: all joined by name and kind; the uid decides only whether it is the same object.

        An owner of another uid under the same name is a successor, not the owner: the dependent is an orphan of an
        object that is gone, and gets no edge to its namesake.
        """
        out: list[Pending] = []
        for key, growing in self.growing.items():
            parts = growing.owners
            if not parts:
                continue
            rows = self.remap[key][parts["parent"]]
            kept = rows >= 0
            rows, names, uids = rows[kept], parts["name"][kept], parts["uid"][kept]
            apis, kinds = parts["api"][kept], parts["kind"][kept]
            controller = parts["controller"][kept] == 1
            own = self.identity[key]["namespace"][rows]
            for pair in np.unique(_joined(apis, kinds)):
                some = _joined(apis, kinds) == pair
                api, kind = self.strings[int(pair >> 32)], self.strings[int(pair & 0xFFFFFFFF)]
                target = self._key(api or "", kind or "", has_group=bool(api))
                if not kind:
                    continue
                spaces = own[some] if self.schema.namespaced(target) else np.zeros(int(some.sum()), np.int32)
                same = self._same_uid(target, spaces, names[some], uids[some])
                mark = np.where(controller[some], self.strings.codes(["controller"], 1)[0], 0).astype(np.int32)
                out.append(
                    Pending(
                        "owns",
                        key,
                        rows[some][same],
                        target,
                        spaces[same],
                        names[some][same],
                        "declared",
                        mark[same],
                        np.zeros(int(same.sum()), np.bool_),
                        "metadata.ownerReferences",
                        reverse=True,
                    )
                )
        return out

    def _same_uid(self, target: Key, spaces: Codes, names: Codes, uids: npt.NDArray[np.int64]) -> Mask:
        index = self.index.get(target)
        if index is None or not len(self.identity[target]["uid"]):
            return np.ones(len(names), np.bool_)
        rows = index.rows(_joined(spaces, names))
        held = np.where(rows >= 0, self.identity[target]["uid"][rows], 0)
        return np.asarray((rows < 0) | (held == 0) | (uids == 0) | (held == uids))

    def _phantoms(self, pending: list[Pending]) -> None:
        """Rows for what is named and was not read."""
        wanted: dict[Key, list[npt.NDArray[np.int64]]] = {}
        for p in pending:
            wanted.setdefault(p.target, []).append(_joined(p.namespaces, p.names))
        for key, parts in sorted(wanted.items(), key=lambda kv: str(kv[0])):
            asked = np.unique(np.concatenate(parts))
            index = self.index.get(key)
            absent = asked if index is None else asked[index.rows(asked) < 0]
            if key not in self.identity:
                self.identity[key] = {"namespace": np.zeros(0, np.int32), "name": np.zeros(0, np.int32)}
                self.real[key] = 0
            identity = self.identity[key]
            identity["namespace"] = np.concatenate([identity["namespace"], (absent >> 32).astype(np.int32)])
            identity["name"] = np.concatenate([identity["name"], (absent & 0xFFFFFFFF).astype(np.int32)])
            self._reindex(key)

    def _tables(self) -> dict[Key, Table]:
        out: dict[Key, Table] = {}
        base = 0
        for key in sorted(self.identity, key=str):
            table = self._table(key)
            table.base = base
            base += len(table)
            out[key] = table
        return out

    def _table(self, key: Key) -> Table:
        identity = self.identity[key]
        number = len(identity["name"])
        growing = self.growing.get(key)
        kind = self.schema.kinds.get(key)
        for name, form in (
            *_FORMS.items(),
            ("uid", "uid"),
            ("origin", "id"),
            ("pointer", "id"),
            ("block", "id"),
            ("item", "id"),
        ):
            identity[name] = _filled(identity.get(name), form, number)
        columns: dict[str, Column] = {}
        nested: dict[type[Rows], RowTable] = {}
        keep = self.remap[key] >= 0 if growing else np.zeros(0, np.bool_)
        for name, field in (kind.fields if kind else {}).items():
            data = _kept(growing.columns[name], keep) if growing else None
            columns[name] = self._column(field.form, _filled(data, field.form, number))
        for rows in self.schema.rows.get(kind, ()) if kind else ():
            nested[rows] = self._nested(key, growing, rows, number)
        return Table(key, kind, columns, identity, nested, self.strings, self.builder.values, self.real[key])

    def _column(self, form: Form, data: npt.NDArray[Any]) -> Column:
        return Column(form, data, self.strings, self.builder.values)

    def _nested(self, key: Key, growing: Growing | None, rows: type[Rows], number: int) -> RowTable:
        parts = growing.nested.get(rows) if growing else None
        if not parts:
            empty = {name: self._column(f.form, _filled(None, f.form, 0)) for name, f in rows.fields.items()}
            none = np.zeros(0, np.int32)
            return RowTable(rows, none, np.zeros(0, np.int16), none, empty, number)
        parent = self.remap[key][parts["parent"]]
        kept = parent >= 0
        columns = {name: self._column(field.form, _kept(parts[name], kept)) for name, field in rows.fields.items()}
        at, index = _kept(parts["at"], kept), _kept(parts["index"], kept)
        return RowTable(rows, _kept(parent, kept), at, index, columns, number)

    def _join(self, p: Pending, tables: dict[Key, Table]) -> EdgePart:
        source = p.rows + tables[p.source].base
        target = self.index[p.target].rows(_joined(p.namespaces, p.names)) + tables[p.target].base
        if p.reverse:
            source, target = target, source
        return EdgePart(source.astype(np.int32), target.astype(np.int32), p.layer, p.key, p.optional, p.field)

    def _selected(self, tables: dict[Key, Table]) -> Iterator[tuple[str, EdgePart]]:
        indexes: dict[Key, LabelIndex] = {}
        for key, growing in self.growing.items():
            for ref, parts in growing.refs.items():
                if not isinstance(ref, Selector) or not parts:
                    continue
                target = self.schema.resolve(ref.kind)
                if target not in tables:
                    continue
                pods = tables[target]
                if target not in indexes:
                    real = slice(0, pods.real)
                    indexes[target] = LabelIndex(
                        pods.namespaces[real], pods.identity["labels"][real], self.builder.values
                    )
                yield ref.edge, self._select(key, ref, parts, tables[key], pods, indexes[target])

    def _select(self, key: Key, ref: Selector, parts: Parts, table: Table, pods: Table, index: LabelIndex) -> EdgePart:
        rows = self.remap[key][parts["parent"]]
        sources: list[Ids] = []
        targets: list[Ids] = []
        for row, code in zip(rows, parts["selector"], strict=True):
            if row < 0 or not code:
                continue
            hits = index.select(int(table.namespaces[row]), self.builder.values[code], ref.empty == "all")
            sources.append(np.full(len(hits), row + table.base, np.int32))
            targets.append(hits + pods.base)
        number = sum(map(len, sources))
        none = np.zeros(0, np.int32)
        return EdgePart(
            np.concatenate([none, *sources]), np.concatenate([none, *targets]).astype(np.int32), ref.layer,
            np.zeros(number, np.int32), np.zeros(number, np.bool_), ref.path,
        )  # fmt: skip

    def _shared(self, tables: dict[Key, Table]) -> tuple[RowTable, RowTable]:
        """The conditions and the finalizers of all kinds, with entity ids as parents."""
        columns: dict[str, list[npt.NDArray[Any]]] = {name: [] for name, _, _ in CONDITIONS}
        parents: list[Ids] = []
        marks: list[Codes] = []
        marked: list[Ids] = []
        for key, growing in self.growing.items():
            if growing.conditions:
                parent = self.remap[key][growing.conditions["parent"]]
                kept = parent >= 0
                parents.append(parent[kept] + tables[key].base)
                for name, parts in columns.items():
                    parts.append(growing.conditions[name][kept])
            if growing.finalizers:
                parent = self.remap[key][growing.finalizers["parent"]]
                kept = parent >= 0
                marked.append(parent[kept] + tables[key].base)
                marks.append(growing.finalizers["name"][kept])
        entities = sum(map(len, tables.values()))
        forms = {name: form for name, _, form in CONDITIONS}
        data = {n: self._column(forms[n], _concat(c, forms[n])) for n, c in columns.items()}
        finalizers = {"name": self._column("text", _concat(marks, "text"))}
        return _plain(parents, data, entities), _plain(marked, finalizers, entities)

    def _newest(self, table: Table) -> int:
        """The newest time that a server wrote into objects of this kind."""
        times = [table.identity["created"]]
        if table.kind is not None:
            times += [table[f].data for f in table.kind.fields.values() if f.form == "time" and not f.ahead]
            for rows, nested in table.row_tables.items():
                times += [nested[f].data for f in rows.fields.values() if f.form == "time" and not f.ahead]
        return max((int(t.max()) for t in times if len(t)), default=clock.MISSING)


def _kept(column: npt.NDArray[Any], keep: Mask) -> npt.NDArray[Any]:
    """What is kept of a column: nearly always all of it, and then it is not copied."""
    return column if keep.all() else column[keep]


def _plain(parents: list[Ids], columns: dict[str, Column], entities: int) -> RowTable:
    parent = np.concatenate([np.zeros(0, np.int32), *parents]).astype(np.int32)
    return RowTable(None, parent, np.zeros(len(parent), np.int16), np.zeros(len(parent), np.int32), columns, entities)


def _concat(parts: list[npt.NDArray[Any]], form: Form) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else _filled(None, form, 0)


def _filled(data: npt.NDArray[Any] | None, form: str, rows: int) -> npt.NDArray[Any]:
    """A column of `rows` rows: what was read, then missing values."""
    empties: dict[str, tuple[Any, Any]] = {
        "number": (np.float64, np.nan), "flag": (np.int8, -1), "time": (np.int64, clock.MISSING),
        "uid": (np.int64, 0), "id": (np.int32, -1),
    }  # fmt: skip
    dtype, missing = empties.get(form, (np.int32, 0))
    if data is None:
        return np.full(rows, missing, dtype)
    return data if len(data) == rows else np.concatenate([data, np.full(rows - len(data), missing, data.dtype)])


def _latest(conditions: RowTable) -> int:
    since = conditions.columns["since"].data
    return int(since.max()) if len(since) else clock.MISSING


def seal(builder: Builder, schema: Schema, as_of: int | None = None) -> Graph:
    """Join everything that was read into a graph. `as_of` (microseconds) overrides the evidence's own newest time."""
    return Sealer(builder, schema).seal(as_of)
