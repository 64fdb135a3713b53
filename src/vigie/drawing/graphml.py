"""GraphML both ways (specification: graphml.graphdrawing.org), with the keys of Gephi; yEd's shapes are read."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from vigie.drawing.gexf import parse_colour
from vigie.drawing.records import (
    Edge,
    Records,
    Vertex,
    clean,
    format_box,
    format_curve,
    parse_box,
    parse_curve,
    safe_ids,
)
from vigie.drawing.scene import SEVERITIES, Map
from vigie.drawing.xmlread import Parser, finite
from vigie.model.errors import VigieError

NODE_KEYS = (
    ("label", "string"),
    ("x", "double"),
    ("y", "double"),
    ("size", "double"),
    ("r", "int"),
    ("g", "int"),
    ("b", "int"),
    ("alpha", "double"),
    ("kind", "string"),
    ("parent", "string"),
    ("weight", "double"),
    ("severity", "string"),
    ("note", "string"),
    ("box", "string"),
)
EDGE_KEYS = (("weight", "double"), ("type", "string"), ("members", "long"), ("curve", "string"))


def write_graphml(scene: Map, path: Path) -> None:
    """Write the map; y points up in the file. Raises VigieError if the file cannot be written."""
    keys = [("node", *key) for key in NODE_KEYS] + [("edge", *key) for key in EDGE_KEYS]
    ids = safe_ids(scene)
    try:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(
                '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
            )
            for owner, name, type_ in keys:
                stream.write(f'<key id="{owner[0]}-{name}" for="{owner}" attr.name="{name}" attr.type="{type_}"/>\n')
            stream.write(f'<graph id={quoteattr(clean(scene.title) or "vigie")} edgedefault="directed">\n')
            stream.writelines(_node(scene, ids, vertex) for vertex in range(scene.vertices))
            stream.writelines(_edge(scene, ids, edge) for edge in range(scene.edges))
            stream.write("</graph>\n</graphml>\n")
    except OSError as error:
        raise VigieError(f"cannot be written: {error.strerror}", where=str(path), fix="check the folder") from None


def _data(owner: str, values: Mapping[str, str]) -> str:
    return "".join(
        f'<data key="{owner}-{name}">{escape(clean(value), {chr(13): "&#13;"})}</data>'
        for name, value in values.items()
    )


def _node(scene: Map, ids: list[str], vertex: int) -> str:
    values = {"label": scene.labels[vertex]}
    if scene.position is not None and np.isfinite(scene.position[vertex]).all():
        x, y = scene.position[vertex].tolist()
        values |= {"x": repr(x), "y": repr(0.0 - y)}
    if scene.size is not None:
        values["size"] = repr(float(scene.size[vertex]))
    if scene.colour is not None:
        red, green, blue, alpha = scene.colour[vertex].tolist()
        values |= {"r": str(red), "g": str(green), "b": str(blue), "alpha": repr(alpha / 255)}
    if name := scene.kind_names[scene.kind[vertex]]:
        values["kind"] = name
    if scene.parent[vertex] >= 0:
        values["parent"] = ids[scene.parent[vertex]]
    if scene.weight[vertex] != 1:
        values["weight"] = repr(float(scene.weight[vertex]))
    if scene.severity[vertex]:
        values["severity"] = SEVERITIES[scene.severity[vertex]]
    if note := scene.notes.get(vertex):
        values["note"] = note
    if scene.box is not None:
        values["box"] = format_box(scene.box[vertex])
    return f"<node id={quoteattr(ids[vertex])}>{_data('n', values)}</node>\n"


def _edge(scene: Map, ids: list[str], edge: int) -> str:
    values = {"weight": repr(float(scene.edge_weight[edge]))}
    if name := scene.type_names[scene.type[edge]]:
        values["type"] = name
    if scene.members[edge] != 1:
        values["members"] = str(int(scene.members[edge]))
    if scene.curves is not None and len(points := scene.curves.of(edge)) >= 2:
        values["curve"] = format_curve(points)
    source, target = ids[scene.source[edge]], ids[scene.target[edge]]
    way = "" if scene.directed[edge] else ' directed="false"'
    return (
        f'<edge id="e{edge}" source={quoteattr(source)} target={quoteattr(target)}{way}>{_data("e", values)}</edge>\n'
    )


def read_graphml(path: Path) -> Map:
    """Read GraphML from vigie, Gephi, networkx or yEd. Raises VigieError, with the line, for what cannot be right."""
    reader = _Reader(path)
    reader.parser.read(path)
    if not reader.root:
        raise VigieError("there is no <graphml> element", where=str(path), fix="give a GraphML file")
    return reader.records.map()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.records = Records(str(path))
        self.parser = Parser(str(path), self.start, self.end)
        self.root = False
        self.names: dict[str, str] = {}
        self.directed = True
        self.open: list[Vertex] = []
        self.edge: Edge | None = None
        self.key = ""
        self.numbers: dict[str, float] = {}
        self.bends: list[tuple[float, float]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        here = self.parser.here
        if name == "graphml":
            self.root = True
        elif not self.root:
            raise VigieError(f"the file starts with <{name:.40}>, not <graphml>", where=here, fix="give a GraphML file")
        elif name == "key":
            self.names[attributes.get("id", "")] = attributes.get("attr.name", attributes.get("id", "")).lower()
        elif name == "graph":
            if not self.open:
                self.directed = attributes.get("edgedefault", "directed") == "directed"
                self.records.title = "" if attributes.get("id", "vigie") in ("vigie", "G") else attributes["id"]
        elif name == "node":
            id_ = self._get(attributes, "id", name)
            vertex = Vertex(id_, id_, parent=self.open[-1].id if self.open else "")
            self.records.vertices.append(vertex)
            self.open.append(vertex)
            self.numbers = {}
        elif name == "edge":
            directed = attributes.get("directed", str(self.directed)).lower() == "true"
            self.edge = Edge(
                self._get(attributes, "source", name), self._get(attributes, "target", name), directed=directed
            )
            self.records.edges.append(self.edge)
            self.bends = []
        elif name == "data":
            self.key = self.names.get(attributes.get("key", ""), attributes.get("key", "").lower())
        elif name == "Geometry" and self.open:
            x, y, width, height = (finite(attributes.get(k, "0"), k, here) for k in ("x", "y", "width", "height"))
            self.open[-1].position = (x + width / 2, -(y + height / 2))
        elif name == "Fill" and self.open and attributes.get("color", "").startswith("#"):
            self.open[-1].colour = parse_colour({"hex": attributes["color"]}, here)
        elif name == "Point" and self.edge is not None:
            self.bends.append((finite(attributes.get("x"), "x", here), -finite(attributes.get("y"), "y", here)))

    def _get(self, attributes: Mapping[str, str], key: str, element: str) -> str:
        if key not in attributes:
            raise VigieError(f"a <{element}> has no {key}", where=self.parser.here, fix="export it again")
        return attributes[key]

    def end(self, name: str, text: str) -> None:
        if name == "node" and self.open:
            self.open.pop()
        elif name == "edge" and self.edge is not None:
            if self.bends:
                self._bend(self.edge)
            self.edge = None
        elif name == "NodeLabel" and self.open and text.strip():
            self.open[-1].label = text.strip()
        elif name == "data":
            if self.edge is not None:
                self._edge_value(self.edge, self.key, text)
            elif self.open:
                self._node_value(self.open[-1], self.key, text)

    def _bend(self, edge: Edge) -> None:
        """A yEd edge with bends: its curve runs from centre to centre through them."""
        ends = {
            vertex.id: vertex.position for vertex in self.records.vertices if vertex.id in (edge.source, edge.target)
        }
        first, last = ends.get(edge.source), ends.get(edge.target)
        if first is not None and last is not None:
            edge.curve = np.array([first, *self.bends, last])

    def _node_value(self, vertex: Vertex, key: str, text: str) -> None:
        here = self.parser.here
        if key in ("label", "kind", "parent", "note"):
            setattr(vertex, key, text)
        elif key in ("x", "y", "r", "g", "b", "alpha"):
            self.numbers[key] = finite(text, key, here)
            if "x" in self.numbers and "y" in self.numbers:
                vertex.position = (self.numbers["x"], self.numbers["y"])
            if all(channel in self.numbers for channel in "rgb"):
                colour = {channel: str(self.numbers[channel]) for channel in "rgb"}
                vertex.colour = parse_colour(colour | {"a": str(self.numbers.get("alpha", 1.0))}, here)
        elif key == "size":
            vertex.size = finite(text, "a size", here)
        elif key == "weight":
            vertex.weight = max(finite(text, "the weight of a node", here), 0.0)
        elif key == "severity" and text in SEVERITIES:
            vertex.severity = text
        elif key == "box":
            vertex.box = parse_box(text, here)

    def _edge_value(self, edge: Edge, key: str, text: str) -> None:
        here = self.parser.here
        if key == "weight":
            edge.weight = finite(text, "the weight of an edge", here)
            if edge.weight < 0:
                raise VigieError("the weight of an edge is negative", where=here, fix="correct the file")
        elif key in ("type", "kind"):
            edge.type = text
        elif key == "members":
            edge.members = int(finite(text, "the members of an edge", here))
        elif key == "curve":
            edge.curve = parse_curve(text, here)
