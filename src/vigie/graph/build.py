"""Building: blocks of decoded objects become columns; `seal` in `vigie.graph.seal` joins them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from vigie.graph.bodies import Bodies
from vigie.graph.columns import Strings, Values, array
from vigie.graph.decode import Block, Decoder, Walk, getter, sibling
from vigie.graph.logs import Logs
from vigie.graph.loose import references
from vigie.graph.taking import Taker
from vigie.model.evidence import Gap, Listed
from vigie.model.kind import Declared, Form, Key, Kind, Ref, Rows, Selector, alternatives

ITEM = "\0"
"""Stands for the item's index in an origin whose items are not at `/items/N`."""

_FIRST = 256

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


class Parts:
    """Growing columns. Each grows in one buffer: many small arrays would pin the memory of the blocks between them."""

    __slots__ = ("_buffers", "_sizes")

    def __init__(self) -> None:
        self._buffers: dict[str, npt.NDArray[Any]] = {}
        self._sizes: dict[str, int] = {}

    def add(self, name: str, data: npt.NDArray[Any]) -> None:
        """Append a block's values to a column."""
        size = self._sizes.get(name, 0)
        need = size + len(data)
        buffer = self._buffers.get(name)
        if buffer is None or need > len(buffer):
            grown = np.empty(max(need, size + (size >> 1), _FIRST), data.dtype)
            if buffer is not None:
                grown[:size] = buffer[:size]
            self._buffers[name] = buffer = grown
        buffer[size:need] = data
        self._sizes[name] = need

    def names(self) -> tuple[str, ...]:
        return tuple(self._buffers)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._buffers[name][: self._sizes[name]]

    def __bool__(self) -> bool:
        return bool(self._buffers)


@dataclass(slots=True)
class Growing:
    """One kind while it is read."""

    key: Key
    kind: type[Kind] | None
    decoder: Decoder
    owner_taker: Taker
    condition_taker: Taker
    rows: int = 0
    identity: Parts = field(default_factory=Parts)
    columns: Parts = field(default_factory=Parts)
    owners: Parts = field(default_factory=Parts)
    conditions: Parts = field(default_factory=Parts)
    finalizers: Parts = field(default_factory=Parts)
    nested: dict[type[Rows], Parts] = field(default_factory=dict)
    refs: dict[Ref | Selector, Parts] = field(default_factory=dict)
    loose: Parts = field(default_factory=Parts)
    takers: dict[type[Declared], Taker] = field(default_factory=dict)


def hashes(values: Iterable[str | None], number: int) -> npt.NDArray[np.int64]:
    """64-bit hashes of this number of uids, 0 for a missing one; only ever compared within one process."""
    return np.where((codes := np.fromiter(map(hash, values), np.int64, number)) == hash(None), 0, codes)


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
        known = self.growing.get(key)
        if known is None:
            owners = Taker(OWNERS, self.strings, self.values)
            conditions = Taker(CONDITIONS, self.strings, self.values)
            known = self.growing[key] = Growing(key, kind, decoder, owners, conditions)
        return known

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
            to.identity.add(name, self._array(form, block.column(Walk.of(path))[0], number))
        to.identity.add("uid", hashes(block.column(Walk.of("metadata.uid"))[0], number))
        to.identity.add("version", _versions(block.column(Walk.of("metadata.resourceVersion"))[0], number))
        to.identity.add("origin", np.full(number, origin, np.int32))
        to.identity.add("pointer", pointers)
        to.identity.add("block", np.full(number, self.bodies.add(body), np.int32))
        to.identity.add("item", np.arange(number, dtype=np.int32))
        if to.kind is not None:
            for name, data in self._taker(to, to.kind).take(objects).items():
                to.columns.add(name, data)
        for table in to.decoder.rows:
            self._rows(to, table, block, base)
        for ref in to.decoder.kind.refs:
            for path in alternatives(ref.path):
                self._reference(to.refs.setdefault(ref, Parts()), ref, path, block, base)
        if to.decoder.loose:
            self._loose(to, block, base)
        self._list(to.owners, to.owner_taker, block, base, _OWNER_LIST)
        self._list(to.conditions, to.condition_taker, block, base, _CONDITION_LIST)
        finalizers = block.take((_FINALIZER_LIST,))
        if len(finalizers):
            to.finalizers.add("parent", finalizers.parents + base)
            to.finalizers.add("name", self.strings.codes(finalizers.elements, len(finalizers)))
        to.rows += number

    def _array(self, form: Form, values: Iterable[Any], number: int) -> npt.NDArray[Any]:
        return array(form, values, number, self.strings, self.values)

    def _taker(self, to: Growing, of: type[Declared]) -> Taker:
        taker = to.takers.get(of)
        if taker is None:
            columns = [(name, column.path, column.form) for name, column in of.fields.items()]
            taker = to.takers[of] = Taker(columns, self.strings, self.values)
        return taker

    def _rows(self, to: Growing, table: type[Rows], block: Block, base: int) -> None:
        parts = to.nested.setdefault(table, Parts())
        for number, at in enumerate(table.at):
            taken = block.take(Walk.of(at).lists)
            if not len(taken):
                continue
            parts.add("parent", taken.parents + base)
            parts.add("at", np.full(len(taken), number, np.int16))
            parts.add("index", taken.index)
            for name, data in self._taker(to, table).take(taken.elements).items():
                parts.add(name, data)

    def _reference(self, parts: Parts, ref: Ref | Selector, path: str, block: Block, base: int) -> None:
        values, taken = block.column(Walk.of(path))
        if isinstance(ref, Selector):
            parts.add("parent", taken.parents + base)
            parts.add("selector", self.values.codes(values, len(taken)))
            return
        names = self.strings.codes(values, len(taken))
        kept = np.flatnonzero((names != 0) & (names != self.strings.code("")))
        if not len(kept):
            return
        elements = [taken.elements[row] for row in kept.tolist()]

        def beside(other: str) -> Iterable[Any]:
            return map(Walk.of(sibling(path, other)).leaf, elements)

        parts.add("parent", taken.parents[kept] + base)
        parts.add("name", names[kept])
        for name, other in (
            ("key", ref.key),
            ("kind", ref.kind_at),
            ("group", ref.group_at),
            ("namespace", ref.namespace_at),
        ):
            codes = self.strings.codes(beside(other), len(kept)) if other else np.zeros(len(kept), np.int32)
            parts.add(name, codes)
        optional = map(bool, beside(ref.optional)) if ref.optional else np.zeros(len(kept), np.bool_)
        parts.add("optional", np.fromiter(optional, np.bool_, len(kept)))

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
                to.loose.add(name, self.strings.codes([getattr(reference, name) for _, reference in rows], len(rows)))

    def _list(self, parts: Parts, taker: Taker, block: Block, base: int, lists: tuple[str, ...]) -> None:
        """One of the lists that objects of every kind may have."""
        taken = block.take((lists,))
        if not len(taken):
            return
        parts.add("parent", taken.parents + base)
        for name, data in taker.take(taken.elements).items():
            parts.add(name, data)
        if lists == _OWNER_LIST:
            parts.add("uid", hashes(map(getter(("uid",)), taken.elements), len(taken)))
