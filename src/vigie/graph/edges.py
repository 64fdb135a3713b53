"""Edges: int32 arrays by type, with compressed sparse rows in both directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

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

    def __init__(self, type: str, parts: Sequence[EdgePart], entities: int) -> None:
        self.type = type
        self.entities = entities
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
    def forward(self) -> tuple[Ids, Ids]:
        return _csr(self.source, self.entities)

    @cached_property
    def backward(self) -> tuple[Ids, Ids]:
        return _csr(self.target, self.entities)

    def out(self, entity: int) -> Ids:
        """The rows of the edges that leave an entity."""
        starts, order = self.forward
        return order[starts[entity] : starts[entity + 1]]

    def into(self, entity: int) -> Ids:
        """The rows of the edges that reach an entity."""
        starts, order = self.backward
        return order[starts[entity] : starts[entity + 1]]


def _csr(ends: Ids, entities: int) -> tuple[Ids, Ids]:
    order = np.argsort(ends, kind="stable").astype(np.int32)
    counts: npt.NDArray[np.int64] = np.bincount(ends, minlength=entities)
    starts = np.zeros(entities + 1, np.int32)
    np.cumsum(counts, out=starts[1:])
    return starts, order
