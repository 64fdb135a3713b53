"""Nested squarified treemap: position is containment.

Boxes are laid in rows along the shorter side of what is left, as in Bruls, Huizing and van Wijk, "Squarified Treemaps"
(Data Visualization 2000); a row is as long as makes its boxes squares on average (the rule of the strip treemaps of
Bederson, Shneiderman and Wattenberg, ACM Transactions on Graphics 21(4), 2002). That length is found by bisection, and
the next row of *every* container of a level is found at once, in vectors.

What keeps the map still under churn is the order. Strictly descending areas, the textbook's order, let one pod more or
less carry a node past its equals and move all of them. Here siblings are sorted into classes a factor of eight wide,
with the middle of the siblings in the middle of a class, and by name inside a class. Rows alternate their direction, so
a newcomer moves its followers by about one place and no further.
"""

import numpy as np

from vigie.drawing.scene import Bools, Floats, Ints, Map, sums
from vigie.model.errors import VigieError

WIDTH = 1000.0
"""The width of a laid out map, in map units."""
CLASS = 3.0
"""The width of a class of sizes, in powers of two."""
NEAR_SQUARE = 0.82
"""Rows stand upright down to this ratio of sides: equals often leave exact squares, where a pod would turn the rows."""


def treemap(
    scene: Map, *, width: float = WIDTH, height: float = 625.0, inset: float = 0.03, header: float = 0.0
) -> Map:
    """Place every vertex of `scene` by its containment; returns the map with `position` (N, 2) and `box` (N, 4).

    `inset` is the margin inside a container as a share of its shorter side; `header` the share of the height of an
    outermost box that is kept for its name. The area of a leaf is in proportion to its weight, among its siblings.
    Raises VigieError if the containment is a loop. The result depends on names and weights alone, never on the order
    in which vertices were given.
    """
    count = scene.vertices
    if width <= 0 or height <= 0 or not 0 <= inset < 0.5 or not 0 <= header < 0.5:
        raise VigieError("the treemap has no area", fix="give a positive width and height, inset and header below 0.5")
    if not count:
        return scene.with_(position=np.zeros((0, 2)), box=np.zeros((0, 4)))
    depth = scene.depth()
    area = _areas(scene, depth)
    rank = np.empty(count + 1, dtype=np.int64)
    labels, ids = scene.labels, scene.ids
    rank[sorted(range(count), key=labels.__getitem__ if ids is labels else lambda v: (labels[v], ids[v]))] = np.arange(
        count
    )
    rank[-1] = -1
    container = rank[scene.parent]
    rank = rank[:-1]
    box = np.zeros((count, 4))
    sequence = np.lexsort((rank, -_classes(area, container), container, depth))
    levels = np.searchsorted(depth[sequence], np.arange(int(depth.max()) + 2))
    for level in range(len(levels) - 1):
        children = sequence[levels[level] : levels[level + 1]]
        parent = scene.parent[children]
        first = np.flatnonzero(np.concatenate(([True], parent[1:] != parent[:-1])))
        if level == 0:
            frame = np.array([[0.0, 0.0, width, height]])
        else:
            frame = _inner(box[parent[first]], inset, header if level == 1 else 0.0)
        box[children] = _squarify(area[children], np.append(first, len(children)), frame)
    return scene.with_(position=box[:, :2] + box[:, 2:] / 2, box=box)


def _areas(scene: Map, depth: Ints) -> Floats:
    """The area each vertex asks for: a leaf its weight, a container the sum of what it holds."""
    leaf = np.ones(scene.vertices, dtype=bool)
    leaf[scene.parent[scene.parent >= 0]] = False
    area = np.where(leaf, scene.weight, 0.0)
    for level in range(int(depth.max()), 0, -1):
        children = np.flatnonzero(depth == level)
        area += sums(scene.parent[children], area[children], scene.vertices)
    least = area[area > 0].min() if (area > 0).any() else 1.0
    return np.maximum(area, least * 1e-6)


def _classes(area: Floats, container: Ints) -> Floats:
    """The class of size of each vertex: 0 for what is within a factor of eight around the middle of its siblings."""
    order = np.lexsort((area, container))
    owner = container[order]
    start = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
    end = np.append(start[1:], len(order))
    middle = np.empty(len(order))
    middle[order] = np.repeat(area[order[(start + end) // 2]], end - start)
    return np.asarray(np.round(np.log2(area / middle) / CLASS))


def _inner(box: Floats, inset: float, header: float) -> Floats:
    margin = inset * np.minimum(box[:, 2], box[:, 3])
    top = header * box[:, 3]
    return np.column_stack(
        (box[:, 0] + margin, box[:, 1] + margin + top, box[:, 2] - 2 * margin, box[:, 3] - 2 * margin - top)
    )


def _squarify(area: Floats, start: Ints, frame: Floats) -> Floats:
    """Boxes (C, 4) of children whose areas descend within each container; `start` (G + 1,) bounds the G containers."""
    total = np.concatenate(([0.0], area.cumsum()))
    room = frame[:, 2] * frame[:, 3]
    scale = np.where(room > 0, room / (total[start[1:]] - total[start[:-1]]), 0.0)
    box = np.empty((len(area), 4))
    free = frame.copy()
    head = start[:-1].copy()
    active = np.flatnonzero(head < start[1:])
    turn = 0
    while len(active):
        low, end, unit, rest = head[active], start[active + 1], scale[active], free[active]
        upright = rest[:, 2] >= NEAR_SQUARE * rest[:, 3]
        side = np.where(upright, rest[:, 3], rest[:, 2])
        stop = _row_end(total, low, end, unit, side)
        _lay_row(box, area, total, low, stop, unit, rest, upright, flipped=bool(turn % 2))
        breadth = np.where(side > 0, (total[stop] - total[low]) * unit / np.maximum(side, 1e-300), 0.0)
        rest[:, 0] += np.where(upright, breadth, 0.0)
        rest[:, 1] += np.where(upright, 0.0, breadth)
        rest[:, 2] = np.maximum(rest[:, 2] - np.where(upright, breadth, 0.0), 0.0)
        rest[:, 3] = np.maximum(rest[:, 3] - np.where(upright, 0.0, breadth), 0.0)
        free[active], head[active] = rest, stop
        active = active[stop < end]
        turn += 1
    return box


def _row_end(total: Floats, low: Ints, end: Ints, unit: Floats, side: Floats) -> Ints:
    """Where each row ends: at the length whose boxes are nearest to squares on average.

    A row of `n` boxes with area `s` has boxes of `s / side` by `side / n`: squares where `n * s` is `side` squared.
    """
    square = np.maximum(side**2, 1e-300)

    def shape(stop: Ints) -> Floats:
        return np.asarray((total[stop] - total[low]) * unit * (stop - low) / square)

    left, right = low + 1, end.copy()
    while (open_ := left < right).any():
        middle = np.where(open_, (left + right) // 2, left)
        enough = shape(middle) >= 1
        right = np.where(open_ & enough, middle, right)
        left = np.where(open_ & ~enough, middle + 1, left)
    shorter = np.maximum(left - 1, low + 1)
    return np.where(shape(shorter) * shape(left) > 1, shorter, left)


def _lay_row(
    box: Floats,
    area: Floats,
    total: Floats,
    low: Ints,
    stop: Ints,
    unit: Floats,
    rest: Floats,
    upright: Bools,
    *,
    flipped: bool,
) -> None:
    """Write the boxes of one row of each container into `box`."""
    length = stop - low
    owner = np.repeat(np.arange(len(low)), length)
    child = np.arange(int(length.sum())) - np.repeat(length.cumsum() - length, length) + low[owner]
    sum_ = (total[stop] - total[low])[owner]
    side = np.where(upright, rest[:, 3], rest[:, 2])[owner]
    breadth = np.where(side > 0, sum_ * unit[owner] / np.maximum(side, 1e-300), 0.0)
    along = side * (total[child] - total[low[owner]]) / sum_
    extent = side * area[child] / sum_
    if flipped:
        along = side - along - extent
    stand = upright[owner]
    x, y = rest[owner, 0], rest[owner, 1]
    box[child, 0] = np.where(stand, x, x + along)
    box[child, 1] = np.where(stand, y + along, y)
    box[child, 2] = np.where(stand, breadth, extent)
    box[child, 3] = np.where(stand, extent, breadth)
