"""Levels of detail: the same graph at each depth of its containment, and how one level's curves start the next.

At a depth, a vertex stands for everything inside it. Edges between two containers, of one type and direction, are one
super-edge that carries their weight; a vertex that has no container so deep stands for itself.
"""

from dataclasses import dataclass

import numpy as np

from vigie.drawing.scene import Bools, Chain, Curves, Floats, Ints, Map, sums
from vigie.model.errors import UsageError


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its map, and what became of the finer one.

    of_vertex (N,) the level's vertex that each finer vertex is drawn as
    of_edge   (E,) the super-edge of each finer edge, -1 where both its ends are inside one vertex
    turned    (E,) whether it runs against its super-edge
    inside    (V,) the weight of the edges inside each vertex of the level
    """

    depth: int
    map: Map
    of_vertex: Ints
    of_edge: Ints
    turned: Bools
    inside: Floats


def depth_named(scene: Map, name: str | int) -> int:
    """The depth of the level of that name. Raises UsageError if the map has no such level."""
    deepest = int(scene.depth().max(initial=0))
    if isinstance(name, int) or name.isdigit():
        return min(int(name), deepest)
    if name not in scene.level_names:
        known = ", ".join(scene.level_names) or f"0..{deepest}"
        raise UsageError(f"there is no level {name!r}", fix=f"use one of {known}")
    return min(scene.level_names.index(name), deepest)


def level(scene: Map, depth: int) -> Level:
    """The map at `depth` of the containment: vertices of at most that depth, and super-edges between them."""
    deep = scene.depth()
    upper = np.arange(scene.vertices)
    while True:
        below = np.flatnonzero(deep[upper] > depth)
        if not len(below):
            break
        upper[below] = scene.parent[upper[below]]
    kept = np.flatnonzero(deep <= depth)
    place = np.full(scene.vertices + 1, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    of_vertex = place[upper]
    source, target = of_vertex[scene.source], of_vertex[scene.target]
    inner = source == target
    inside = sums(source[inner], scene.edge_weight[inner], len(kept))
    of_edge, first = bucket(source, target, scene.type, scene.directed)
    between = np.flatnonzero(of_edge >= 0)
    group = of_edge[between]
    swap = ~scene.directed[first] & (source[first] > target[first])
    worst = np.zeros(len(kept), dtype=np.int64)
    np.maximum.at(worst, of_vertex, scene.severity)
    coarse = Map(
        labels=[scene.labels[v] for v in kept.tolist()],
        ids=[scene.ids[v] for v in kept.tolist()],
        kind=scene.kind[kept],
        kind_names=scene.kind_names,
        parent=place[scene.parent[kept]],
        weight=_weight_of(scene, deep, depth)[kept],
        severity=worst,
        notes=_notes(scene, of_vertex),
        source=np.where(swap, target[first], source[first]),
        target=np.where(swap, source[first], target[first]),
        type=scene.type[first],
        type_names=scene.type_names,
        edge_weight=sums(group, scene.edge_weight[between], len(first)),
        directed=scene.directed[first],
        members=np.bincount(group, weights=scene.members[between], minlength=len(first)).astype(np.int64),
        position=None if scene.position is None else scene.position[kept],
        box=None if scene.box is None else scene.box[kept],
        size=None if scene.size is None else scene.size[kept],
        colour=None if scene.colour is None else scene.colour[kept],
        level_names=scene.level_names,
        chains=tuple(_lift(chain, of_vertex) for chain in scene.chains),
        title=scene.title,
    )
    turned = (of_edge >= 0) & (coarse.source[of_edge] != source) if len(first) else np.zeros(scene.edges, dtype=bool)
    return Level(depth, coarse, of_vertex, of_edge, turned, inside)


def _lift(chain: Chain, of_vertex: Ints) -> Chain:
    """A chain among the vertices of a level: steps inside one vertex become one."""
    vertices = [int(of_vertex[v]) for v in chain.vertices]
    kept = [number for number, vertex in enumerate(vertices) if not number or vertex != vertices[number - 1]]
    relations = tuple(chain.relations[number - 1] for number in kept[1:] if number - 1 < len(chain.relations))
    return Chain(tuple(vertices[number] for number in kept), relations)


def bucket(source: Ints, target: Ints, type_: Ints, directed: Bools) -> tuple[Ints, Ints]:
    """Number the super-edges by (source, target, type, direction).

    Takes (E,) arrays, returns the number of each edge, -1 for a loop, and for each super-edge the first edge in it.
    Super-edges are ordered by source, then target, type and direction.
    """
    number = np.full(len(source), -1, dtype=np.int64)
    real = np.flatnonzero(source != target)
    one, other = source[real], target[real]
    ways = directed[real]
    low, high = np.where(ways, one, np.minimum(one, other)), np.where(ways, other, np.maximum(one, other))
    order = np.lexsort((ways, type_[real], high, low))
    if not len(order):
        return number, real
    keys = np.stack((low[order], high[order], type_[real][order], ways[order]))
    fresh = np.concatenate(([True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
    number[real[order]] = fresh.cumsum() - 1
    return number, real[order[fresh]]


def subset(scene: Map, wanted: Ints) -> Map:
    """The map of the `wanted` vertices, the containers they lie in, and the edges between the wanted ones."""
    kept = np.zeros(scene.vertices, dtype=bool)
    kept[wanted] = True
    chosen = kept.copy()
    above = scene.parent[wanted]
    while len(above := np.unique(above[above >= 0])):
        kept[above] = True
        above = scene.parent[above]
    vertices = np.flatnonzero(kept)
    place = np.full(scene.vertices + 1, -1, dtype=np.int64)
    place[vertices] = np.arange(len(vertices))
    edges = np.flatnonzero(chosen[scene.source] & chosen[scene.target])
    return Map(
        labels=[scene.labels[v] for v in vertices.tolist()],
        ids=[scene.ids[v] for v in vertices.tolist()],
        kind=scene.kind[vertices],
        kind_names=scene.kind_names,
        parent=place[scene.parent[vertices]],
        weight=scene.weight[vertices],
        severity=scene.severity[vertices],
        notes={int(place[v]): note for v, note in scene.notes.items() if kept[v]},
        source=place[scene.source[edges]],
        target=place[scene.target[edges]],
        type=scene.type[edges],
        type_names=scene.type_names,
        edge_weight=scene.edge_weight[edges],
        directed=scene.directed[edges],
        members=scene.members[edges],
        position=None if scene.position is None else scene.position[vertices],
        box=None if scene.box is None else scene.box[vertices],
        size=None if scene.size is None else scene.size[vertices],
        colour=None if scene.colour is None else scene.colour[vertices],
        level_names=scene.level_names,
        chains=tuple(
            Chain(tuple(int(place[v]) for v in chain.vertices), chain.relations)
            for chain in scene.chains
            if all(kept[v] for v in chain.vertices)
        ),
        title=scene.title,
    )


def around(scene: Map, focus: Ints, hops: int) -> Ints:
    """The vertices within `hops` edges of `focus`, or of anything inside it, and all that they contain."""
    near = np.zeros(scene.vertices, dtype=bool)
    near[focus] = True
    deep = scene.depth()
    for depth in range(1, int(deep.max(initial=0)) + 1):
        here = np.flatnonzero(deep == depth)
        near[here] |= near[scene.parent[here]]
    for _ in range(hops):
        out, into = near[scene.source], near[scene.target]
        near[scene.target[out]] = True
        near[scene.source[into]] = True
    return np.flatnonzero(near)


def inherit(parent: Curves, above: Level, segments: Floats, drawn: Ints, points: int) -> Floats:
    """Starting curves (E', points, 2) for finer edges: their super-edge's curve, moved so that the ends are their own.

    `parent` holds the curves of `above.map`; `segments` (E', 4) and `drawn` (E',) are `straight()` and `drawable()` of
    the finer map that `above` was made of. An edge without a super-edge starts straight.
    """
    share = np.linspace(0, 1, points)
    start, end = segments[:, None, :2], segments[:, None, 2:]
    curves = start + (end - start) * share[None, :, None]
    over = above.of_edge[drawn]
    lengths = np.diff(parent.offset)
    has = (
        np.flatnonzero((over >= 0) & (lengths[np.maximum(over, 0)] >= 2))
        if len(lengths)
        else np.zeros(0, dtype=np.int64)
    )
    if not len(has):
        return np.asarray(curves)
    edge = over[has]
    course = np.where(above.turned[drawn[has]][:, None], 1 - share[None, :], share[None, :])
    at = course * (lengths[edge] - 1)[:, None]
    left = np.minimum(at.astype(np.int64), (lengths[edge] - 2)[:, None])
    rest = (at - left)[:, :, None]
    index = parent.offset[edge][:, None] + left
    line = parent.points[index] * (1 - rest) + parent.points[index + 1] * rest
    straight = line[:, :1] + (line[:, -1:] - line[:, :1]) * share[None, :, None]
    curves[has] += line - straight
    return np.asarray(curves)


def _weight_of(scene: Map, deep: Ints, depth: int) -> Floats:
    """(N,) the area of each vertex when everything below `depth` is gone."""
    weight = scene.weight.copy()
    for lower in range(int(deep.max(initial=0)), depth, -1):
        inside = np.flatnonzero(deep == lower)
        held = sums(scene.parent[inside], weight[inside], scene.vertices)
        weight = np.where(held > 0, held, weight)
    return weight


def _notes(scene: Map, of_vertex: Ints) -> dict[int, str]:
    """The note of each level vertex: that of its first worst member."""
    best: dict[int, int] = {}
    for vertex in sorted(scene.notes):
        above = int(of_vertex[vertex])
        if above not in best or scene.severity[vertex] > scene.severity[best[above]]:
            best[above] = vertex
    return {above: scene.notes[vertex] for above, vertex in best.items()}
