"""How many edges cross each pixel: the density raster behind the pictures, and how it becomes light.

Curves are sampled along their arc on a grid twice as fine as the picture and gathered with a small tent filter, so a
line is anti-aliased and as bright upright as aslant. Brightness is the density's histogram, equalised: a lone edge
stays visible beside a trunk of ten thousand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from vigie.drawing.scene import Curves, Floats, Ints

FINE = 2
STEP = 0.8
SAMPLES = 4_000_000
SLAB = 40_000
MANY_POINTS = 4_000_000
DRAWN = 0.3


Paint: TypeAlias = Callable[[Ints, Floats], Floats]
"""From the edges (S,) of pieces and their courses (S,) to what they carry, (S, C)."""


@dataclass(frozen=True, slots=True)
class Density:
    """What crosses each pixel of an (h, w) picture.

    cover   edges, about 1 in the middle of a single line; flow their weight; tone (h, w, C) the mean of a value that
    each piece of a curve carries, weighted by flow.
    """

    cover: Floats
    flow: Floats
    tone: Floats

    @property
    def full(self) -> float:
        """The share of the picture, 0..1, that edges cross."""
        return float(np.mean(self.cover > DRAWN)) if self.cover.size else 0.0


def rasterise(
    curves: Curves,
    values: Floats | Paint,
    *,
    width: int,
    height: int,
    channels: int = 1,
    weight: Floats | None = None,
    thickness: float = 1.0,
) -> Density:
    """Gather curves, in pixels, into a `Density`.

    `values` (S, channels) belongs to the pieces of `curves.segments()`, or makes it from their edges and courses;
    `weight` (E,) belongs to the edges, all 1 by default; `thickness` is the width of a line in pixels.
    """
    fine = FINE if len(curves.points) < MANY_POINTS else 1
    columns, rows = fine * width, fine * height
    layers = np.zeros(((1 if weight is None else 2) + channels, rows * columns))
    used = 0
    for start in range(0, curves.edges, SLAB):
        bounds = curves.offset[start : start + SLAB + 1]
        slab = Curves(curves.points[bounds[0] : bounds[-1]], bounds - bounds[0])
        pieces, edge, course = slab.segments()
        seen = _in_view(pieces, width, height)
        tones = (
            values(start + edge[seen], course[seen]) if callable(values) else values[used : used + len(pieces)][seen]
        )
        used += len(pieces)
        pieces = pieces[seen] * fine
        own = None if weight is None else weight[start + edge[seen]]
        within = (
            (pieces >= 0).all(axis=1) & (pieces[:, ::2] < columns).all(axis=1) & (pieces[:, 1::2] < rows).all(axis=1)
        )
        for part, clipped in ((np.flatnonzero(within), False), (np.flatnonzero(~within), True)):
            if len(part):
                gather = _Gather(layers, columns, rows, clipped=clipped)
                gather.add(pieces[part], tones[part], None if own is None else own[part], fine)
    shrunk = [_shrink(layer.reshape(rows, columns), thickness, fine) for layer in layers]
    cover = shrunk[0]
    flow = cover if weight is None else shrunk[1]
    tone = np.stack(shrunk[-channels:], axis=-1) / np.maximum(flow, 1e-9)[:, :, None]
    return Density(cover, flow, np.clip(tone, 0, 1))


class _Gather:
    """Samples of straight pieces, collected in buffers and counted into the layers of a grid when those are full."""

    def __init__(self, layers: Floats, columns: int, rows: int, *, clipped: bool) -> None:
        self.layers, self.columns, self.rows, self.clipped = layers, columns, rows, clipped
        self.cell = np.empty(SAMPLES, dtype=np.int64)
        self.amounts = np.empty((len(layers), SAMPLES))
        self.used = 0

    def add(self, pieces: Floats, values: Floats, own: Floats | None, fine: int) -> None:
        """Sample (S, 4) pieces: the k-th samples of all of them at a time, those with most samples first."""
        length = np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])
        samples = np.maximum(np.ceil(length / (STEP * FINE)), 1).astype(np.int64)
        order = np.argsort(-samples, kind="stable")
        pieces, values, samples = pieces[order], values[order], samples[order]
        share = np.where(length[order] > 0, length[order] / samples, 0.25) / fine
        flow = share if own is None else share * own[order]
        amounts = [share] if own is None else [share, flow]
        amounts += [flow * values[:, channel] for channel in range(values.shape[1])]
        step = (pieces[:, 2:] - pieces[:, :2]) / samples[:, None]
        x, y = pieces[:, 0] + step[:, 0] / 2, pieces[:, 1] + step[:, 1] / 2
        dx, dy = np.ascontiguousarray(step[:, 0]), np.ascontiguousarray(step[:, 1])
        longer = len(samples) - np.searchsorted(samples[::-1], np.arange(1, int(samples[0]) + 1))
        for count in longer.tolist():
            for start in range(0, count, SAMPLES):
                self._take(slice(start, min(start + SAMPLES, count)), x, y, amounts)
            x[:count] += dx[:count]
            y[:count] += dy[:count]
        self._flush()

    def _take(self, part: slice, x: Floats, y: Floats, amounts: list[Floats]) -> None:
        count = part.stop - part.start
        if self.used + count > SAMPLES:
            self._flush()
        room = slice(self.used, self.used + count)
        column, row = x[part].astype(np.int64), y[part].astype(np.int64)
        if self.clipped:
            inside = (x[part] >= 0) & (y[part] >= 0) & (column < self.columns) & (row < self.rows)
            column, row = np.where(inside, column, 0), np.where(inside, row, 0)
        np.multiply(row, self.columns, out=row)
        np.add(row, column, out=self.cell[room])
        for layer, amount in enumerate(amounts):
            self.amounts[layer, room] = amount[part] * inside if self.clipped else amount[part]
        self.used += count

    def _flush(self) -> None:
        cell = self.cell[: self.used]
        for number, amount in enumerate(self.amounts):
            self.layers[number] += np.bincount(cell, weights=amount[: self.used], minlength=self.layers.shape[1])
        self.used = 0


def _in_view(pieces: Floats, width: int, height: int) -> Ints:
    low = np.minimum(pieces[:, :2], pieces[:, 2:])
    high = np.maximum(pieces[:, :2], pieces[:, 2:])
    return np.flatnonzero((high >= 0).all(axis=1) & (low[:, 0] < width) & (low[:, 1] < height))


def _shrink(grid: Floats, thickness: float, fine: int) -> Floats:
    """One value a pixel from the fine grid: a tent filter for a line of one pixel, a wider one for a thicker line."""
    reach = max(1, round(thickness * fine / 2))
    kernel = np.concatenate((np.arange(1, reach + 1), np.arange(reach, 0, -1)[1:])).astype(float)
    if reach == 1:
        kernel = np.array([1.0, 2.0, 1.0]) if fine > 1 else np.array([0.15, 0.7, 0.15])
    kernel /= kernel.sum()
    grid = _convolve(_convolve(grid, kernel * max(thickness, 1.0), 0), kernel, 1)
    height, width = grid.shape[0] // fine, grid.shape[1] // fine
    return np.asarray(grid.reshape(height, fine, width, fine).sum(axis=(1, 3)))


def _convolve(grid: Floats, kernel: Floats, axis: int) -> Floats:
    reach = len(kernel) // 2
    result: Floats = grid * float(kernel[reach])
    for shift in range(1, reach + 1):
        ahead, behind = [slice(None)] * 2, [slice(None)] * 2
        ahead[axis], behind[axis] = slice(shift, None), slice(None, -shift)
        result[tuple(behind)] += grid[tuple(ahead)] * kernel[reach + shift]
        result[tuple(ahead)] += grid[tuple(behind)] * kernel[reach - shift]
    return result


@dataclass(frozen=True, slots=True)
class Tone:
    """From density to brightness 0..1: `levels` are the densities, ascending, at which `light` is reached."""

    levels: Floats
    light: Floats

    def of(self, flow: Floats) -> Floats:
        """The brightness of each density."""
        return np.asarray(np.interp(flow, self.levels, self.light))

    def ticks(self, most: int = 4) -> list[tuple[float, float]]:
        """Round densities with their brightness, for the scale of the legend: (density, light), ascending."""
        low, high = max(float(self.levels[0]), 1.0), float(self.levels[-1])
        if high <= low:
            return [(high, 1.0)]
        exponents = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        rounds = [float(digit * 10**exponent) for exponent in exponents for digit in (1, 2, 5)]
        rounds = [value for value in rounds if low * 0.999 <= value <= high] or [low]
        chosen = [rounds[round(i)] for i in np.linspace(0, len(rounds) - 1, min(most, len(rounds)))]
        return [(value, float(self.of(np.array([value]))[0])) for value in dict.fromkeys(chosen)]


def equalise(density: Density, amount: float = 0.7) -> Tone:
    """Brightness by the rank of a density among the drawn pixels, mixed with its logarithm (`amount` 1: rank alone).

    Pixels at the edge of a lone line (cover below DRAWN) have no vote, so anti-aliasing stays soft.
    """
    drawn = density.flow[density.cover > DRAWN]
    if not len(drawn):
        return Tone(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    logs = np.log(np.maximum(drawn, 1e-9))
    low, high = float(logs.min()), float(logs.max())
    if high - low < 1e-6:
        return Tone(np.array([0.0, float(np.exp(high))]), np.array([0.0, 0.5]))
    counts, edges = np.histogram(logs, bins=512, range=(low, high))
    rank = np.concatenate(([0.0], counts.cumsum() / counts.sum()))
    linear = (edges - low) / (high - low)
    return Tone(np.exp(edges), amount * rank + (1 - amount) * linear)


def intensities(curves: Curves, flow: Floats, own: Floats | None, *, relative: bool) -> Floats:
    """(S,) the intensity 0..1 of each piece of `curves`: how much runs along it.

    `own` (E,) gives it for whole edges; without it, it is read from the density under each piece. `relative` takes the
    rank among all pieces, else the share of the most.
    """
    edge = curves.edge_of_point
    inside = np.flatnonzero(edge[1:] == edge[:-1])
    if own is not None:
        piece = own[edge[inside]]
    else:
        height, width = flow.shape
        x = np.clip(curves.points[:, 0].astype(np.int64), 0, width - 1)
        y = np.clip(curves.points[:, 1].astype(np.int64), 0, height - 1)
        under = flow[y, x]
        piece = (under[inside] + under[inside + 1]) / 2
    if relative:
        _, rank = np.unique(piece, return_inverse=True)
        return np.asarray(rank / max(int(rank.max(initial=0)), 1), dtype=np.float64)
    return np.asarray(piece / max(float(piece.max(initial=0)), 1e-9))


def edge_intensity(curves: Curves, flow: Floats) -> Floats:
    """(E,) the mean density beneath each curve, for edges whose compatibilities are not known."""
    edge = curves.edge_of_point
    height, width = flow.shape
    x = np.clip(curves.points[:, 0].astype(np.int64), 0, width - 1)
    y = np.clip(curves.points[:, 1].astype(np.int64), 0, height - 1)
    count = np.maximum(np.bincount(edge, minlength=curves.edges), 1)
    return np.asarray(np.bincount(edge, weights=flow[y, x], minlength=curves.edges) / count)
