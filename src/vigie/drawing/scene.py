"""The neutral picture of a graph: arrays of vertices and edges, from which every drawing is made.

Nothing here knows where the graph came from. Whoever has one fills a `Map`: labels, a containment tree, edges with
types and weights. Layout adds positions and boxes, bundling adds curves, and each output reads the result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vigie.model.errors import VigieError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Bytes: TypeAlias = NDArray[np.uint8]

SEVERITIES = ("none", "low", "medium", "high", "critical")
NO_INTS: Ints = np.zeros(0, dtype=np.int64)
NO_FLOATS: Floats = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Curves:
    """The drawn lines of the edges, of any length each: edge `e` owns `points[offset[e]:offset[e + 1]]`.

    `points` is (M, 2), `offset` is (E + 1,). An edge that is not drawn (a self-loop, an unplaced end) owns no point.
    """

    points: Floats
    offset: Ints

    @classmethod
    def of_array(cls, points: Floats, drawn: Ints | None = None, edges: int | None = None) -> "Curves":
        """Take an (E', P, 2) array; `drawn` names the E' edges it belongs to among `edges` (default: all of them)."""
        count, length, _ = points.shape
        total = count if edges is None else edges
        lengths = np.zeros(total, dtype=np.int64)
        if drawn is None:
            lengths[:count] = length
        else:
            lengths[drawn] = length
            points = points[np.argsort(drawn, kind="stable")]
        return cls(
            np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 2), np.concatenate(([0], lengths.cumsum()))
        )

    @classmethod
    def of_list(cls, lines: Sequence[ArrayLike | None]) -> "Curves":
        """Take one (P, 2) array an edge, or None where it has no curve."""
        arrays = [
            np.zeros((0, 2)) if line is None else np.asarray(line, dtype=np.float64).reshape(-1, 2) for line in lines
        ]
        offset = np.concatenate(([0], np.cumsum([len(array) for array in arrays], dtype=np.int64))).astype(np.int64)
        return cls(np.concatenate([np.zeros((0, 2)), *arrays]), offset)

    @property
    def edges(self) -> int:
        """The number of edges, drawn or not."""
        return len(self.offset) - 1

    def of(self, edge: int) -> Floats:
        """The (P, 2) points of one edge, from source to target."""
        return self.points[self.offset[edge] : self.offset[edge + 1]]

    @property
    def edge_of_point(self) -> Ints:
        """The (M,) edge that each point belongs to."""
        return np.repeat(np.arange(self.edges), np.diff(self.offset))

    def segments(self) -> tuple[Floats, Ints, Floats]:
        """All straight pieces: (S, 4) coordinates, their edge, and the share of its length up to their middle."""
        if not len(self.points):
            return np.zeros((0, 4)), NO_INTS, NO_FLOATS
        edge = self.edge_of_point
        inside = np.flatnonzero(edge[1:] == edge[:-1])
        owner = edge[inside]
        pieces = np.hstack((self.points[inside], self.points[inside + 1]))
        length = np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])
        whole = np.bincount(owner, weights=length, minlength=self.edges)
        before = np.concatenate(([0.0], whole.cumsum()))[owner]
        course = (length.cumsum() - length / 2 - before) / np.maximum(whole[owner], 1e-300)
        return pieces, owner, np.where(whole[owner] > 0, np.clip(course, 0, 1), 0.5)

    def moved(self, scale: float, dx: float, dy: float, *, flip: bool = False) -> "Curves":
        """The same curves in another coordinate system: x * scale + dx, y * (-scale if flip else scale) + dy."""
        points = self.points * (scale, -scale if flip else scale) + (dx, dy)
        return Curves(points, self.offset)


@dataclass(frozen=True, slots=True)
class Chain:
    """An answer: vertices from the symptom to the root, and the relation between each and the next one."""

    vertices: tuple[int, ...]
    relations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Map:
    """A graph to be drawn: N vertices in a containment tree, E edges, and where they stand if that is known.

    labels      N names a reader knows              ids         N unique names (labels, or numbers if those repeat)
    kind        (N,) index into `kind_names`        parent      (N,) index of the container, -1 at the top
    weight      (N,) > 0, the area a leaf asks for  severity    (N,) index into `SEVERITIES`, 0 = nothing found
    notes       what was found, by vertex           position    (N, 2), NaN where unplaced; None before layout
    box         (N, 4) x, y, width, height          size        (N,) diameter, in map units
    colour      (N, 4) red, green, blue, alpha      source      (E,), target (E,) vertex indices
    type        (E,) index into `type_names`        edge_weight (E,) > 0
    directed    (E,)                                curves      the drawn lines, if they are known
    members     (E,) how many edges each stands for intensity   (E,) how much runs along each, from bundling; or None
    level_names what the depths of the containment tree are called
    chains      answers to be drawn straight, over the dimmed map

    Raises VigieError where lengths, indices or numbers cannot be right.
    """

    labels: Sequence[str]
    source: Ints = field(default_factory=lambda: NO_INTS)
    target: Ints = field(default_factory=lambda: NO_INTS)
    ids: Sequence[str] = ()
    kind: Ints = field(default_factory=lambda: NO_INTS)
    kind_names: tuple[str, ...] = ("",)
    parent: Ints = field(default_factory=lambda: NO_INTS)
    weight: Floats = field(default_factory=lambda: NO_FLOATS)
    severity: Ints = field(default_factory=lambda: NO_INTS)
    notes: Mapping[int, str] = field(default_factory=dict)
    type: Ints = field(default_factory=lambda: NO_INTS)
    type_names: tuple[str, ...] = ("",)
    edge_weight: Floats = field(default_factory=lambda: NO_FLOATS)
    directed: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    intensity: Floats | None = None
    members: Ints = field(default_factory=lambda: NO_INTS)
    position: Floats | None = None
    box: Floats | None = None
    size: Floats | None = None
    colour: Bytes | None = None
    curves: Curves | None = None
    level_names: tuple[str, ...] = ()
    chains: tuple[Chain, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        count, edges = len(self.labels), len(self.source)
        set_ = object.__setattr__
        set_(self, "source", _array(self.source, np.int64, edges, "source"))
        set_(self, "target", _array(self.target, np.int64, edges, "target"))
        set_(self, "kind", _array(self.kind, np.int64, count, "kind", 0))
        set_(self, "parent", _array(self.parent, np.int64, count, "parent", -1))
        set_(self, "weight", _array(self.weight, np.float64, count, "weight", 1.0))
        set_(self, "severity", _array(self.severity, np.int64, count, "severity", 0))
        set_(self, "type", _array(self.type, np.int64, edges, "type", 0))
        set_(self, "edge_weight", _array(self.edge_weight, np.float64, edges, "edge_weight", 1.0))
        set_(self, "directed", _array(self.directed, np.bool_, edges, "directed", True))
        set_(self, "members", _array(self.members, np.int64, edges, "members", 1))
        if not len(self.ids):
            unique = len(set(self.labels)) == count and "" not in self.labels
            set_(self, "ids", self.labels if unique else [str(vertex) for vertex in range(count)])
        _check(self, count, edges)

    @property
    def vertices(self) -> int:
        """The number of vertices."""
        return len(self.labels)

    @property
    def edges(self) -> int:
        """The number of edges."""
        return len(self.source)

    def with_(self, **changes: Any) -> "Map":
        """The same map with some fields replaced (checked again)."""
        return replace(self, **changes)

    def placed(self) -> Bools:
        """(N,) which vertices stand at a finite position."""
        if self.position is None:
            return np.zeros(self.vertices, dtype=bool)
        return np.asarray(np.isfinite(self.position).all(axis=1))

    def drawable(self) -> Ints:
        """The edges that can be a line: both ends placed, and not the same vertex."""
        placed = self.placed()
        return np.flatnonzero(placed[self.source] & placed[self.target] & (self.source != self.target))

    def straight(self) -> Floats:
        """(E', 4) x1, y1, x2, y2 of the drawable edges, the input of bundling."""
        if self.position is None:
            return np.zeros((0, 4))
        drawn = self.drawable()
        return np.hstack((self.position[self.source[drawn]], self.position[self.target[drawn]]))

    def depth(self) -> Ints:
        """(N,) how many containers each vertex lies in. Raises VigieError if the containment is a loop."""
        depth = np.zeros(self.vertices, dtype=np.int64)
        above = self.parent.copy()
        for _ in range(4096):
            inside = np.flatnonzero(above >= 0)
            if not len(inside):
                return depth
            depth[inside] += 1
            above[inside] = self.parent[above[inside]]
        raise VigieError("the containment of the vertices is a loop, or deeper than 4096", fix="check the parents")


def sums(index: Ints, weights: Floats, count: int) -> Floats:
    """(count,) the sum of `weights` at each `index`."""
    return np.asarray(np.bincount(index, weights=weights, minlength=count), dtype=np.float64)


def _array(
    value: ArrayLike, dtype: type[np.generic], count: int, name: str, default: float | None = None
) -> NDArray[Any]:
    array = np.asarray(value)
    if not array.size and default is not None:
        return np.full(count, default, dtype=dtype)
    if array.shape != (count,):
        raise VigieError(f"{name} has shape {array.shape}, not ({count},)", fix="give one value for each")
    return np.ascontiguousarray(array, dtype=dtype)


def _check(scene: Map, count: int, edges: int) -> None:
    def within(array: Ints, low: int, high: int, name: str) -> None:
        if len(array) and (int(array.min()) < low or int(array.max()) >= high):
            raise VigieError(f"{name} holds an index outside {low}..{high - 1}", fix="check the indices")

    within(scene.source, 0, count, "source")
    within(scene.target, 0, count, "target")
    within(scene.parent, -1, count, "parent")
    within(scene.kind, 0, len(scene.kind_names), "kind")
    within(scene.type, 0, len(scene.type_names), "type")
    within(scene.severity, 0, len(SEVERITIES), "severity")
    if len(scene.ids) != count:
        raise VigieError(f"{len(scene.ids)} ids for {count} vertices", fix="give one id for each vertex")
    for name, array in (("weight", scene.weight), ("edge_weight", scene.edge_weight)):
        if not np.isfinite(array).all() or (array < 0).any():
            raise VigieError(f"{name} holds a value that is negative or not a number", fix="give finite weights")
    for name, shaped, shape in (
        ("position", scene.position, (count, 2)),
        ("box", scene.box, (count, 4)),
        ("size", scene.size, (count,)),
        ("colour", scene.colour, (count, 4)),
        ("intensity", scene.intensity, (edges,)),
    ):
        if shaped is not None and shaped.shape != shape:
            raise VigieError(f"{name} has shape {shaped.shape}, not {shape}", fix="give one row for each vertex")
    if scene.position is not None and np.isinf(scene.position).any():
        raise VigieError("a position is infinite", fix="give finite positions, or NaN for a vertex without one")
    if scene.curves is not None and scene.curves.edges != edges:
        raise VigieError(f"{scene.curves.edges} curves for {edges} edges", fix="give one curve for each edge")
    for chain in scene.chains:
        within(np.asarray(chain.vertices, dtype=np.int64), 0, count, "chain")
