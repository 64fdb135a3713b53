"""Graphs to draw: three public ones from CSV files, and cluster-shaped ones of any size from a seed.

Every function returns (E, 4) float64 segments x1, y1, x2, y2 on a map about 1,000 wide.
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PUBLIC = ("airlines", "migrations", "airtraffic")


def public(name: str) -> Floats | None:
    """One of `PUBLIC` from the folder that VIGIE_GRAPHS names, or None where it is not there.

    The files hold x1,y1,x2,y2 lines. Positions are single precision, as in Gephi.
    """
    path = Path(os.environ.get("VIGIE_GRAPHS", "../shared/corpora/graphs")) / f"{name}.csv"
    if not path.exists():
        return None
    return np.loadtxt(path, delimiter=",", dtype=np.float32).astype(np.float64)


def treemap(weights: Floats, box: Floats) -> Floats:
    """(N, 4) x, y, width, height: halve the weights, cut the longer side, until one weight is left."""
    out = np.zeros((len(weights), 4))
    total = np.concatenate(([0.0], np.cumsum(weights)))
    stack = [(0, len(weights), tuple(box))]
    while stack:
        low, high, (x, y, w, h) = stack.pop()
        if high - low == 1:
            out[low] = x, y, w, h
            continue
        middle = int(np.searchsorted(total, (total[low] + total[high]) / 2, "left"))
        middle = min(max(middle, low + 1), high - 1)
        share = (total[middle] - total[low]) / (total[high] - total[low])
        if w >= h:
            parts = (x, y, w * share, h), (x + w * share, y, w * (1 - share), h)
        else:
            parts = (x, y, w, h * share), (x, y + h * share, w, h * (1 - share))
        stack.append((low, middle, parts[0]))
        stack.append((middle, high, parts[1]))
    return out


def grid(count: int, box: Floats) -> Floats:
    """(count, 2) positions on a grid that fills the box."""
    x, y, w, h = box
    columns = max(1, round(np.sqrt(count * w / max(h, 1e-9))))
    rows = -(-count // columns)
    at = np.arange(count)
    return np.column_stack((x + (at % columns + 0.5) * w / columns, y + (at // columns + 0.5) * h / rows))


def _inside(box: Floats, margin: float) -> Floats:
    x, y, w, h = box
    return np.array([x + margin * w, y + margin * h, w * (1 - 2 * margin), h * (1 - 2 * margin)])


def pods(edges: int, seed: int = 1) -> Floats:
    """Calls between pods: namespaces, workloads and pods in a nested treemap; a few workloads are called by all."""
    rng = np.random.default_rng(seed)
    count = max(60, edges)
    spaces = max(3, round(300 * (count / 450_000) ** 0.5))
    workloads = max(12, round(5923 * (count / 450_000) ** 0.7))
    space_of = np.sort(rng.choice(spaces, workloads, p=_heavy(spaces, 0.7)))
    size = rng.lognormal(0, 1.3, workloads)
    size = np.maximum(1, np.round(size / size.sum() * count)).astype(int)
    used, space_of = np.unique(space_of, return_inverse=True)
    boxes = treemap(np.bincount(space_of, size), np.array([0.0, 0.0, 1000.0, 1000.0]))
    positions = []
    for space in range(len(used)):
        mine = np.flatnonzero(space_of == space)
        for work, box in zip(mine, treemap(size[mine].astype(float), _inside(boxes[space], 0.04)), strict=True):
            positions.append(grid(int(size[work]), _inside(box, 0.08)))
    place = np.concatenate(positions)
    first = np.concatenate(([0], np.cumsum(size)))
    caller, callee = _calls(rng, space_of, size, edges)
    source = first[caller] + (rng.random(edges) * size[caller]).astype(int)
    target = first[callee] + (rng.random(edges) * size[callee]).astype(int)
    return _segments(place, source, target, rng)


def machines(edges: int, seed: int = 2, count: int | None = None) -> Floats:
    """Flows between machines: zones and racks in a nested treemap; services on groups of machines, a few on all."""
    rng = np.random.default_rng(seed)
    count = count or int(np.clip(edges // 6, 60, 15_000))
    zones, racks = 3, max(6, count // 40)
    zone_boxes = treemap(np.array([0.42, 0.33, 0.25]), np.array([0.0, 0.0, 1000.0, 1000.0]))
    share = np.full(racks, count / racks)
    zone_of = np.searchsorted(np.cumsum([0.42, 0.33, 0.25]) * racks, np.arange(racks) + 0.5)
    positions = []
    held = np.diff(np.round(np.concatenate(([0], np.cumsum(share)))).astype(int))
    for zone in range(zones):
        mine = np.flatnonzero(zone_of == zone)
        for rack, box in zip(mine, treemap(share[mine], _inside(zone_boxes[zone], 0.03)), strict=True):
            positions.append(grid(int(held[rack]), _inside(box, 0.1)))
    place = np.concatenate(positions)
    services = max(10, count // 40)
    centre = rng.integers(0, count, services)
    spread = np.maximum(2, rng.lognormal(np.log(count / 100), 0.8, services)).astype(int)
    partners = rng.choice(services, (services, 3), p=_heavy(services, 0.7))
    caller = rng.choice(services, edges, p=_heavy(services, 0.5))
    callee = partners[caller, rng.choice(3, edges, p=(0.5, 0.3, 0.2))]
    source = (centre[caller] + (rng.normal(0, 1, edges) * spread[caller]).astype(int)) % count
    target = (centre[callee] + (rng.normal(0, 0.5, edges) * spread[callee]).astype(int)) % count
    return _segments(place, source, target, rng)


def scattered(edges: int, seed: int = 3) -> Floats:
    """Edges between random vertices: the graph with no structure to find."""
    rng = np.random.default_rng(seed)
    place = rng.random((max(20, edges // 4), 2)) * 1000
    return _segments(place, rng.integers(0, len(place), edges), rng.integers(0, len(place), edges), rng)


def _heavy(count: int, power: float) -> Floats:
    pull = 1.0 / np.arange(1, count + 1) ** power
    return np.asarray(pull / pull.sum())


Ints = NDArray[np.int64]


def _calls(rng: np.random.Generator, space_of: Ints, size: Ints, edges: int) -> tuple[Ints, Ints]:
    """Caller and callee workload of each edge: within a namespace, into one of two others, or to a hub."""
    workloads, spaces = len(size), int(space_of.max()) + 1
    friends = rng.choice(spaces, (spaces, 2), p=_heavy(spaces, 0.5))
    partners = np.zeros((workloads, 3), dtype=np.int64)
    for work in range(workloads):
        partners[work, :2] = rng.choice(np.flatnonzero(space_of == space_of[work]), 2)
        partners[work, 2] = rng.choice(np.flatnonzero(space_of == friends[space_of[work], work % 2]))
    hubs = rng.choice(workloads, max(3, workloads // 100), replace=False)
    caller = rng.choice(workloads, edges, p=size / size.sum())
    way = rng.choice(4, edges, p=(0.2, 0.15, 0.3, 0.35))
    hub = hubs[rng.choice(len(hubs), edges, p=_heavy(len(hubs), 0.6))]
    callee = np.where(way == 3, hub, partners[caller, np.minimum(way, 2)])
    return caller, callee


def _segments(place: Floats, source: NDArray[np.int64], target: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Lines between positions; an edge from a vertex to itself goes to the next one."""
    same = source == target
    target = np.where(same, (target + rng.integers(1, len(place), len(target))) % len(place), target)
    return np.hstack((place[source], place[target]))
