"""Building: blocks of decoded objects become columns; `seal` in `vigie.graph.seal` joins them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from vigie.graph.bodies import Bodies
from vigie.graph.columns import Strings, Values, array, coalesce
from vigie.graph.decode import Block, Decoder, Walk, getter, sibling
from vigie.graph.logs import Logs
from vigie.graph.loose import references
from vigie.model.evidence import Gap, Listed
from vigie.model.kind import Field, Form, Key, Kind, Ref, Rows, Selector, alternatives, steps

_HASH_MASK = (1 << 63) - 1
ITEM = "\0"
"""Stands for the item's index in an origin whose items are not at `/items/N`."""

IDENTITY: tuple[tuple[str, str, Form], ...] = (
    ("namespace", "metadata.namespace", "text"),
    ("name", "metadata.name", "text"),
    ("created", "metadata.creationTimestamp", "time"),
    ("deleted", "metadata.deletionTimestamp", "time"),
    ("generation", "metadata.generation", "number"),
    ("observed", "status.observedGeneration", "number"),
    ("labels", "metadata.labels", "mapping"),
    ("ignore", 'metadata.annotations["vigie/ignore"]', "text"),
)
OWNERS: tuple[tuple[str, str, Form], ...] = (
    ("api", "apiVersion", "text"),
    ("kind", "kind", "text"),
    ("name", "name", "text"),
    ("controller", "controller", "flag"),
    ("blocks", "blockOwnerDeletion", "flag"),
)
CONDITIONS: tuple[tuple[str, str, Form], ...] = (
    ("type", "type", "text"),
    ("status", "status", "text"),
    ("reason", "reason", "text"),
    ("message", "message", "text"),
    ("since", "lastTransitionTime", "time"),
    ("observed", "observedGeneration", "number"),
)
_OWNER_LIST = ("metadata", "ownerReferences")
_CONDITION_LIST = ("status", "conditions")
_FINALIZER_LIST = ("metadata", "finalizers")


@dataclass(slots=True)
class Parts:
    """Growing columns: a list of arrays each."""

    arrays: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)

    def add(self, name: str, data: npt.NDArray[Any]) -> None:
        self.arrays.setdefault(name, []).append(data)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return np.concatenate(self.arrays[name])

    def __bool__(self) -> bool:
        return bool(self.arrays)


@dataclass(slots=True)
class Growing:
    """One kind while it is read."""

    key: Key
    kind: type[Kind] | None
    decoder: Decoder
    rows: int = 0
    identity: Parts = field(default_factory=Parts)
    columns: Parts = field(default_factory=Parts)
    owners: Parts = field(default_factory=Parts)
    conditions: Parts = field(default_factory=Parts)
    finalizers: Parts = field(default_factory=Parts)
    nested: dict[type[Rows], Parts] = field(default_factory=dict)
    refs: dict[Ref | Selector, Parts] = field(default_factory=dict)
    loose: Parts = field(default_factory=Parts)


def hashes(values: Sequence[str | None]) -> npt.NDArray[np.int64]:
    """64-bit hashes of uids, 0 for a missing one; only ever compared within one process."""
    return np.fromiter((hash(v) & _HASH_MASK if v else 0 for v in values), np.int64, len(values))


def _versions(values: Iterable[str | None], number: int) -> npt.NDArray[np.float64]:
    return np.fromiter((float(v) if v and v.isdigit() else -1.0 for v in values), np.float64, number)


class Builder:
    """Collects what readers decode. Not thread-safe; seal it once."""

    def __init__(self) -> None:
        self.strings = Strings()
        self.values = Values()
        self.bodies = Bodies()
        self.logs = Logs()
        self.growing: dict[Key, Growing] = {}
        self.origins: list[str] = []
        self.gaps: list[Gap] = []
        self.ignored: list[str] = []
        self.listed: set[Listed] = set()
        self.newest = 0

    def origin(self, name: str) -> int:
        """A number for one document's origin."""
        self.origins.append(name)
        return len(self.origins) - 1

    def kind(self, key: Key, kind: type[Kind] | None, decoder: Decoder) -> Growing:
        """The table that objects of this kind go to."""
        return self.growing.setdefault(key, Growing(key, kind, decoder))

    def add(
        self, to: Growing, objects: Sequence[Any], body: bytes, origin: int, pointers: npt.NDArray[np.int32]
    ) -> None:
        """Take one block of decoded objects of one kind.

        `body` is the JSON array that they came from, `pointers` their indices in the document (-1: it is the object).
        """
        block = Block(objects)
        number = len(objects)
        base = to.rows
        for name, path, form in IDENTITY:
            to.identity.add(name, self._array(form, block.column(Walk.of(path))[0]))
        to.identity.add("uid", hashes(block.column(Walk.of("metadata.uid"))[0]))
        to.identity.add("version", _versions(block.column(Walk.of("metadata.resourceVersion"))[0], number))
        to.identity.add("origin", np.full(number, origin, np.int32))
        to.identity.add("pointer", pointers)
        to.identity.add("block", np.full(number, self.bodies.add(body), np.int32))
        to.identity.add("item", np.arange(number, dtype=np.int32))
        if to.kind is not None:
            self._columns(to, block)
        for table in to.decoder.rows:
            self._rows(to, table, block, base)
        for ref in to.decoder.kind.refs:
            self._reference(to, ref, block, base)
        if to.decoder.loose:
            self._loose(to, block, base)
        self._list(to.owners, block, base, _OWNER_LIST, OWNERS, uid="uid")
        self._list(to.conditions, block, base, _CONDITION_LIST, CONDITIONS)
        finalizers = block.take((_FINALIZER_LIST,))
        if finalizers.elements:
            to.finalizers.add("parent", np.asarray(finalizers.parents, np.int32) + base)
            to.finalizers.add("name", self.strings.codes(finalizers.elements))
        to.rows += number

    def _array(self, form: Form, values: Sequence[Any]) -> npt.NDArray[Any]:
        return array(form, values, self.strings, self.values)

    def _columns(self, to: Growing, block: Block) -> None:
        assert to.kind is not None
        for name, column in to.kind.fields.items():
            taken = [block.column(Walk.of(path))[0] for path in alternatives(column.path)]
            to.columns.add(name, self._array(column.form, coalesce(taken[0], taken[1:], column.form)))

    def _rows(self, to: Growing, table: type[Rows], block: Block, base: int) -> None:
        parts = to.nested.setdefault(table, Parts())
        for number, at in enumerate(table.at):
            lists = Walk.of(at).lists
            taken = block.take(lists)
            if not taken.elements:
                continue
            parts.add("parent", np.asarray(taken.parents, np.int32) + base)
            parts.add("at", np.full(len(taken.elements), number, np.int16))
            parts.add("index", np.asarray([where[-1] for where in taken.where], np.int32))
            for name, column in table.fields.items():
                parts.add(name, self._element_column(column, taken.elements))

    def _element_column(self, column: Field[Any], elements: Sequence[Any]) -> npt.NDArray[Any]:
        taken = [list(map(getter(steps(path)), elements)) for path in alternatives(column.path)]
        return self._array(column.form, coalesce(taken[0], taken[1:], column.form))

    def _reference(self, to: Growing, ref: Ref | Selector, block: Block, base: int) -> None:
        parts = to.refs.setdefault(ref, Parts())
        for path in alternatives(ref.path):
            values, taken = block.column(Walk.of(path))
            if isinstance(ref, Selector):
                parts.add("parent", np.asarray(taken.parents, np.int32) + base)
                parts.add("selector", self.values.codes(values, len(values)))
                continue
            kept = [i for i, value in enumerate(values) if value]
            if not kept:
                continue
            parts.add("parent", np.asarray([taken.parents[i] for i in kept], np.int32) + base)
            parts.add("name", self.strings.codes([values[i] for i in kept]))
            for name, other in (
                ("key", ref.key),
                ("kind", ref.kind_at),
                ("group", ref.group_at),
                ("namespace", ref.namespace_at),
            ):
                beside = block.column(Walk.of(sibling(path, other)))[0] if other else [None] * len(values)
                parts.add(name, self.strings.codes([beside[i] for i in kept]))
            optional = block.column(Walk.of(sibling(path, ref.optional)))[0] if ref.optional else [None] * len(values)
            parts.add("optional", np.fromiter((bool(optional[i]) for i in kept), np.bool_, len(kept)))

    def _loose(self, to: Growing, block: Block, base: int) -> None:
        """References that the spec of an undeclared kind seems to hold."""
        rows = [
            (base + row, reference)
            for row, spec in enumerate(block.column(Walk.of("spec"))[0])
            if bytes(spec)
            for reference in references(msgspec.json.decode(spec))
        ]
        if rows:
            to.loose.add("parent", np.asarray([row for row, _ in rows], np.int32))
            for name in ("path", "api", "kind", "namespace", "name"):
                to.loose.add(name, self.strings.codes([getattr(reference, name) for _, reference in rows]))

    def _list(
        self,
        parts: Parts,
        block: Block,
        base: int,
        lists: tuple[str, ...],
        columns: Sequence[tuple[str, str, Form]],
        uid: str = "",
    ) -> None:
        taken = block.take((lists,))
        if not taken.elements:
            return
        parts.add("parent", np.asarray(taken.parents, np.int32) + base)
        for name, path, form in columns:
            parts.add(name, self._array(form, list(map(getter((path,)), taken.elements))))
        if uid:
            parts.add("uid", hashes(list(map(getter((uid,)), taken.elements))))
