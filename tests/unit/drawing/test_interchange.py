"""GEXF, GraphML, CSV and GeoJSON: what is written is read again, and what is broken is said in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drawing.samples import grid, small
from vigie.drawing.draw import read_graph
from vigie.drawing.geojson import write_geojson
from vigie.drawing.gexf import read_gexf, write_gexf
from vigie.drawing.graphml import read_graphml, write_graphml
from vigie.drawing.records import clean, safe_ids
from vigie.drawing.scene import Curves, Map
from vigie.model.errors import UsageError, VigieError

FORMATS = [
    pytest.param(write_gexf, read_gexf, "map.gexf", id="gexf"),
    pytest.param(write_graphml, read_graphml, "map.graphml", id="graphml"),
]


def same(one: Map, other: Map) -> None:
    """Assert that two maps are equal, whatever numbers their kinds and types have."""
    assert [clean(label) for label in one.labels] == list(other.labels)
    assert safe_ids(one) == list(other.ids)
    for names, other_names, numbers, other_numbers in (
        (one.kind_names, other.kind_names, one.kind, other.kind),
        (one.type_names, other.type_names, one.type, other.type),
    ):
        assert [clean(names[n]) for n in numbers] == [other_names[n] for n in other_numbers]
    for name in ("parent", "weight", "severity", "source", "target", "edge_weight", "directed", "members"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("position", "box", "size", "colour"):
        left, right = getattr(one, name), getattr(other, name)
        assert (left is None) == (right is None), name
        if left is not None:
            assert np.array_equal(left, right, equal_nan=left.dtype.kind == "f"), name
    assert {v: clean(note) for v, note in one.notes.items()} == dict(other.notes)
    assert (one.curves is None) == (other.curves is None)
    if one.curves is not None and other.curves is not None:
        assert np.array_equal(one.curves.points, other.curves.points)
        assert np.array_equal(one.curves.offset, other.curves.offset)


@pytest.mark.parametrize(("write", "read", "name"), FORMATS)
@pytest.mark.parametrize(
    "scene", [small(), grid(), Map(labels=[]), Map(labels=["alone"])], ids=["all", "plain", "empty", "one"]
)
def test_what_is_written_is_read_again(
    write: Callable[[Map, Path], None], read: Callable[[Path], Map], name: str, scene: Map, tmp_path: Path
) -> None:
    path = tmp_path / name
    write(scene, path)
    again = read(path)
    same(scene, again)
    write(again, tmp_path / f"again-{name}")
    assert (tmp_path / f"again-{name}").read_bytes().count(b"<node ") == scene.vertices


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)


@pytest.mark.parametrize(("write", "read", "name"), FORMATS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_text_and_number_survives(
    write: Callable[[Map, Path], None],
    read: Callable[[Path], Map],
    name: str,
    data: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    labels = data.draw(st.lists(st.text(max_size=8), min_size=2, max_size=5))
    count = len(labels)
    ends = data.draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), min_size=1, max_size=5))
    scene = Map(
        labels=labels,
        source=np.array([s for s, _ in ends]),
        target=np.array([t for _, t in ends]),
        edge_weight=np.array(data.draw(st.lists(st.floats(0, 1e300), min_size=len(ends), max_size=len(ends)))),
        position=np.array(data.draw(st.lists(st.tuples(numbers, numbers), min_size=count, max_size=count))),
        curves=Curves.of_list([data.draw(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=4)) for _ in ends]),
    )
    path = tmp_path_factory.mktemp("any") / name
    write(scene, path)
    same(scene, read(path))


def test_gephi_gexf_with_nested_nodes_and_defaults(tmp_path: Path) -> None:
    path = tmp_path / "g.gexf"
    path.write_text(
        '<?xml version="1.0"?><gexf xmlns="http://www.gexf.net/1.2draft" '
        'xmlns:v="http://www.gexf.net/1.2draft/viz" version="1.2">'
        '<graph defaultedgetype="undirected"><nodes count="1000000000"><node id="0"><v:position x="1" y="2"/>'
        '<v:color hex="#ff8000"/><nodes><node id="1" label="in"/></nodes></node></nodes>'
        '<edges count="1000000000"><edge source="0" target="1"/>'
        '<edge source="1" target="0" type="directed" weight="2"/>'
        "</edges></graph></gexf>"
    )
    scene = read_gexf(path)
    assert scene.parent.tolist() == [-1, 0]
    assert scene.directed.tolist() == [False, True]
    assert list(scene.labels) == ["0", "in"]
    assert scene.position is not None
    assert scene.position[0].tolist() == [1, -2]
    assert scene.colour is not None
    assert scene.colour[0].tolist() == [255, 128, 0, 255]


def test_yed_shapes_and_bends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "y.graphml"
    path.write_text(
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">'
        '<key id="d0" for="node" yfiles.type="nodegraphics"/><key id="d1" for="edge" yfiles.type="edgegraphics"/>'
        '<graph edgedefault="directed">'
        '<node id="a"><data key="d0"><y:ShapeNode><y:Geometry x="0" y="10" width="20" height="4"/>'
        '<y:Fill color="#FFCC00"/>'
        "<y:NodeLabel>cart</y:NodeLabel></y:ShapeNode></data></node>"
        '<node id="b"><data key="d0"><y:ShapeNode><y:Geometry x="100" y="10" width="20" height="4"/>'
        "</y:ShapeNode></data></node>"
        '<edge source="a" target="b"><data key="d1"><y:PolyLineEdge><y:Path sx="0" sy="0" tx="0" ty="0">'
        '<y:Point x="60" y="40"/></y:Path></y:PolyLineEdge></data></edge></graph></graphml>'
    )
    scene = read_graphml(path)
    assert list(scene.labels) == ["cart", "b"]
    assert scene.position is not None
    assert scene.position.tolist() == [[10, 12], [110, 12]]
    assert scene.curves is not None
    assert scene.curves.of(0).tolist() == [[10, 12], [60, 40], [110, 12]]


BOMB = '<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><gexf><graph>&b;</graph></gexf>'


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.gexf", "<gexf><graph>", r"a.gexf:1: not well-formed XML"),
        ("a.gexf", "", "not well-formed XML: no element found"),
        ("a.gexf", "<html/>", "starts with <html>, not <gexf>"),
        ("a.gexf", BOMB, "document type declaration is not accepted"),
        ("a.graphml", BOMB.replace("gexf", "graphml"), "document type declaration is not accepted"),
        (
            "a.gexf",
            '<gexf><nodes><node id="a"><position x="NaN" y="1"/></node></nodes></gexf>',
            "x is not a finite number",
        ),
        (
            "a.gexf",
            '<gexf><nodes><node id="a"><position x="1e999" y="1"/></node></nodes></gexf>',
            "not a finite number",
        ),
        ("a.gexf", '<gexf><nodes><node id="a"/><node id="a"/></nodes></gexf>', "the node 'a' is there twice"),
        ("a.gexf", '<gexf><edges><edge source="a" target="b"/></edges></gexf>', "the source 'a' is no node"),
        ("a.gexf", '<gexf><nodes><node label="x"/></nodes></gexf>', "a <node> has no id"),
        (
            "a.gexf",
            '<gexf><nodes><node id="a"/></nodes><edges><edge source="a" target="a" weight="-1"/></edges></gexf>',
            "negative",
        ),
        ("a.graphml", "<gexf/>", "starts with <gexf>, not <graphml>"),
        (
            "a.graphml",
            '<graphml><graph><node id="a"><data key="x">ten</data></node></graph></graphml>',
            "x is not a number: 'ten'",
        ),
        ("a.csv", "", "there is no line in it"),
        ("a.csv", "a,b\nc,d\n", "names neither source,target nor x1,y1,x2,y2"),
        ("a.csv", "1,2\n3,4\n", "the columns have no names"),
        ("a.csv", "1,2,3,4\n1,2,nan,4\n", r"a.csv:2: x2 is not a finite number"),
        ("a.csv", "1,2,3,4\n1,2,3\n", r"a.csv:2: the line has 3 columns, not 4"),
        ("a.csv", "source,target,weight\na,b,x\n", r"a.csv:2: weight is not a number: 'x'"),
        ("a.csv", "source,target,weight\na,b,-1\n", r"a.csv:2: a weight is negative"),
    ],
)
def test_broken_files_are_said_in_one_line(name: str, text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(VigieError, match=words) as caught:
        read_graph(path)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "a.gexf", "a.graphml"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00\xd8\x00\xd8")
        with pytest.raises(VigieError):
            read_graph(tmp_path / name)


def test_other_files_and_missing_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no graph that can be read"):
        read_graph(tmp_path / "a.dot")
    with pytest.raises(VigieError, match="cannot be read"):
        read_graph(tmp_path / "none.gexf")
    with pytest.raises(VigieError, match="cannot be read"):
        read_graph(tmp_path / "none.csv")
    with pytest.raises(VigieError, match="cannot be written"):
        write_gexf(grid(), tmp_path / "no" / "a.gexf")


def test_csv_of_coordinates_joins_equal_ends(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("0,0,10,5\n10,5,20,0\n\n0,0,0,0\n")
    scene = read_graph(path)
    assert scene.vertices == 3
    assert scene.position is not None
    assert scene.straight().tolist() == [[0, 0, 10, -5], [10, -5, 20, 0]]
    assert scene.title == "e"


def test_csv_of_names_takes_weights_types_and_aliases(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text('\ufefffrom;to;count;kind\ncart;db;3;calls\n"a;b";db;1;reads\n')
    scene = read_graph(path)
    assert list(scene.labels) == ["cart", "a;b", "db"]
    assert scene.edge_weight.tolist() == [3, 1]
    assert [scene.type_names[t] for t in scene.type] == ["calls", "reads"]


def test_geojson_is_in_the_world_and_says_how(tmp_path: Path) -> None:
    path = tmp_path / "m.geojson"
    scene = grid()
    write_geojson(scene, path)
    document = json.loads(path.read_text())
    points = [f for f in document["features"] if f["geometry"]["type"] == "Point"]
    lines = [f for f in document["features"] if f["geometry"]["type"] == "LineString"]
    assert len(points) == scene.vertices
    assert len(lines) == scene.edges
    every = np.array([p["geometry"]["coordinates"] for p in points])
    assert np.abs(every[:, 0]).max() <= 180
    assert np.abs(every[:, 1]).max() <= 90
    scale, shift = document["vigie"]["scale"], document["vigie"]["shift"]
    assert scene.position is not None
    assert np.allclose((every - shift) / scale, scene.position * (1, -1))
    assert lines[0]["properties"]["source"] == "service-00"
