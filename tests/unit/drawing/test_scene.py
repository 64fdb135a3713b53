"""The neutral map: defaults, checks, curves."""

import numpy as np
import pytest

from vigie.drawing.scene import Chain, Curves, Map
from vigie.model.errors import VigieError


def test_defaults_are_filled_in() -> None:
    scene = Map(labels=["a", "b"], source=[0], target=[1])  # type: ignore[arg-type]
    assert scene.ids == ["a", "b"]
    assert scene.directed.tolist() == [True]
    assert scene.edge_weight.tolist() == [1.0]
    assert scene.parent.tolist() == [-1, -1]
    assert Map(labels=["a", "a"]).ids == ["0", "1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": [2]}, "target holds an index outside 0..1"),
        ({"edge_weight": [np.nan]}, "edge_weight holds a value that is negative or not a number"),
        ({"weight": [1.0, -1.0]}, "weight holds a value"),
        ({"kind": [0]}, r"kind has shape \(1,\), not \(2,\)"),
        ({"severity": [0, 5]}, "severity holds an index"),
        ({"position": np.array([[0, 0], [np.inf, 0]])}, "a position is infinite"),
        ({"position": np.zeros((3, 2))}, "position has shape"),
        ({"curves": Curves.of_list([])}, "0 curves for 1 edges"),
        ({"chains": (Chain((0, 7)),)}, "chain holds an index"),
        ({"ids": ["x"]}, "1 ids for 2 vertices"),
    ],
)
def test_what_cannot_be_right_is_said(change: dict[str, object], words: str) -> None:
    with pytest.raises(VigieError, match=words):
        Map(**({"labels": ["a", "b"], "source": [0], "target": [1]} | change))  # type: ignore[arg-type]


def test_containment_that_is_a_loop_is_refused() -> None:
    scene = Map(labels=["a", "b"], parent=np.array([1, 0]))
    with pytest.raises(VigieError, match="a loop"):
        scene.depth()


def test_only_edges_between_two_placed_places_are_drawable() -> None:
    position = np.array([[0.0, 0], [1, 1], [np.nan, 0]])
    scene = Map(labels=["a", "b", "c"], source=np.array([0, 0, 1]), target=np.array([1, 2, 1]), position=position)
    assert scene.drawable().tolist() == [0]
    assert scene.straight().tolist() == [[0, 0, 1, 1]]


def test_curves_of_an_array_find_their_edges_whatever_the_order() -> None:
    points = np.arange(12, dtype=float).reshape(2, 3, 2)
    curves = Curves.of_array(points, np.array([3, 1]), 5)
    assert curves.edges == 5
    assert np.array_equal(curves.of(3), points[0])
    assert np.array_equal(curves.of(1), points[1])
    assert len(curves.of(0)) == 0


def test_segments_join_points_of_one_edge_only() -> None:
    curves = Curves.of_list([[[0, 0], [1, 0], [2, 0]], None, [[5, 5], [6, 6]]])
    pieces, edge, course = curves.segments()
    assert pieces.tolist() == [[0, 0, 1, 0], [1, 0, 2, 0], [5, 5, 6, 6]]
    assert edge.tolist() == [0, 0, 2]
    assert course == pytest.approx([0.25, 0.75, 0.5])
