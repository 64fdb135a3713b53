"""GEXF 1.3, the format of Gephi, both ways (specification: gexf.net).

Positions, sizes and colours are `viz:` elements. What GEXF has no element for - kind, container, weight and finding of
a node; type, members and the bundled curve of an edge - are attributes, so Gephi shows them in its table.
"""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

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

NODE_FIELDS = (
    ("kind", "string"),
    ("parent", "string"),
    ("weight", "double"),
    ("severity", "string"),
    ("note", "string"),
    ("box", "string"),
)
EDGE_FIELDS = (("type", "string"), ("members", "long"), ("curve", "string"))


def write_gexf(scene: Map, path: Path) -> None:
    """Write the map; y points up in the file, as in Gephi. Raises VigieError if the file cannot be written."""
    ids = safe_ids(scene)
    try:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
                f"<meta><creator>vigie</creator><description>{escape(clean(scene.title))}</description></meta>\n"
                f'<graph mode="static"{_default_way(scene)}>\n'
                f"{_declare('node', NODE_FIELDS)}{_declare('edge', EDGE_FIELDS)}"
            )
            stream.write(f'<nodes count="{scene.vertices}">\n')
            stream.writelines(_node(scene, ids, vertex) for vertex in range(scene.vertices))
            stream.write(f'</nodes>\n<edges count="{scene.edges}">\n')
            stream.writelines(_edge(scene, ids, edge) for edge in range(scene.edges))
            stream.write("</edges>\n</graph>\n</gexf>\n")
    except OSError as error:
        raise VigieError(f"cannot be written: {error.strerror}", where=str(path), fix="check the folder") from None


def _default_way(scene: Map) -> str:
    """The default direction, left out where edges differ: Gephi then reads a mixed graph, else it drops the others."""
    if scene.directed.all():
        return ' defaultedgetype="directed"'
    return "" if scene.directed.any() else ' defaultedgetype="undirected"'


def _declare(element: str, fields: tuple[tuple[str, str], ...]) -> str:
    rows = "".join(f'<attribute id="{name}" title="{name}" type="{type_}"/>' for name, type_ in fields)
    return f'<attributes class="{element}" mode="static">{rows}</attributes>\n'


def _values(values: Mapping[str, str]) -> str:
    rows = "".join(f"<attvalue for={quoteattr(name)} value={quoteattr(value)}/>" for name, value in values.items())
    return f"<attvalues>{rows}</attvalues>" if rows else ""


def _node(scene: Map, ids: list[str], vertex: int) -> str:
    values = {}
    if name := scene.kind_names[scene.kind[vertex]]:
        values["kind"] = clean(name)
    if scene.parent[vertex] >= 0:
        values["parent"] = ids[scene.parent[vertex]]
    if scene.weight[vertex] != 1:
        values["weight"] = repr(float(scene.weight[vertex]))
    if scene.severity[vertex]:
        values["severity"] = SEVERITIES[scene.severity[vertex]]
    if note := scene.notes.get(vertex):
        values["note"] = clean(note)
    if scene.box is not None:
        values["box"] = format_box(scene.box[vertex])
    look = ""
    if scene.size is not None:
        look += f'<viz:size value="{float(scene.size[vertex])!r}"/>'
    if scene.position is not None and np.isfinite(scene.position[vertex]).all():
        x, y = scene.position[vertex].tolist()
        look += f'<viz:position x="{x!r}" y="{0.0 - y!r}" z="0.0"/>'
    if scene.colour is not None:
        red, green, blue, alpha = scene.colour[vertex].tolist()
        look += f'<viz:color r="{red}" g="{green}" b="{blue}" a="{alpha / 255!r}"/>'
    head = f"<node id={quoteattr(ids[vertex])} label={quoteattr(clean(scene.labels[vertex]))}>"
    return f"{head}{_values(values)}{look}</node>\n"


def _edge(scene: Map, ids: list[str], edge: int) -> str:
    values = {}
    name = clean(scene.type_names[scene.type[edge]])
    if name:
        values["type"] = name
    if scene.members[edge] != 1:
        values["members"] = str(int(scene.members[edge]))
    if scene.curves is not None and len(points := scene.curves.of(edge)) >= 2:
        values["curve"] = format_curve(points)
    kind = f" kind={quoteattr(name)}" if name else ""
    source, target = ids[scene.source[edge]], ids[scene.target[edge]]
    way = "directed" if scene.directed[edge] else "undirected"
    return (
        f'<edge id="{edge}" source={quoteattr(source)} target={quoteattr(target)} type="{way}"{kind} '
        f'weight="{float(scene.edge_weight[edge])!r}">{_values(values)}</edge>\n'
    )


def read_gexf(path: Path) -> Map:
    """Read GEXF 1.1 to 1.3, from vigie, Gephi or others. Raises VigieError, with the line, for what cannot be right."""
    reader = _Reader(path)
    reader.parser.read(path)
    if not reader.root:
        raise VigieError("there is no <gexf> element", where=str(path), fix="give a GEXF file")
    return reader.records.map()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.records = Records(str(path))
        self.parser = Parser(str(path), self.start, self.end)
        self.root = False
        self.titles: dict[tuple[str, str], str] = {}
        self.fields_of = "node"
        self.directed = True
        self.open: list[Vertex] = []
        self.edge: Edge | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "gexf":
            self.root = True
        elif not self.root:
            raise VigieError(
                f"the file starts with <{name:.40}>, not <gexf>", where=self.parser.here, fix="give a GEXF file"
            )
        elif name == "graph":
            self.directed = attributes.get("defaultedgetype", "undirected") == "directed"
        elif name == "attributes":
            self.fields_of = attributes.get("class", "node")
        elif name == "attribute":
            self.titles[self.fields_of, self._get(attributes, "id", name)] = attributes.get("title", "").lower()
        elif name == "node":
            self._node(attributes)
        elif name == "edge":
            self._edge(attributes)
        elif name == "attvalue":
            self._value(attributes)
        elif name in ("position", "size", "color") and self.open and self.edge is None:
            self._look(name, attributes)

    def end(self, name: str, text: str) -> None:
        if name == "node" and self.open:
            self.open.pop()
        elif name == "edge":
            self.edge = None
        elif name == "description" and not self.records.vertices:
            self.records.title = text.strip()

    def _get(self, attributes: Mapping[str, str], key: str, element: str) -> str:
        if key not in attributes:
            raise VigieError(f"a <{element}> has no {key}", where=self.parser.here, fix="export it again")
        return attributes[key]

    def _node(self, attributes: Mapping[str, str]) -> None:
        id_ = self._get(attributes, "id", "node")
        vertex = Vertex(id_, attributes.get("label", id_), parent=attributes.get("pid", ""))
        if self.open:
            vertex.parent = self.open[-1].id
        self.records.vertices.append(vertex)
        self.open.append(vertex)

    def _edge(self, attributes: Mapping[str, str]) -> None:
        way = attributes.get("type", "directed" if self.directed else "undirected")
        weight = finite(attributes.get("weight", "1"), "the weight of an edge", self.parser.here)
        if weight < 0:
            raise VigieError("the weight of an edge is negative", where=self.parser.here, fix="correct the file")
        self.edge = Edge(
            self._get(attributes, "source", "edge"),
            self._get(attributes, "target", "edge"),
            attributes.get("kind", ""),
            weight,
            directed=way == "directed",
        )
        self.records.edges.append(self.edge)

    def _value(self, attributes: Mapping[str, str]) -> None:
        id_, value = attributes.get("for", attributes.get("id", "")), attributes.get("value", "")
        here = self.parser.here
        if self.edge is not None:
            title = self.titles.get(("edge", id_), "")
            if title == "type":
                self.edge.type = value
            elif title == "members":
                self.edge.members = int(finite(value, "the members of an edge", here))
            elif title == "curve":
                self.edge.curve = parse_curve(value, here)
        elif self.open:
            vertex, title = self.open[-1], self.titles.get(("node", id_), "")
            if title in ("kind", "parent", "note"):
                setattr(vertex, title, value)
            elif title == "severity" and value in SEVERITIES:
                vertex.severity = value
            elif title == "box":
                vertex.box = parse_box(value, here)
            elif title == "weight":
                vertex.weight = max(finite(value, "the weight of a node", here), 0.0)

    def _look(self, name: str, attributes: Mapping[str, str]) -> None:
        vertex, here = self.open[-1], self.parser.here
        if name == "position":
            vertex.position = (finite(attributes.get("x"), "x", here), finite(attributes.get("y"), "y", here))
        elif name == "size":
            vertex.size = finite(attributes.get("value"), "a size", here)
        else:
            vertex.colour = parse_colour(attributes, here)


def parse_colour(attributes: Mapping[str, str], where: str) -> tuple[int, int, int, int]:
    """Red, green, blue 0..255 and alpha of a `viz:color`, or of its `hex`. Raises VigieError."""
    alpha = round(finite(attributes.get("a", "1"), "a colour", where) * 255)
    if code := attributes.get("hex", "").lstrip("#"):
        try:
            channels = [int(code[i : i + 2], 16) for i in (0, 2, 4)]
        except ValueError:
            raise VigieError(f"a colour is not #rrggbb: {code!r:.20}", where=where, fix="correct the file") from None
    else:
        channels = [round(finite(attributes.get(channel, "0"), "a colour", where)) for channel in "rgb"]
    red, green, blue, opacity = (min(max(value, 0), 255) for value in (*channels, alpha))
    return red, green, blue, opacity
