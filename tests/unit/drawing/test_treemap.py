"""The treemap: areas, containment, shape, and stillness under churn."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.drawing.scene import Floats, Map
from vigie.drawing.treemap import treemap
from vigie.model.errors import VigieError


def cluster(zones: int, nodes: int, pods: int, seed: int) -> Map:
    rng = np.random.default_rng(seed)
    labels = (
        [f"zone-{i}" for i in range(zones)] + [f"node-{i}" for i in range(nodes)] + [f"pod-{i}" for i in range(pods)]
    )
    parent = np.concatenate((np.full(zones, -1), rng.integers(0, zones, nodes), zones + rng.integers(0, nodes, pods)))
    return Map(labels=labels, parent=parent)


def boxes(scene: Map) -> Floats:
    assert scene.box is not None
    return scene.box


@given(st.integers(1, 4), st.integers(1, 30), st.integers(0, 120), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_children_lie_in_their_parent_and_beside_each_other(zones: int, nodes: int, pods: int, seed: int) -> None:
    scene = treemap(cluster(zones, nodes, pods, seed))
    box = boxes(scene)
    inside = np.flatnonzero(scene.parent >= 0)
    outer = box[scene.parent[inside]]
    low, high = box[inside, :2], box[inside, :2] + box[inside, 2:]
    assert (low >= outer[:, :2] - 1e-6).all()
    assert (high <= outer[:, :2] + outer[:, 2:] + 1e-6).all()
    for parent in np.unique(scene.parent):
        members = np.flatnonzero(scene.parent == parent)
        for one in members:
            for other in members[members > one]:
                apart = np.minimum(box[one, :2] + box[one, 2:], box[other, :2] + box[other, 2:])
                shared = apart - np.maximum(box[one, :2], box[other, :2])
                assert shared.min() < 1e-6


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_areas_are_exact_when_nothing_is_rounded(weights: list[float]) -> None:
    scene = treemap(Map(labels=[f"v{i:03d}" for i in range(len(weights))], weight=np.array(weights)))
    box = boxes(scene)
    area = box[:, 2] * box[:, 3]
    assert area == pytest.approx(np.array(weights) / sum(weights) * 1000 * 625, rel=1e-6)


def test_siblings_are_ordered_by_class_of_size_and_then_by_name() -> None:
    weight = np.array([1.0, 1.1, 0.9, 1.0, 100.0, 1.0])
    box = boxes(treemap(Map(labels=list("fedcba"), weight=weight)))
    assert box[4, :2].tolist() == [0, 0]
    assert box[4, 2] * box[4, 3] == pytest.approx(1000 * 625 * 100 / 105)
    rest = [0, 1, 2, 3, 5]
    path = [box[v, :2] for v in sorted(rest, key=lambda v: "fedcba"[v])]
    steps = [np.hypot(*(one - other)) for one, other in pairwise(path)]
    assert max(steps) < 2.1 * box[rest, 2:].max()


def test_boxes_of_equals_are_near_squares() -> None:
    box = boxes(treemap(Map(labels=[f"v{i:04d}" for i in range(1500)])))
    ratio = np.maximum(box[:, 2] / box[:, 3], box[:, 3] / box[:, 2])
    assert np.median(ratio) < 1.3
    assert ratio.max() < 3


def test_the_order_of_the_input_does_not_matter() -> None:
    scene = cluster(3, 40, 500, 1)
    order = np.random.default_rng(2).permutation(scene.vertices)
    place = np.argsort(order)
    parent = scene.parent[order]
    shuffled = Map(labels=[scene.labels[v] for v in order], parent=np.where(parent >= 0, place[parent], -1))
    assert np.array_equal(boxes(treemap(scene))[order], boxes(treemap(shuffled)))


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_churn_moves_the_survivors_little(share: float) -> None:
    before = cluster(3, 300, 9000, 3)
    rng = np.random.default_rng(4)
    gone = (before.parent >= 3) & (rng.random(before.vertices) < share)
    kept = np.flatnonzero(~gone)
    place = np.full(before.vertices + 1, -1)
    place[kept] = np.arange(len(kept))
    after = Map(labels=[before.labels[v] for v in kept], parent=place[before.parent[kept]])
    one, other = treemap(before).position, treemap(after).position
    assert one is not None
    assert other is not None
    moved = np.hypot(*(one[kept] - other).T)
    assert moved.mean() < 1000 * 0.03
    assert np.median(moved) < 1000 * 0.015


def test_one_pod_more_moves_no_node_by_more_than_its_share() -> None:
    labels = [f"n{i:02d}" for i in range(40)] + [f"p{i:04d}" for i in range(1200)]
    before = Map(labels=labels, parent=np.array([-1] * 40 + list(range(40)) * 30))
    after = Map(labels=[*labels, "p1200"], parent=np.append(before.parent, 0))
    moved = np.abs(boxes(treemap(before))[:40] - boxes(treemap(after))[:40])
    assert moved.max() < 1000 / 30 / 4


def test_nothing_and_one_are_laid_out() -> None:
    assert boxes(treemap(Map(labels=[]))).shape == (0, 4)
    assert boxes(treemap(Map(labels=["a"]))).tolist() == [[0, 0, 1000, 625]]
    assert np.isfinite(boxes(treemap(Map(labels=["a", "b"], weight=np.zeros(2))))).all()
    with pytest.raises(VigieError, match="no area"):
        treemap(Map(labels=["a"]), width=0)
