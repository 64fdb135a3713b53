"""The bundling kernel again, in numpy: always there, the same compatible pairs, the same pictures.

It follows `_kernel.c` stage by stage - order, culled tile pairs, compatible pairs, cycles of Jacobi steps - in double
precision for the pairs and single precision for the points. Holten and van Wijk, Computer Graphics Forum 28(3), 2009.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
TILE = 64
BATCH = 48


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes two edges compatible, and how compatible edges attract each other."""

    threshold: float = 0.5
    spring: float = 0.1
    tiny: float = 1e-12
    company: float = 0.0
    angle: bool = True
    scale: bool = True
    position: bool = True
    visibility: bool = True
    directed_angle: bool = False
    late_visibility: bool = False
    pairing: bool = False
    stable: bool = False
    quadratic: bool = False
    low_memory: bool = False

    @property
    def flags(self) -> int:
        """The switches as the bits that the kernel reads."""
        switches = (
            self.angle,
            self.scale,
            self.position,
            self.visibility,
            self.directed_angle,
            self.late_visibility,
            self.pairing,
            self.stable,
            self.quadratic,
            self.low_memory,
        )
        return sum(1 << bit for bit, on in enumerate(switches) if on)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Directed compatible pairs, sorted by their first edge: `start` (E + 1,) cuts them into rows."""

    start: Array
    second: Array
    c: Array
    against: Array

    @property
    def count(self) -> int:
        """The number of directed pairs."""
        return len(self.second)

    def intensity(self, weights: Array | None = None) -> Array:
        """(E,) the sum of weight x squared compatibility over the edges compatible with each."""
        rows = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        square = self.c**2 if weights is None else self.c**2 * weights[self.second]
        return np.bincount(rows, square, len(self.start) - 1).astype(np.float32)


def kd_order(keys: Array, leaf: int) -> list[Array]:
    """Cut the rows of (N, D) `keys` into leaves of at most `leaf` near rows; the widest axis is halved each time."""
    leaves: list[Array] = []
    stack = [np.arange(len(keys))]
    while stack:
        rows = stack.pop()
        if len(rows) <= leaf:
            leaves.append(rows)
            continue
        part = keys[rows]
        axis = int(np.argmax(np.ptp(part, axis=0)))
        half = -(-len(rows) // 2 // leaf) * leaf if len(rows) > 2 * leaf else leaf
        split = np.argpartition(part[:, axis], half)
        stack.append(rows[split[half:]])
        stack.append(rows[split[:half]])
    return leaves


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges in tile order; the last tile of each type is filled up with copies marked not real."""

    index: Array
    real: Array
    tile_type: Array
    vector: Array
    middle: Array
    length: Array

    def tiles(self, array: Array) -> Array:
        return array.reshape(len(self.index) // TILE, TILE, *array.shape[1:])


def _tiled(segments: Array, groups: Array) -> _Edges:
    vector = segments[:, 2:] - segments[:, :2]
    middle = (segments[:, :2] + segments[:, 2:]) / 2
    side = np.where((vector[:, 0] < 0) | ((vector[:, 0] == 0) & (vector[:, 1] < 0)), -0.7, 0.7)
    keys = np.hstack((middle, vector * side[:, None]))
    index, real, types = [], [], []
    for kind, (low, high) in enumerate(pairwise(groups)):
        for leaf in kd_order(keys[low:high], TILE) if high > low else ():
            index.append(np.resize(leaf + low, TILE))
            real.append(np.arange(TILE) < len(leaf))
            types.append(kind)
    order = np.concatenate(index)
    length = np.sqrt(vector[:, 0] * vector[:, 0] + vector[:, 1] * vector[:, 1])
    return _Edges(order, np.concatenate(real), np.array(types), vector[order], middle[order], length[order])


def _near_tiles(edges: _Edges, rules: Rules) -> Iterator[tuple[Array, Array]]:
    """Pairs of tiles (first <= second) of one type that the bounds of scale, position and angle do not rule out."""
    low, high = edges.tiles(edges.middle).min(1), edges.tiles(edges.middle).max(1)
    short, long = edges.tiles(edges.length).min(1), edges.tiles(edges.length).max(1)
    turn = edges.tiles(np.arctan2(edges.vector[:, 1], edges.vector[:, 0]))
    off = np.remainder(turn - turn[:, :1] + np.pi / 2, np.pi) - np.pi / 2
    centre, cone = turn[:, 0] + (off.min(1) + off.max(1)) / 2, (off.max(1) - off.min(1)) / 2
    count = len(low)
    for first in range(0, count, 64):
        a = np.arange(first, min(first + 64, count))[:, None]
        b = np.arange(first, count)[None]
        bound = np.full((a.shape[0], b.shape[1]), 1.0 + 1e-9)
        if rules.scale:
            ratio = np.minimum(1, np.minimum(long[a], long[b]) / np.maximum(short[a], short[b]))
            bound *= 4 * ratio * (1 + ratio) / ((1 + ratio) ** 2 + 4 * ratio)
        if rules.position:
            gap = np.maximum(0, np.maximum(low[b] - high[a], low[a] - high[b]))
            average = (long[a] + long[b]) / 2
            bound *= average / (average + np.hypot(gap[..., 0], gap[..., 1]))
        if rules.angle:
            apart = np.abs(np.remainder(centre[b] - centre[a] + np.pi / 2, np.pi) - np.pi / 2)
            cosine = np.cos(np.maximum(0, apart - cone[a] - cone[b]))
            bound *= (1 + cosine) / 2 if rules.directed_angle else cosine
        keep = (bound >= rules.threshold) & (b >= a) & (edges.tile_type[a] == edges.tile_type[b])
        rows, columns = np.nonzero(keep)
        for at in range(0, len(rows), BATCH):
            yield rows[at : at + BATCH] + first, columns[at : at + BATCH] + first


def compatibility(p: tuple[Array, Array, Array], q: tuple[Array, Array, Array], rules: Rules) -> tuple[Array, Array]:
    """Compatibility, and the dot product, of edges given as (vector, middle, length) arrays that broadcast."""
    (pv, pm, pl), (qv, qm, ql) = p, q
    dx, dy = qm[..., 0] - pm[..., 0], qm[..., 1] - pm[..., 1]
    dot = pv[..., 0] * qv[..., 0] + pv[..., 1] * qv[..., 1]
    average = (pl + ql) / 2
    c = np.ones_like(dot)
    if rules.angle:
        cosine = dot / (pl * ql)
        c *= (cosine + 1) / 2 if rules.directed_angle else np.abs(cosine)
    if rules.scale:
        c *= 2 / (average / np.minimum(pl, ql) + np.maximum(pl, ql) / average)
    if rules.position:
        c *= average / (average + np.sqrt(dx * dx + dy * dy))
    if rules.visibility:
        along = np.maximum(np.abs(dx * pv[..., 0] + dy * pv[..., 1]), np.abs(dx * qv[..., 0] + dy * qv[..., 1]))
        shared = np.abs(dot)
        off = np.divide(2 * along, shared, out=np.ones_like(dot), where=shared > 0)
        seen = np.maximum(0, 1 - off)
        c *= np.where(c >= 0.9, seen, 1) if rules.late_visibility else seen
    return c, dot


def compatible_pairs(segments: Array, groups: Array, rules: Rules, most: int = 0) -> Pairs:
    """All directed pairs of (E, 4) float64 segments, of one type each, whose compatibility reaches the threshold.

    `groups` holds the first edge of each type, and E. Lengths must not be zero. Raises MemoryError beyond `most` pairs.
    """
    edges = _tiled(segments, groups)
    vector, middle, length = edges.tiles(edges.vector), edges.tiles(edges.middle), edges.tiles(edges.length)
    index, real = edges.tiles(edges.index), edges.tiles(edges.real)
    firsts, seconds, values, turned, found = [], [], [], [], 0
    later = np.triu(np.ones((TILE, TILE), dtype=bool), 1)
    for a, b in _near_tiles(edges, rules):
        p = vector[a][:, :, None], middle[a][:, :, None], length[a][:, :, None]
        q = vector[b][:, None], middle[b][:, None], length[b][:, None]
        c, dot = compatibility(p, q, rules)
        keep = (c >= rules.threshold) & real[a][:, :, None] & real[b][:, None] & ((a != b)[:, None, None] | later)
        tile, i, j = np.nonzero(keep)
        firsts.append(index[a[tile], i])
        seconds.append(index[b[tile], j])
        values.append(c[keep])
        turned.append(dot[keep] < 0)
        found += 2 * len(i)
        if most and found > most:
            raise MemoryError
    if not firsts:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(np.zeros(len(segments) + 1, dtype=np.int64), nothing, np.zeros(0), nothing.astype(bool))
    one, two = np.concatenate(firsts), np.concatenate(seconds)
    first, second = np.concatenate((one, two)), np.concatenate((two, one))
    order = np.lexsort((second, first))
    start = np.concatenate(([0], np.bincount(first, minlength=len(segments)).cumsum()))
    c, against = np.tile(np.concatenate(values), 2), np.tile(np.concatenate(turned), 2)
    return Pairs(start, second[order], c[order], against[order] if rules.pairing else np.zeros(len(order), dtype=bool))


class _Forces:
    """The forces of one cycle: rows of pairs in blocks that fit the cache, each block written by one thread."""

    def __init__(self, pairs: Pairs, weights: Array | None, rules: Rules, dtype: type[np.floating[Any]]) -> None:
        self.rules = rules
        self.dtype = dtype
        self.lists = []
        rows = np.repeat(np.arange(len(pairs.start) - 1, dtype=np.int64), np.diff(pairs.start))
        pull = pairs.c if weights is None else pairs.c * weights[pairs.second]
        for side in (False, True):
            chosen = np.flatnonzero(pairs.against == side)
            if len(chosen):
                self.lists.append((side, rows[chosen], pairs.second[chosen], pull[chosen].astype(dtype)))

    def blocks(self, n: int) -> list[tuple[bool, Array, Array, Array]]:
        """Cut the lists at row limits into pieces whose temporaries stay in a core's cache."""
        out = []
        size = max(512, 24576 // n)
        for side, first, second, pull in self.lists:
            at = 0
            while at < len(first):
                end = min(at + size, len(first))
                if end < len(first):
                    cut = int(np.searchsorted(first, first[end], "left"))
                    end = cut if cut > at else int(np.searchsorted(first, first[end], "right"))
                out.append((side, first[at:end], second[at:end], pull[at:end]))
                at = end
        return out

    def add(self, block: tuple[bool, Array, Array, Array], points: Array, cap: float, out: Array) -> None:
        """Add one block's forces on (2, n, E) points to `out` (2 or 3, n, E)."""
        side, first, second, pull = block
        own = points.take(first, axis=2, mode="clip")
        if side:
            own = own[:, ::-1]
        d = points.take(second, axis=2, mode="clip")
        d -= own
        m = d[0] * d[0]
        m += d[1] * d[1]
        m += self.dtype(self.rules.tiny)
        if self.rules.quadratic:
            m *= np.sqrt(m)
        np.divide(pull, m, out=m)
        if not self.rules.stable:
            np.minimum(m, self.dtype(cap), out=m)
        d *= m
        cuts = np.flatnonzero(np.concatenate(([True], first[1:] != first[:-1])))
        rows = first[cuts]
        order = slice(None, None, -1) if side else slice(None)
        for part, value in enumerate((d[0], d[1], m)[: len(out)]):
            out[part][:, rows] += np.add.reduceat(value, cuts, axis=1)[order]


def resample(points: Array, count: int) -> Array:
    """(E, P, 2) polylines as (E, count, 2), at equal distances along each."""
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0))
    walked = np.concatenate((np.zeros((len(points), 1)), np.cumsum(steps, axis=1)), axis=1)
    want = walked[:, -1:] * np.linspace(0, 1, count)
    at = np.zeros(want.shape, dtype=np.int64)
    for k in range(1, points.shape[1] - 1):
        at += want > walked[:, k : k + 1]
    rows = np.arange(len(points))[:, None]
    piece = steps[rows, at]
    share = np.divide(want - walked[rows, at], piece, out=np.zeros_like(want), where=piece > 0).clip(0, 1)
    fresh: Array = points[rows, at] + share[..., None] * (points[rows, at + 1] - points[rows, at])
    fresh[:, 0], fresh[:, -1] = points[:, 0], points[:, -1]
    return fresh


Step: TypeAlias = Callable[[int, int, float, Callable[[], Array]], None]


def move(
    segments: Array,
    pairs: Pairs,
    rules: Rules,
    schedule: list[tuple[int, int, float]],
    *,
    weights: Array | None = None,
    kin: Array | None = None,
    start: Array | None = None,
    threads: int = 1,
    step: Step | None = None,
    dtype: type[np.floating[Any]] = np.float32,
) -> Array:
    """Bundle (E, 4) segments in inner coordinates; `schedule` lists (inner points, iterations, step size).

    Returns (E, n + 2, 2) points. `kin` (E, 4) is what merging says of the members of super-edges (`Merged.kin`).
    `step(cycle, iteration, share done, points)` is called after each iteration and may raise.
    """
    ends = segments.reshape(-1, 2, 2)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    forces = _Forces(pairs, weights, rules, dtype)
    share = _share(pairs, weights, rules).astype(dtype)
    points = ends if start is None else start
    work = sum(n * iterations for n, iterations, _ in schedule)
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        for cycle, (n, iterations, size) in enumerate(schedule):
            points = resample(points, n + 2) if points.shape[1] != n + 2 else points
            flow = np.ascontiguousarray(np.moveaxis(points, 0, 2).transpose(1, 0, 2), dtype=dtype)
            stiff = (rules.spring / (length * (n + 1))).astype(dtype)
            blocks = forces.blocks(n)
            inertia = None if kin is None else _inertia(kin, n, rules).astype(dtype)
            for iteration in range(iterations):
                force = _total(pool, forces, blocks, flow, size)
                if kin is not None:
                    force[2] += inertia
                force *= share
                _advance(flow, force, stiff, size, rules)
                done += n
                if step is not None:
                    step(cycle, iteration, done / work, partial(np.transpose, flow, (2, 1, 0)))
            points = flow.transpose(2, 1, 0).astype(np.float64)
            points[:, 0], points[:, -1] = ends[:, 0], ends[:, 1]
    return points


def _inertia(kin: Array, n: int, rules: Rules) -> Array:
    """(n, E) what the members of a super-edge add to its inertia: each of them waits for all the others."""
    t = (np.arange(1, n + 1) / (n + 1))[:, None]
    mass, at_start, at_end, between = kin.T
    spread = (1 - t) ** 2 * at_start + t**2 * at_end + 2 * t * (1 - t) * between
    return np.asarray(mass / (np.maximum(spread, 0) + rules.tiny))


def _share(pairs: Pairs, weights: Array | None, rules: Rules) -> Array:
    """(E,) how much of the attraction an edge feels: little where it has little company."""
    if not rules.company:
        return np.ones(len(pairs.start) - 1)
    excess = (pairs.c - rules.threshold) / (1 - rules.threshold) if rules.threshold < 1 else np.zeros_like(pairs.c)
    company = replace(pairs, c=excess).intensity(weights).astype(np.float64)
    if weights is not None:
        company += np.maximum(weights - 1.0, 0)
    return np.asarray(company / (company + rules.company))


def _total(pool: ThreadPoolExecutor, forces: _Forces, blocks: list[Any], flow: Array, size: float) -> Array:
    """Forces on the inner points of `flow` (2, n + 2, E); the lists run one after the other, as rows repeat in them."""
    inner = np.ascontiguousarray(flow[:, 1:-1])
    out = np.zeros((3 if forces.rules.stable else 2, *inner.shape[1:]), dtype=flow.dtype)
    for side in (False, True):
        list(pool.map(lambda block: forces.add(block, inner, 1 / size, out), [b for b in blocks if b[0] == side]))
    return out


def _advance(flow: Array, force: Array, stiff: Array, size: float, rules: Rules) -> None:
    inner = flow[:, 1:-1]
    if not rules.stable:  # beyond it an explicit spring throws a short edge ever further
        stiff = np.minimum(stiff, flow.dtype.type(0.5 / size))
    shift = force[:2] + stiff * (flow[:, :-2] + flow[:, 2:] - 2 * inner)
    shift *= flow.dtype.type(size)
    if rules.stable:
        shift /= 1 + flow.dtype.type(size) * (force[2] + 2 * stiff)
    flow[:, 1:-1] = inner + shift
