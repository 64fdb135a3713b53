"""Graphs on their way in: vertices and edges gathered one by one from a file, then turned into a `Map`.

Files have y pointing up, as Gephi has; a `Map` has it pointing down, as screens have. The turn is made here and in the
writers, so a file that is read and written again is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from vigie.drawing.scene import SEVERITIES, Curves, Floats, Map
from vigie.model.errors import VigieError


@dataclass(slots=True)
class Vertex:
    """One vertex as a file has it."""

    id: str
    label: str
    kind: str = ""
    parent: str = ""
    weight: float = 1.0
    severity: str = "none"
    note: str = ""
    position: tuple[float, float] | None = None
    box: tuple[float, ...] | None = None
    size: float | None = None
    colour: tuple[int, int, int, int] | None = None


@dataclass(slots=True)
class Edge:
    """One edge as a file has it."""

    source: str
    target: str
    type: str = ""
    weight: float = 1.0
    members: int = 1
    directed: bool = True
    curve: Floats | None = None


@dataclass(slots=True)
class Records:
    """All that was found in a file."""

    where: str
    vertices: list[Vertex] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    title: str = ""

    def map(self) -> Map:
        """The graph. Raises VigieError for a vertex that is named twice or is missing."""
        vertices, edges = self.vertices, self.edges
        index = {vertex.id: number for number, vertex in enumerate(vertices)}
        if len(index) < len(vertices):
            seen: set[str] = set()
            twice = next(v.id for v in vertices if v.id in seen or seen.add(v.id))  # type: ignore[func-returns-value]
            raise VigieError(
                f"the node {twice!r:.80} is there twice", where=self.where, fix="give every node its own id"
            )
        kinds, kind_names = _numbered(vertex.kind for vertex in vertices)
        types, type_names = _numbered(edge.type for edge in edges)
        ids, labels = [v.id for v in vertices], [v.label for v in vertices]
        return Map(
            labels=ids if labels == ids else labels,
            ids=ids,
            kind=np.array(kinds, dtype=np.int64),
            kind_names=kind_names,
            parent=np.array(
                [self._find(index, v.parent, "parent") if v.parent else -1 for v in vertices], dtype=np.int64
            ),
            weight=np.array([v.weight for v in vertices]),
            severity=np.array([_severity(v.severity, self.where) for v in vertices], dtype=np.int64),
            notes={number: v.note for number, v in enumerate(vertices) if v.note},
            source=np.array([self._find(index, e.source, "source") for e in edges], dtype=np.int64),
            target=np.array([self._find(index, e.target, "target") for e in edges], dtype=np.int64),
            type=np.array(types, dtype=np.int64),
            type_names=type_names,
            edge_weight=np.array([e.weight for e in edges]),
            members=np.array([e.members for e in edges], dtype=np.int64),
            directed=np.array([e.directed for e in edges], dtype=bool),
            position=self._positions(),
            box=_rows([v.box for v in vertices], 4, flip=True),
            size=np.array([1.0 if v.size is None else v.size for v in vertices])
            if any(v.size is not None for v in vertices)
            else None,
            colour=self._colours(),
            curves=Curves.of_list([None if e.curve is None else e.curve * (1, -1) + 0.0 for e in edges])
            if any(e.curve is not None for e in edges)
            else None,
            title=self.title,
        )

    def _find(self, index: dict[str, int], name: str, role: str) -> int:
        try:
            return index[name]
        except KeyError:
            raise VigieError(
                f"the {role} {name!r:.80} is no node of the file", where=self.where, fix="add the node"
            ) from None

    def _positions(self) -> Floats | None:
        if all(vertex.position is None for vertex in self.vertices):
            return None
        return np.array(
            [(np.nan, np.nan) if v.position is None else (v.position[0], 0.0 - v.position[1]) for v in self.vertices]
        )

    def _colours(self) -> np.ndarray | None:
        if all(vertex.colour is None for vertex in self.vertices):
            return None
        return np.array([(128, 128, 128, 255) if v.colour is None else v.colour for v in self.vertices], dtype=np.uint8)


def _rows(rows: list[tuple[float, ...] | None], width: int, *, flip: bool) -> Floats | None:
    if all(row is None for row in rows):
        return None
    array = np.array([(np.nan,) * width if row is None else row for row in rows])
    if flip:
        array[:, 1] = 0.0 - array[:, 1]
    return array


def _numbered(names: Iterable[str]) -> tuple[list[int], tuple[str, ...]]:
    known: dict[str, int] = {}
    numbers = [known.setdefault(name, len(known)) for name in names]
    return numbers, tuple(known) or ("",)


def _severity(name: str, where: str) -> int:
    if name not in SEVERITIES:
        raise VigieError(f"{name!r:.40} is no severity", where=where, fix=f"use one of {', '.join(SEVERITIES)}")
    return SEVERITIES.index(name)


def clean(text: str) -> str:
    """`text` with a replacement mark for each character that XML cannot hold."""
    if text.isprintable():
        return text
    return "".join(
        c if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "\ufffd"
        for c in text
    )


def safe_ids(scene: Map) -> list[str]:
    """The ids of the vertices as XML can hold them, or their numbers if that would make two of them equal."""
    ids = [clean(id_) for id_ in scene.ids]
    return ids if len(set(ids)) == len(ids) else [str(number) for number in range(len(ids))]


def parse_curve(text: str, where: str) -> Floats:
    """The (P, 2) points of a curve written as `x,y x,y ...`. Raises VigieError."""
    try:
        points = np.array([float(value) for value in text.replace(",", " ").split()]).reshape(-1, 2)
    except ValueError:
        raise VigieError(
            f"a curve is not pairs of numbers: {text!r:.60}", where=where, fix="correct the file"
        ) from None
    if len(points) < 2 or not np.isfinite(points).all():
        raise VigieError(
            "a curve has fewer than two points, or one that is not finite", where=where, fix="correct the file"
        )
    return points


def format_curve(points: Floats) -> str:
    """A curve as `x,y x,y ...`, y up, every digit that is needed to read the same numbers again."""
    return " ".join(f"{x!r},{0.0 - y!r}" for x, y in points.tolist())


def parse_box(text: str, where: str) -> tuple[float, ...]:
    """The box written as `x y width height`. Raises VigieError."""
    try:
        box = tuple(float(value) for value in text.split())
    except ValueError:
        box = ()
    if len(box) != 4 or not np.isfinite(box).all():
        raise VigieError(f"a box is not four numbers: {text!r:.60}", where=where, fix="correct the file")
    return box


def format_box(box: Floats) -> str:
    """A box as `x y width height`, y up."""
    x, y, width, height = box.tolist()
    return f"{x!r} {0.0 - y!r} {width!r} {height!r}"
