"""Fewer points for the same line: Douglas and Peucker (Cartographica 10(2), 1973), all curves at once."""

import numpy as np

from vigie.drawing.scene import Bools, Curves, Floats, Ints

CHUNK = 40_000


def simplify(curves: Curves, tolerance: float) -> Curves:
    """The curves without the points that lie within `tolerance` of the line through the points that stay."""
    if tolerance <= 0 or not len(curves.points):
        return curves
    keep = np.ones(len(curves.points), dtype=bool)
    for start in range(0, curves.edges, CHUNK):
        bounds = curves.offset[start : min(start + CHUNK, curves.edges) + 1]
        part = slice(int(bounds[0]), int(bounds[-1]))
        keep[part] = _kept(curves.points[part], bounds - bounds[0], tolerance)
    kept_before = np.concatenate(([0], keep.cumsum()))
    return Curves(curves.points[keep], kept_before[curves.offset])


def _kept(points: Floats, offset: Ints, tolerance: float) -> Bools:
    keep = np.zeros(len(points), dtype=bool)
    long = np.flatnonzero(np.diff(offset) >= 1)
    low, high = offset[long], offset[long + 1] - 1
    keep[low] = keep[high] = True
    inner = high - low >= 2
    low, high = low[inner], high[inner]
    while len(low):
        inside = high - low - 1
        first = inside.cumsum() - inside
        owner = np.repeat(np.arange(len(low)), inside)
        index = np.arange(len(owner)) - first[owner] + low[owner] + 1
        start, way = points[low], points[high] - points[low]
        square = (way**2).sum(axis=1)
        ahead = points[index] - start[owner]
        share = np.clip((ahead * way[owner]).sum(axis=1) / np.maximum(square, 1e-300)[owner], 0, 1)
        apart = ((ahead - share[:, None] * way[owner]) ** 2).sum(axis=1)
        most = np.maximum.reduceat(apart, first)
        at_most = np.flatnonzero(apart == most[owner])
        _, earliest = np.unique(owner[at_most], return_index=True)
        split = index[at_most[earliest]]
        far = most > tolerance**2
        keep[split[far]] = True
        low, high = np.concatenate((low[far], split[far])), np.concatenate((split[far], high[far]))
        open_ = high - low >= 2
        low, high = low[open_], high[open_]
    return keep
