"""The force layout of small graphs."""

import numpy as np
import pytest

from vigie.drawing.forces import EXACT, components, force_layout
from vigie.drawing.scene import Floats, Map


def placed(scene: Map, seed: int = 0) -> Floats:
    position = force_layout(scene, seed=seed).position
    assert position is not None
    assert np.isfinite(position).all()
    return position


def ring(count: int) -> Map:
    return Map(labels=[str(i) for i in range(count)], source=np.arange(count), target=(np.arange(count) + 1) % count)


@pytest.mark.parametrize("count", [3, 30, EXACT + 50])
def test_neighbours_end_up_nearer_than_strangers(count: int) -> None:
    scene = ring(count)
    position = placed(scene)
    near = np.hypot(*(position[scene.source] - position[scene.target]).T).mean()
    far = np.hypot(*(position - position[np.random.default_rng(0).permutation(count)]).T).mean()
    assert near < far or count == 3


def test_the_same_seed_gives_the_same_positions() -> None:
    assert np.array_equal(placed(ring(40), 5), placed(ring(40), 5))
    assert not np.array_equal(placed(ring(40), 5), placed(ring(40), 6))


def test_parts_are_packed_apart() -> None:
    scene = Map(labels=list("abcdefg"), source=np.array([0, 1, 3, 4]), target=np.array([1, 2, 4, 5]))
    position = placed(scene)
    one, other = position[:3], position[3:6]
    assert (one.max(axis=0) < other.min(axis=0)).any() or (other.max(axis=0) < one.min(axis=0)).any()
    assert len(np.unique(position, axis=0)) == 7


def test_self_loops_and_double_edges_do_no_harm() -> None:
    position = placed(Map(labels=["a", "b"], source=np.array([0, 0, 0, 1]), target=np.array([0, 1, 1, 0])))
    assert np.hypot(*(position[0] - position[1])) > 1


def test_components_are_numbered_by_first_appearance() -> None:
    assert components(5, np.array([4, 2]), np.array([0, 1])).tolist() == [0, 1, 1, 2, 0]
