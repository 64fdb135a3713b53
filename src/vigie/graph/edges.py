"""Edges: int32 arrays by type, with compressed sparse rows in both directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vigie.graph.columns import Codes, Ids, Mask
from vigie.model.kind import LAYERS, Layer

_LAYER = {layer: number for number, layer in enumerate(LAYERS)}


@dataclass(slots=True)
class EdgePart:
    """Edges of one type from one declaration, as entity ids, with what the reference said beside the name."""

    source: Ids
    target: Ids
    layer: Layer
    key: Codes
    optional: Mask
    field: str


class EdgeSet:
    """All edges of one type. `source`, `target` are entity ids; rows are numbered as they were declared."""

    def __init__(self, type: str, parts: Sequence[EdgePart]) -> None:
        self.type = type
        self.source = np.concatenate([part.source for part in parts])
        self.target = np.concatenate([part.target for part in parts])
        self.key = np.concatenate([part.key for part in parts])
        self.optional = np.concatenate([part.optional for part in parts])
        self.fields = [part.field for part in parts]
        sizes = [len(part.source) for part in parts]
        self.part = np.repeat(np.arange(len(parts), dtype=np.int16), sizes)
        self._layers = np.asarray([_LAYER[part.layer] for part in parts], np.int8)

    def __len__(self) -> int:
        return len(self.source)

    def layer(self, row: int) -> Layer:
        return LAYERS[int(self._layers[self.part[row]])]

    def field(self, row: int) -> str:
        """The path, as declared, of the field that states the edge."""
        return self.fields[int(self.part[row])]

    @cached_property
    def forward(self) -> "Rows":
        return Rows.of(self.source)

    @cached_property
    def backward(self) -> "Rows":
        return Rows.of(self.target)

    def out(self, entity: int) -> Ids:
        """The rows of the edges that leave an entity."""
        return self.forward[entity]

    def into(self, entity: int) -> Ids:
        """The rows of the edges that reach an entity."""
        return self.backward[entity]


@dataclass(frozen=True, slots=True)
class Rows:
    """Compressed sparse rows: the edges of entity `base + i` are `order[starts[i]:starts[i + 1]]`.

    Entities of one kind have consecutive numbers, so only the stretch of them that a type touches is held.
    """

    base: int
    starts: Ids
    order: Ids

    @classmethod
    def of(cls, ends: Ids) -> "Rows":
        """The rows by one of the ends."""
        base = int(ends.min())
        counts = np.bincount(ends - base)
        starts = np.zeros(len(counts) + 1, np.int32)
        np.cumsum(counts, out=starts[1:])
        return cls(base, starts, np.argsort(ends, kind="stable").astype(np.int32))

    def __getitem__(self, entity: int) -> Ids:
        at = entity - self.base
        if at < 0 or at >= len(self.starts) - 1:
            return _NONE
        return self.order[self.starts[at] : self.starts[at + 1]]


_NONE: Ids = np.zeros(0, np.int32)
