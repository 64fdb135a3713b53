"""Levels of detail: super-edges, weights, inherited curves, cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.drawing.levels import around, depth_named, inherit, level, subset
from vigie.drawing.scene import Chain, Curves, Map
from vigie.drawing.treemap import treemap
from vigie.model.errors import UsageError


def shop() -> Map:
    """Two namespaces; shop holds two workloads with two pods each, and a bare pod; db one workload with one pod."""
    labels = ["shop", "db", "cart", "web", "pg", "cart-0", "cart-1", "web-0", "web-1", "pg-0", "bare"]
    parent = [-1, -1, 0, 0, 1, 2, 2, 3, 3, 4, 0]
    edges = [(7, 5), (7, 6), (8, 5), (5, 9), (6, 9), (10, 9), (5, 6), (9, 5)]
    return Map(
        labels=labels,
        parent=np.array(parent),
        source=np.array([s for s, _ in edges]),
        target=np.array([t for _, t in edges]),
        type=np.array([0, 0, 0, 0, 0, 1, 0, 0]),
        type_names=("calls", "reads"),
        edge_weight=np.array([1.0, 2, 4, 8, 16, 32, 64, 128]),
        severity=np.array([0, 0, 0, 0, 0, 0, 3, 0, 0, 4, 0]),
        notes={6: "crash-exit", 9: "disk-full"},
        level_names=("namespaces", "workloads", "pods"),
        chains=(Chain((7, 5, 9), ("calls", "calls")),),
    )


def edges_of(scene: Map) -> dict[tuple[str, str, str], float]:
    return {
        (scene.labels[s], scene.labels[t], scene.type_names[k]): float(w)
        for s, t, k, w in zip(
            scene.source.tolist(), scene.target.tolist(), scene.type.tolist(), scene.edge_weight.tolist(), strict=True
        )
    }


def test_workloads_carry_the_weight_of_their_pods() -> None:
    done = level(shop(), 1)
    assert edges_of(done.map) == {
        ("web", "cart", "calls"): 7,
        ("cart", "pg", "calls"): 24,
        ("bare", "pg", "reads"): 32,
        ("pg", "cart", "calls"): 128,
    }
    assert dict(zip(done.map.labels, done.inside.tolist(), strict=True))["cart"] == 64
    assert done.map.members.tolist().count(3) == 1
    assert done.of_edge.tolist().count(-1) == 1


def test_namespaces_keep_types_and_directions_apart() -> None:
    done = level(shop(), 0)
    assert edges_of(done.map) == {
        ("shop", "db", "calls"): 24,
        ("shop", "db", "reads"): 32,
        ("db", "shop", "calls"): 128,
    }
    assert done.map.severity.tolist() == [3, 4]
    assert done.map.notes == {0: "crash-exit", 1: "disk-full"}
    assert done.map.weight.tolist() == [5, 1]
    assert done.map.chains == (Chain((0, 1), ("calls",)),)


def test_undirected_edges_share_a_bucket_whichever_way_they_were_given() -> None:
    scene = Map(
        labels=["a", "b", "a0", "a1", "b0"],
        parent=np.array([-1, -1, 0, 0, 1]),
        source=np.array([2, 4]),
        target=np.array([4, 3]),
        directed=np.array([False, False]),
    )
    done = level(scene, 0)
    assert edges_of(done.map) == {("a", "b", ""): 2}
    assert done.turned.tolist() == [False, True]


@given(st.integers(2, 25), st.integers(0, 80), st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_no_weight_is_lost_on_any_level(vertices: int, edges: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parent = np.array([int(rng.integers(-1, v)) if v else -1 for v in range(vertices)])
    scene = Map(
        labels=[str(v) for v in range(vertices)],
        parent=parent,
        source=rng.integers(0, vertices, edges),
        target=rng.integers(0, vertices, edges),
        edge_weight=rng.random(edges) + 0.1,
        directed=rng.random(edges) < 0.5,
    )
    for depth in range(int(scene.depth().max()) + 1):
        done = level(scene, depth)
        assert done.map.edge_weight.sum() + done.inside.sum() == pytest.approx(scene.edge_weight.sum())
        assert int(done.map.members.sum()) + int((done.of_edge < 0).sum()) == edges


def test_children_start_on_their_parents_curve() -> None:
    scene = treemap(shop())
    done = level(scene, 1)
    straight = done.map.straight().reshape(-1, 2, 2)
    bent = np.stack([straight[:, 0], np.add(straight.mean(axis=1), (0, 50)), straight[:, 1]], axis=1)
    curves = Curves.of_array(bent, done.map.drawable(), done.map.edges)
    segments, drawn = scene.straight(), scene.drawable()
    start = inherit(curves, done, segments, drawn, 9)
    assert start.shape == (len(drawn), 9, 2)
    assert np.allclose(start[:, 0], segments[:, :2])
    assert np.allclose(start[:, -1], segments[:, 2:])
    middle = (segments[:, :2] + segments[:, 2:]) / 2
    inner = done.of_edge[drawn] < 0
    assert np.allclose(start[~inner, 4], middle[~inner] + [0, 50])
    assert np.allclose(start[inner, 4], middle[inner])


def test_a_child_that_runs_against_its_super_edge_takes_the_curve_backwards() -> None:
    scene = Map(
        labels=["a", "b", "a0", "b0"],
        parent=np.array([-1, -1, 0, 1]),
        source=np.array([3]),
        target=np.array([2]),
        directed=np.array([False]),
        position=np.array([[0.0, 0], [100, 0], [0, 0], [100, 0]]),
    )
    done = level(scene, 0)
    curve = Curves.of_list([[[0, 0], [20, 30], [100, 0]]])
    start = inherit(curve, done, scene.straight(), scene.drawable(), 3)
    assert start[0].tolist() == [[100, 0], [20, 30], [0, 0]]


def test_a_cut_keeps_containers_and_answers() -> None:
    scene = shop()
    near = around(scene, np.array([4]), 1)
    assert [scene.labels[v] for v in near] == ["pg", "cart-0", "cart-1", "pg-0", "bare"]
    part = subset(scene, near)
    assert list(part.labels) == ["shop", "db", "cart", "pg", "cart-0", "cart-1", "pg-0", "bare"]
    assert edges_of(part)["bare", "pg-0", "reads"] == 32
    assert part.chains == ()
    assert part.notes == {5: "crash-exit", 6: "disk-full"}


def test_levels_are_found_by_name_and_number() -> None:
    scene = shop()
    assert depth_named(scene, "workloads") == 1
    assert depth_named(scene, "9") == 2
    with pytest.raises(UsageError, match="namespaces, workloads, pods"):
        depth_named(scene, "estate")
