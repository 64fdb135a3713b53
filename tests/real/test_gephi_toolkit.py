"""What vigie writes, Gephi's own toolkit opens: the same nodes, edges, positions, sizes, colours and curves.

The toolkit (org.gephi:gephi-toolkit, from Maven Central) runs on Java 17; the small reader in `gephi/` prints what
Gephi's importer saw. Skipped, with the reason, where Java, Maven or the toolkit is missing.
"""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.real.conftest import need
from vigie.drawing.draw import draw, read_graph
from vigie.drawing.graphml import write_graphml
from vigie.drawing.records import clean, parse_curve
from vigie.drawing.scene import Curves, Map

pytestmark = pytest.mark.real
PROJECT = Path(__file__).parent / "gephi"


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that prints a graph file as Gephi sees it."""
    for tool in ("java", "mvn"):
        need(shutil.which(tool), f"{tool} is not installed")
    home = tmp_path_factory.mktemp("gephi") / "reader"
    shutil.copytree(PROJECT, home, ignore=shutil.ignore_patterns("target"))
    built = subprocess.run(
        ["mvn", "-q", "-B", "package"], cwd=home, capture_output=True, text=True, timeout=900, check=False
    )
    if built.returncode:
        need("Could not resolve" not in built.stdout + built.stderr, "the toolkit cannot be fetched from here")
    assert built.returncode == 0, built.stdout[-2000:]
    return ["java", "-cp", f"{home / 'target' / 'gephi-reader-1.jar'}:{home / 'target' / 'lib'}/*", "ReadGraph"]


def seen(reader: list[str], path: Path) -> dict[str, list[list[str]]]:
    """The lines that Gephi's importer gives, by their first word."""
    done = subprocess.run([*reader, str(path)], capture_output=True, text=True, timeout=300, check=True)
    lines: dict[str, list[list[str]]] = {"node": [], "edge": [], "issue": []}
    for line in done.stdout.splitlines():
        word, *rest = line.split("\t")
        lines[word].append(rest)
    return lines


def escaped(text: str) -> str:
    for character, name in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(character, name)
    return text


def agree(scene: Map, lines: dict[str, list[list[str]]]) -> None:
    """Assert that Gephi saw this map."""
    assert not [text for level, text in lines["issue"] if level in ("SEVERE", "CRITICAL", "WARNING")]
    nodes = {row[0]: row for row in lines["node"]}
    assert set(nodes) == {escaped(clean(id_)) for id_ in scene.ids}
    for vertex, id_ in enumerate(scene.ids):
        _, label, x, y, size, red, green, blue, kind = nodes[escaped(clean(id_))]
        assert label == escaped(clean(scene.labels[vertex]))
        if scene.position is not None:
            wanted = scene.position[vertex] * (1, -1)
            assert np.allclose([float(x), float(y)], wanted, rtol=1e-6, atol=1e-6)
        if scene.size is not None:
            assert float(size) == pytest.approx(scene.size[vertex], rel=1e-6)
        if scene.colour is not None:
            assert [int(red), int(green), int(blue)] == scene.colour[vertex, :3].tolist()
        assert kind == escaped(clean(scene.kind_names[scene.kind[vertex]]))
    wanted_edges: Counter[tuple[str, str, bool, str]] = Counter()
    weights: Counter[tuple[str, str, bool, str]] = Counter()
    for edge in range(scene.edges):
        ends = [scene.ids[scene.source[edge]], scene.ids[scene.target[edge]]]
        way = bool(scene.directed[edge])
        source, target = (escaped(clean(end)) for end in (ends if way else sorted(ends)))
        key = source, target, way, escaped(clean(scene.type_names[scene.type[edge]]))
        wanted_edges[key] += 1
        weights[key] += float(scene.edge_weight[edge])
    assert max(wanted_edges.values()) == 1, "the sample must not hold parallel edges of one type, which Gephi merges"
    for source, target, directed, weight, name, _ in lines["edge"]:
        way = directed == "true"
        ends = [source, target] if way else sorted((source, target))
        key = ends[0], ends[1], way, name
        assert wanted_edges.pop(key) == 1
        assert float(weight) == pytest.approx(weights[key])
    assert not wanted_edges


def sample() -> Map:
    """Two kinds of edges in both directions, mixed with undirected ones; names that attack a reader."""
    rng = np.random.default_rng(5)
    count = 60
    found = {(int(s), int(t)) for s, t in rng.integers(0, count, (150, 2)) if s != t} | {
        (1, 2),
        (2, 1),
        (13, 8),
        (8, 13),
    }
    # Gephi adds up an undirected edge and a directed one between the same two nodes, so there is never both.
    pairs = sorted((s, t) for s, t in found if (t, s) not in found or (s % 5 and t % 5))
    return Map(
        labels=[f"pod-{v} <&\"'> \u00e9\u6f22" for v in range(count)],
        ids=[f"shop/pod-{v}&<{v}>" for v in range(count)],
        kind=np.arange(count) % 2,
        kind_names=("Pod", "Node"),
        source=np.array([s for s, _ in pairs]),
        target=np.array([t for _, t in pairs]),
        type=np.array([(s + t) % 2 for s, t in pairs]),
        type_names=("calls", "reads & writes"),
        directed=np.array([s % 5 > 0 for s, _ in pairs]),
        edge_weight=rng.random(len(pairs)) * 10 + 0.1,
        position=rng.normal(0, 400, (count, 2)),
        size=rng.random(count) * 20 + 1,
        colour=rng.integers(0, 256, (count, 4)).astype(np.uint8),
        severity=np.arange(count) % 5,
        notes={7: "crash-exit\n<b>"},
    )


def test_a_drawn_gexf_opens_with_the_same_graph_and_curves(reader: list[str], tmp_path: Path) -> None:
    scene = sample()
    path = tmp_path / "map.gexf"
    draw(scene, path)
    lines = seen(reader, path)
    both_ways = {(int(s), int(t)) for s, t in zip(scene.source, scene.target, strict=True)}
    assert any((t, s) in both_ways for s, t in both_ways)
    agree(scene, lines)
    again = read_graph(path)
    assert again.curves is not None
    known = {
        (
            again.ids[again.source[edge]],
            again.ids[again.target[edge]],
            again.type_names[again.type[edge]],
        ): again.curves.of(edge)
        for edge in range(again.edges)
    }
    compared = 0
    for source, target, directed, _, name, curve in lines["edge"]:
        if directed == "true":
            points = parse_curve(curve, "Gephi") * (1, -1)
            assert np.array_equal(points, known[source, target, name])
            compared += 1
    assert compared > 50


def test_the_airlines_open_at_their_places(reader: list[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = rng.random((400, 4)) * (900, 500, 900, 500)
    (tmp_path / "edges.csv").write_text("x1,y1,x2,y2\n" + "\n".join(",".join(map(repr, row)) for row in rows.tolist()))
    scene = read_graph(tmp_path / "edges.csv")
    draw(scene, tmp_path / "edges.gexf")
    agree(scene, seen(reader, tmp_path / "edges.gexf"))


def test_graphml_opens_with_the_same_graph(reader: list[str], tmp_path: Path) -> None:
    scene = sample().with_(type=np.zeros(sample().edges, dtype=np.int64), type_names=("",))
    scene = scene.with_(directed=np.ones(scene.edges, dtype=bool), curves=Curves.of_list([None] * scene.edges))
    write_graphml(scene, tmp_path / "map.graphml")
    agree(scene, seen(reader, tmp_path / "map.graphml"))
