"""Figures that say how far a bundled picture can be trusted.

ink          pixels touched at 1,000 px across, bundled / straight: what bundling saves
distortion   length of a curve / distance of its ends: what it costs
density      edges on each touched pixel: how uneven the picture is
ambiguity    the chance to arrive at a wrong place when following a curve from its inside to its end
correlation  of the logarithms of two pictures' densities: whether they show the same

All take (E, P, 2) float64 curves; straight edges are curves of two points.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vigie.drawing.solving import load_kernel

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.uint32]
Frame: TypeAlias = tuple[float, float, float, int, int]
WIDTH = 1000
CELLS, SECTORS, PLACES = 250, 8, 100
STANDS = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)
JUDGED = 4_000
CHUNK = 4096
_ONES = np.array([number.bit_count() for number in range(256)], dtype=np.uint8)


def measure(points: Floats, *, seed: int = 0, width: int = WIDTH) -> dict[str, Any]:
    """All figures of one picture, as a dict ready for JSON."""
    straight = ends_of(points)
    frame = frame_of(straight, width)
    bundled, before = density(points, frame), density(straight, frame)
    ink = int(np.count_nonzero(before))
    return {
        "inkRatio": _rounded(np.count_nonzero(bundled) / ink if ink else 1.0),
        "inkPixels": int(np.count_nonzero(bundled)),
        "distortion": distortion(points),
        "density": distribution(bundled),
        "straightDensity": distribution(before),
        "ambiguity": _rounded(ambiguity(points, seed=seed)),
        "straightAmbiguity": _rounded(ambiguity(straight, seed=seed)),
    }


def ends_of(points: Floats) -> Floats:
    """(E, 2, 2) straight lines between the ends of the curves."""
    return np.ascontiguousarray(points[:, [0, -1]])


def frame_of(points: Floats, width: int = WIDTH) -> Frame:
    """Left, top, pixels a unit, columns and rows of a picture `width` pixels across that holds all points."""
    if not points.size:
        return 0.0, 0.0, 1.0, width, 1
    flat = points.reshape(-1, 2)
    low, size = flat.min(axis=0), np.ptp(flat, axis=0)
    scale = (width - 1) / float(size.max()) if size.max() > 0 else 1.0
    columns, rows = (int(extent * scale) + 2 for extent in size)
    return float(low[0]), float(low[1]), scale, columns, rows


def density(points: Floats, frame: Frame) -> Counts:
    """(rows, columns) edges on each pixel: samples one pixel apart along the longer axis, each edge once a pixel."""
    left, top, scale, columns, rows = frame
    counts = np.zeros((rows, columns), dtype=np.uint32)
    kernel = load_kernel()
    if kernel is not None and len(points):
        kernel.density(np.ascontiguousarray(points), counts, points.shape[1], columns, rows, left, top, scale)
        return counts
    flat = counts.reshape(-1)
    for at in range(0, len(points), CHUNK):
        place = (points[at : at + CHUNK] - (left, top)) * scale
        edge, x, y, _ = _samples(place, 1.0)
        column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
        pixel = row[inside] * columns + column[inside]
        once = np.unique(edge[inside] * np.int64(rows * columns) + pixel) % (rows * columns)
        flat += np.bincount(once, minlength=rows * columns).astype(np.uint32)
    return counts


def _samples(points: Floats, gap: float) -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.int64]]:
    """Edge, x, y and piece of samples at most `gap` apart along the longer axis of each straight piece."""
    pieces = points.shape[1] - 1
    start, vector = points[:, :-1].reshape(-1, 2), np.diff(points, axis=1).reshape(-1, 2)
    steps = np.maximum(1, np.ceil(np.abs(vector).max(axis=1) / gap)).astype(np.int64)
    piece = np.repeat(np.arange(len(steps)), steps + 1)
    first = np.concatenate(([0], np.cumsum(steps + 1)[:-1]))
    number = np.arange(len(piece)) - first[piece]
    place = start[piece] + (vector / steps[:, None])[piece] * number[:, None]
    return piece // pieces, place[:, 0], place[:, 1], piece


def distortion(points: Floats) -> dict[str, float]:
    """Mean, 95th percentile and maximum of length / distance over the edges that have a length."""
    length = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0)).sum(axis=1)
    apart = np.hypot(*(points[:, -1] - points[:, 0]).T)
    ratio = length[apart > 0] / apart[apart > 0]
    if not len(ratio):
        return {"mean": 1.0, "p95": 1.0, "max": 1.0}
    values = float(ratio.mean()), float(np.quantile(ratio, 0.95)), float(ratio.max())
    return dict(zip(("mean", "p95", "max"), map(_rounded, values), strict=True))


def distribution(counts: Counts) -> dict[str, float]:
    """Edges on a touched pixel: mean, median, 90th and 99th percentile, maximum."""
    touched = counts[counts > 0]
    if not len(touched):
        return {"mean": 0.0, "p50": 0.0, "p90": 0.0, "p99": 0.0, "max": 0.0}
    p50, p90, p99 = np.quantile(touched, (0.5, 0.9, 0.99))
    values = float(touched.mean()), float(p50), float(p90), float(p99), float(touched.max())
    return dict(zip(("mean", "p50", "p90", "p99", "max"), map(_rounded, values), strict=True))


def correlation(one: Floats, other: Floats, width: int = WIDTH, *, whole: bool = True) -> float:
    """Pearson's correlation of log(1 + edges) over the pixels of two pictures of the same edges.

    `whole` False leaves out the pixels that neither touches.
    """
    frame = frame_of(ends_of(one), width)
    a, b = density(one, frame), density(other, frame)
    touched = (a > 0) | (b > 0) | whole
    if np.count_nonzero(touched) < 2:
        return 1.0
    x, y = np.log1p(a[touched].astype(np.float64)), np.log1p(b[touched].astype(np.float64))
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else float(np.array_equal(a, b))


def ambiguity(points: Floats, *, seed: int = 0) -> float:
    """Mean of 1 - 1/k over edges: k places can be reached by a reader who stands on a curve and follows its direction.

    The reader stands at each eighth of the curve, and looks both ways. A place can be reached if
    a curve that ends there passes through the same cell (1/250 of the width) in the same of 8 directions. Places are
    ends of curves, told apart at 1/100 of the width. Of more than 4,000 edges, a sample is judged against all.
    """
    if not len(points):
        return 0.0
    left, top, scale, _, _ = frame_of(ends_of(points), CELLS)
    place = (points - (left, top)) * scale
    judged = np.arange(len(points))
    if len(judged) > JUDGED:
        judged = np.sort(np.random.default_rng(seed).choice(len(points), JUDGED, replace=False))
    asked = _views(place[judged])
    keys = np.unique(asked)
    view = np.full(CELLS * CELLS * SECTORS, -1, dtype=np.int32)
    view[keys] = np.arange(len(keys), dtype=np.int32)
    reached = np.zeros((len(keys), PLACES * PLACES // 8), dtype=np.uint8)
    kernel = load_kernel()
    if kernel is not None:
        kernel.reach(np.ascontiguousarray(place), view, reached, place.shape[1], CELLS, SECTORS, PLACES)
    else:
        for at in range(0, len(place), CHUNK):
            _reach(place[at : at + CHUNK], view, reached.reshape(-1))
    parts = [_ONES[reached[at : at + CHUNK]].sum(axis=1, dtype=np.int64) for at in range(0, len(reached), CHUNK)]
    choices = np.concatenate(parts)
    return float(np.mean(1 - 1 / np.maximum(choices, 1)[view[asked]]))


def _key(x: Floats, y: Floats, dx: Floats, dy: Floats) -> NDArray[np.int64]:
    """Cell and direction as one number."""
    column, row = (np.clip(np.floor(v), 0, CELLS - 1).astype(np.int64) for v in (x, y))
    sector = np.floor((np.arctan2(dy, dx) / (2 * np.pi) + 1) * SECTORS).astype(np.int64) % SECTORS
    return np.asarray((row * CELLS + column) * SECTORS + sector)


def _views(place: Floats) -> NDArray[np.int64]:
    """The keys of the points at which readers stand, looking both ways."""
    pieces = place.shape[1] - 1
    keys = []
    for share in STANDS:
        at = min(int(pieces * share), pieces - 1)
        rest = pieces * share - at
        vector = place[:, at + 1] - place[:, at]
        x, y = (place[:, at] + rest * vector).T
        for way in (1, -1):
            keys.append(_key(x, y, way * vector[:, 0], way * vector[:, 1]))
    return np.concatenate(keys)


def _reach(place: Floats, view: NDArray[np.int32], reached: NDArray[np.uint8]) -> None:
    """The numpy twin of the kernel's reach: set the bit of each place that can be reached from a view."""
    edge, x, y, piece = _samples(place, 1.0)
    vector = np.diff(place, axis=1).reshape(-1, 2)
    nowhere = np.zeros(len(vector))
    column, row = (np.clip(np.floor(v), 0, CELLS - 1).astype(np.int64) for v in (x, y))
    for way, end in ((1, place[:, -1]), (-1, place[:, 0])):
        sector = _key(nowhere, nowhere, way * vector[:, 0], way * vector[:, 1])
        at = view[(row * CELLS + column) * SECTORS + sector[piece]].astype(np.int64)
        spot = np.clip(np.floor(end * PLACES / CELLS), 0, PLACES - 1).astype(np.int64)
        target = (spot[:, 1] * PLACES + spot[:, 0])[edge]
        bit = (at * PLACES * PLACES + target)[at >= 0]
        np.bitwise_or.at(reached, bit >> 3, np.left_shift(1, bit & 7).astype(np.uint8))


def _rounded(value: float) -> float:
    return round(float(value), 4)
