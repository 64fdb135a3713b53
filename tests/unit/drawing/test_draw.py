"""From a map to each kind of file, with the figures beside it."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.unit.drawing.samples import grid
from tests.unit.drawing.test_levels import shop
from vigie.drawing.binary import unpack_levels
from vigie.drawing.draw import SUFFIXES, draw, read_graph
from vigie.drawing.picture import Style
from vigie.drawing.scene import Curves, Map
from vigie.model.errors import UsageError, VigieError


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_is_drawn_with_its_figures(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"map{suffix}"
    figures = draw(grid(), path, style=Style(width=400, height=300))
    assert path.stat().st_size > 500
    assert json.loads((tmp_path / "map.figures.json").read_text()) == json.loads(json.dumps(figures, default=float))
    assert figures["edges"] == 36
    assert figures["solver"] == "stable"
    assert figures["layout"] == "given"
    for name in (
        "compatiblePairs",
        "inkRatio",
        "distortion",
        "density",
        "ambiguity",
        "cpuSeconds",
        "memoryBytes",
        "seed",
    ):
        assert name in figures, name


@pytest.mark.parametrize("suffix", [".gexf", ".graphml"])
def test_a_bundled_graph_is_read_again_with_its_curves(suffix: str, tmp_path: Path) -> None:
    scene = grid()
    draw(scene, tmp_path / f"map{suffix}", beside=False)
    again = read_graph(tmp_path / f"map{suffix}")
    assert again.curves is not None
    assert again.position is not None
    assert scene.position is not None
    assert np.array_equal(again.position, scene.position)
    for edge in range(scene.edges):
        ends = again.curves.of(edge)[[0, -1]]
        assert np.array_equal(ends, scene.position[[scene.source[edge], scene.target[edge]]])
    assert not list(tmp_path.glob("*.json"))
    figures = draw(again, tmp_path / "again.svg")
    assert figures["solver"] == "given"


def test_a_page_has_every_level_and_they_agree(tmp_path: Path) -> None:
    figures = draw(shop(), tmp_path / "shop.html")
    assert [one["name"] for one in figures["levels"]] == ["namespaces", "workloads", "pods"]
    assert figures["layout"] == "treemap"
    text = (tmp_path / "shop.html").read_text()
    packed = re.search(r'id="levels"[^>]*>([^<]+)<', text)
    assert packed
    levels = unpack_levels(base64.b64decode(packed[1]))
    assert [scene.vertices for scene in levels] == [2, 6, 11]
    coarse, fine = levels[0].box, levels[2].box
    assert coarse is not None
    assert fine is not None
    assert np.allclose(coarse, fine[:2], atol=0.1)


def test_a_level_and_a_focus_cut_the_map(tmp_path: Path) -> None:
    assert draw(shop(), tmp_path / "a.svg", level="namespaces")["vertices"] == 2
    assert draw(shop(), tmp_path / "a.svg", level="workloads")["lines"] == 4
    figures = draw(shop(), tmp_path / "b.svg", focus=[9], hops=1)
    assert figures["vertices"] == 8
    assert "web" not in (tmp_path / "b.svg").read_text()


def test_graphs_without_places_are_laid_out_by_forces(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("source,target\n" + "".join(f"a{i},a{(i * 7) % 20}\n" for i in range(20)))
    figures = draw(read_graph(tmp_path / "e.csv"), tmp_path / "e.png", style=Style(width=400, height=300))
    assert figures["layout"] == "forces"
    assert figures["selfLoops"] == 2


@pytest.mark.parametrize(
    "scene",
    [
        Map(labels=[]),
        Map(labels=["a"]),
        Map(labels=["a"], source=np.array([0]), target=np.array([0])),
        Map(labels=["a", "b"], source=np.array([0]), target=np.array([1])),
        Map(labels=["a", "b"], source=np.array([0]), target=np.array([1]), position=np.zeros((2, 2))),
        Map(labels=["a", "b"], source=np.array([0]), target=np.array([1]), position=np.array([[0, 0], [np.nan, 1]])),
        Map(
            labels=["a", "b"], source=np.zeros(40, int), target=np.ones(40, int), position=np.array([[0.0, 0], [9, 9]])
        ),
    ],
    ids=["nothing", "one vertex", "a loop", "one edge", "one place", "unplaced", "all equal"],
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_hardly_anything_is_drawn_too(scene: Map, suffix: str, tmp_path: Path) -> None:
    draw(scene, tmp_path / f"a{suffix}", style=Style(width=320, height=240))
    assert (tmp_path / f"a{suffix}").stat().st_size > 50


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot draw to 'a\.bmp'"):
        draw(grid(), tmp_path / "a.bmp")
    with pytest.raises(VigieError, match="position holds a number beyond"):
        draw(grid().with_(position=np.full((36, 2), 1e200)), tmp_path / "a.svg")
    with pytest.raises(VigieError, match="edge_weight holds a number beyond"):
        draw(grid().with_(edge_weight=np.full(36, 1e300)), tmp_path / "a.svg")
    with pytest.raises(UsageError, match="no layout"):
        draw(grid(), tmp_path / "a.svg", layout="magic")
    with pytest.raises(VigieError, match="cannot be written"):
        draw(grid().with_(curves=Curves.of_list([None] * 36)), tmp_path / "no" / "a.png")
