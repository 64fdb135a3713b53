"""Force layout of small typed subgraphs: Fruchterman and Reingold (Software: Practice and Experience 21(11), 1991).

Up to `EXACT` vertices every pair repels every other. Beyond, repulsion is a convolution of the vertices' density with
the force of one of them, by FFT on a grid (the particle-mesh method of Hockney and Eastwood), so that a step costs the
same for a thousand vertices as for a hundred thousand. Parts that do not hang together are laid out alone and packed.
"""

import numpy as np

from vigie.drawing.scene import Floats, Ints, Map
from vigie.drawing.treemap import WIDTH, treemap

EXACT = 600


def force_layout(scene: Map, *, seed: int = 0, steps: int = 240) -> Map:
    """Place every vertex by its edges; returns the map with `position` (N, 2) on a plane `WIDTH` wide.

    The same graph and seed give the same positions. Vertices without an edge are set in rows below the rest.
    """
    count = scene.vertices
    if not count:
        return scene.with_(position=np.zeros((0, 2)))
    part = components(count, scene.source, scene.target)
    sizes = np.bincount(part)
    room = Map(
        labels=[f"{np.int64(2**40) - size:015d} {name:09d}" for name, size in enumerate(sizes)],
        weight=np.sqrt(sizes) * sizes,
    )
    cells = treemap(room, width=WIDTH, height=WIDTH * 0.625, inset=0.0).box
    assert cells is not None
    position = np.zeros((count, 2))
    place = np.full(count, -1, dtype=np.int64)
    edge_part = part[scene.source]
    by_vertex, by_edge = np.argsort(part, kind="stable"), np.argsort(edge_part, kind="stable")
    vertex_at = np.concatenate(([0], sizes.cumsum()))
    edge_at = np.searchsorted(edge_part[by_edge], np.arange(len(sizes) + 1))
    for name in range(len(sizes)):
        members = by_vertex[vertex_at[name] : vertex_at[name + 1]]
        x, y, width, height = cells[name]
        if len(members) == 1:
            position[members] = x + width / 2, y + height / 2
            continue
        edges = by_edge[edge_at[name] : edge_at[name + 1]]
        place[members] = np.arange(len(members))
        found = _settle(len(members), place[scene.source[edges]], place[scene.target[edges]], seed, steps)
        position[members] = _fit(found, x, y, width, height)
    return scene.with_(position=position)


def components(count: int, source: Ints, target: Ints) -> Ints:
    """(N,) the number of the connected part of each vertex, numbered from 0 by first appearance."""
    part = np.arange(count)
    while True:
        least = np.minimum(part[source], part[target])
        lower = part.copy()
        np.minimum.at(lower, part[source], least)
        np.minimum.at(lower, part[target], least)
        while not np.array_equal(lower, lower[lower]):
            lower = lower[lower]
        if np.array_equal(lower, part):
            return np.asarray(np.unique(part, return_inverse=True)[1], dtype=np.int64)
        part = lower[part]


def _settle(count: int, source: Ints, target: Ints, seed: int, steps: int) -> Floats:
    rng = np.random.default_rng(seed)
    reach = np.sqrt(count)
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    position = np.sqrt(np.arange(count) + 0.5)[:, None] * np.column_stack((np.cos(turn), np.sin(turn))) * 0.6
    position = _spread_by_neighbours(position, source, target) + rng.normal(0, 1e-3, (count, 2))
    distinct = source != target
    source, target = source[distinct], target[distinct]
    steps = max(40, min(steps, 2_000_000 // count))
    mesh = None if count <= EXACT else _Mesh(count)
    for step in range(steps):
        heat = reach * 0.12 * (1 - step / steps) ** 1.5 + 1e-3
        force = _repulsion_exact(position) if mesh is None else _repulsion_mesh(position, mesh)
        along = position[target] - position[source]
        pull = along * np.hypot(along[:, 0], along[:, 1])[:, None]
        for axis in range(2):
            force[:, axis] += np.bincount(source, weights=pull[:, axis], minlength=count)
            force[:, axis] -= np.bincount(target, weights=pull[:, axis], minlength=count)
        force -= 0.02 * position * reach
        length = np.hypot(force[:, 0], force[:, 1])[:, None]
        position = position + force * (np.minimum(length, heat) / np.maximum(length, 1e-12))
    return np.asarray(position - position.mean(axis=0))


def _spread_by_neighbours(position: Floats, source: Ints, target: Ints) -> Floats:
    """Average each vertex with its neighbours a few times: a start in which neighbours are near."""
    count = len(position)
    degree = np.maximum(np.bincount(source, minlength=count) + np.bincount(target, minlength=count), 1)
    for _ in range(8):
        near = np.column_stack(
            [
                np.bincount(source, weights=position[target, axis], minlength=count)
                + np.bincount(target, weights=position[source, axis], minlength=count)
                for axis in range(2)
            ]
        )
        position = 0.5 * position + 0.5 * near / degree[:, None]
    spread = position.std(axis=0)
    return np.asarray((position - position.mean(axis=0)) / np.maximum(spread, 1e-9) * (0.4 * np.sqrt(count)))


def _repulsion_exact(position: Floats) -> Floats:
    dx = position[:, 0, None] - position[None, :, 0]
    dy = position[:, 1, None] - position[None, :, 1]
    inverse = 1 / (dx * dx + dy * dy + 1e-3)
    return np.column_stack(((dx * inverse).sum(axis=1), (dy * inverse).sum(axis=1)))


def _repulsion_mesh(position: Floats, mesh: "_Mesh") -> Floats:
    cells = mesh.cells
    low, high = position.min(axis=0), position.max(axis=0)
    pitch = max(float((high - low).max()) / (cells - 2), 1e-9)
    at = (position - low) / pitch
    corner = np.clip(at.astype(np.int64), 0, cells - 2)
    share = at - corner
    taps = [(i, j, np.abs(1 - i - share[:, 0]) * np.abs(1 - j - share[:, 1])) for i in (0, 1) for j in (0, 1)]
    grid = np.zeros(cells * cells)
    for i, j, amount in taps:
        grid += np.bincount((corner[:, 0] + i) * cells + corner[:, 1] + j, weights=amount, minlength=cells * cells)
    spectrum = np.fft.rfft2(grid.reshape(cells, cells), s=(2 * cells, 2 * cells))
    force = np.zeros_like(position)
    for axis, kernel in enumerate(mesh.kernels):
        field = np.fft.irfft2(spectrum * kernel, s=(2 * cells, 2 * cells))[:cells, :cells]
        for i, j, amount in taps:
            force[:, axis] += amount * field[corner[:, 0] + i, corner[:, 1] + j]
    return force / pitch


class _Mesh:
    """The force of one vertex on the cells of a grid, transformed: in units of cells it is the same at every step."""

    def __init__(self, count: int) -> None:
        self.cells = min(256, 1 << int(np.ceil(np.log2(2.5 * np.sqrt(count)))))
        span = np.fft.fftfreq(2 * self.cells, 1 / (2 * self.cells))
        x, y = np.meshgrid(span, span, indexing="ij")
        inverse = 1 / (x * x + y * y + 0.25)
        self.kernels = [np.fft.rfft2(x * inverse), np.fft.rfft2(y * inverse)]


def _fit(position: Floats, x: float, y: float, width: float, height: float) -> Floats:
    """Turn the long axis of the layout along that of its cell, and scale it to nine tenths of the cell."""
    centred = position - position.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False) if len(centred) > 2 else (0, 0, np.eye(2))
    axes = np.asarray(axes) * np.where(np.sign(np.asarray(axes).sum(axis=1)) < 0, -1, 1)[:, None]
    turned = centred @ (axes.T if width >= height else axes[::-1].T)
    low, high = turned.min(axis=0), turned.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    scale = 0.9 * min(width / span[0], height / span[1])
    return np.asarray((turned - (low + high) / 2) * scale + (x + width / 2, y + height / 2))
