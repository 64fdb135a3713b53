"""SVG pictures and the simplification of curves."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drawing.samples import HOSTILE, grid, small
from vigie.drawing.picture import RENDERERS, Style
from vigie.drawing.records import clean
from vigie.drawing.scene import Curves
from vigie.drawing.simplify import simplify
from vigie.drawing.vector import svg

NAME = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # our own output, made two lines above


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_edge_is_a_polyline(renderer: str, theme: str) -> None:
    tree = parsed(svg(grid(types=3), Style(width=640, height=480, renderer=renderer, theme=theme), {"edges": 36}))
    group = next(g for g in tree.iter(f"{NAME}g"))
    lines = list(group.iter(f"{NAME}polyline"))
    assert len(lines) >= 36
    for one in lines:
        points = np.array([point.split(",") for point in one.attrib["points"].split()], dtype=float)
        assert len(points) >= 2
        assert (points >= 0).all()
        assert (points[:, 0] <= 640).all()


def test_strokes_refer_to_gradients_that_are_there() -> None:
    tree = parsed(svg(grid(), Style()))
    known = {one.attrib["id"] for one in tree.iter(f"{NAME}linearGradient")}
    used = {
        one.attrib["stroke"][5:-1] for one in tree.iter(f"{NAME}polyline") if one.attrib["stroke"].startswith("url(#")
    }
    assert used
    assert used <= known


def test_hostile_text_stays_text() -> None:
    text = svg(small(), Style(), {"note": HOSTILE})
    tree = parsed(text)
    assert not list(tree.iter(f"{NAME}script"))
    assert "<script>" not in text
    titles = [one.text or "" for one in tree.iter(f"{NAME}title")]
    assert titles[0] == clean(HOSTILE.strip()).replace("\r", "\n")
    assert not any(key.startswith("on") or "href" in key for one in tree.iter() for key in one.attrib)


def test_an_answer_is_drawn_and_named() -> None:
    words = {one.text for one in parsed(svg(grid(chain=True), Style())).iter(f"{NAME}text")}
    assert {"service-00", "service-08", "service-30", "calls", "mounts"} <= words


def test_heavy_edges_are_wide_and_lie_on_top() -> None:
    scene = grid()
    weight = np.ones(scene.edges)
    weight[5] = 40
    group = next(parsed(svg(scene.with_(edge_weight=weight), Style(thickness=1.0))).iter(f"{NAME}g"))
    widths = [float(one.attrib["stroke-width"]) for one in group.iter(f"{NAME}polyline")]
    assert widths[-1] == pytest.approx(40**0.5, abs=0.01)
    assert set(widths[:-1]) == {1.0}


@given(
    st.lists(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=20), min_size=1, max_size=5)
)
@settings(max_examples=50, deadline=None)
def test_simplified_curves_keep_ends_and_stay_near(lines: list[list[tuple[float, float]]]) -> None:
    curves = Curves.of_list(lines)
    thin = simplify(curves, 2.0)
    for edge in range(curves.edges):
        before, after = curves.of(edge), thin.of(edge)
        assert np.array_equal(before[[0, -1]], after[[0, -1]])
        for point in before:
            one, other = after[:-1], after[1:]
            way = other - one
            share = np.clip(((point - one) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-300), 0, 1)
            assert np.hypot(*(one + share[:, None] * way - point).T).min() <= 2.0 + 1e-9


def test_points_on_a_line_go_and_corners_stay() -> None:
    curves = Curves.of_list([[[0, 0], [1, 0], [2, 0], [2, 1], [2, 2]], None, [[5, 5], [6, 6]]])
    thin = simplify(curves, 0.1)
    assert thin.of(0).tolist() == [[0, 0], [2, 0], [2, 2]]
    assert len(thin.of(1)) == 0
    assert thin.of(2).tolist() == [[5, 5], [6, 6]]
