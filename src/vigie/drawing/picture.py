"""What a drawing shows, before anyone paints it: the map in pixels, and names, marks, answers and legend as shapes.

The raster and the vector output paint the same `Picture`, so a PNG and an SVG of one map agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from vigie.drawing.glyphs import shorten
from vigie.drawing.labels import Ground, Label, around
from vigie.drawing.palette import Theme, mark_shape, theme
from vigie.drawing.scene import SEVERITIES, Curves, Floats, Ints, Map
from vigie.model.errors import UsageError

RENDERERS = ("flow", "simple", "gradient", "segments")
MOST_MARKS = 300
SMALL = 16.0
"""Boxes below this many pixels show a finding by their own colour, larger ones by a mark on a tint."""
MOST_NAMES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a drawing looks; sizes in pixels.

    renderer  flow: from the colour of the source to that of the target; simple: one colour; gradient: by the intensity
              of the whole edge; segments: by the intensity of each piece
    colour    flow, or type: a hue for each type of edge; auto takes type where there are several
    thickness of a line; None makes few edges thicker than many
    relative  intensities by rank (else linear); equalise is the share of rank in the brightness, 0..1
    """

    width: int = 1600
    height: int = 1000
    theme: str = "dark"
    renderer: str = "flow"
    colour: str = "auto"
    thickness: float | None = None
    opacity: float = 1.0
    relative: bool = True
    equalise: float = 0.5
    names: bool = True
    legend: bool = True
    title: str = ""

    def __post_init__(self) -> None:
        if self.renderer not in RENDERERS:
            raise UsageError(f"there is no renderer {self.renderer!r}", fix=f"use one of {', '.join(RENDERERS)}")
        if self.colour not in ("auto", "flow", "type"):
            raise UsageError(f"edges cannot be coloured by {self.colour!r}", fix="use flow, type or auto")
        if self.width < 320 or self.height < 240:
            raise UsageError(f"{self.width} x {self.height} is too small", fix="give at least 320 x 240 pixels")
        thin = 1.0 if self.thickness is None else self.thickness
        if not 0 < thin <= 50 or not 0 < self.opacity <= 1 or not 0 <= self.equalise <= 1:
            raise UsageError("thickness, opacity or equalise is out of range", fix="use 0..50, 0..1 and 0..1")
        theme(self.theme)

    def line(self, edges: int) -> float:
        """The width of a line in a drawing of so many edges."""
        if self.thickness is not None:
            return self.thickness
        return float(np.clip(3.2 - 0.72 * np.log10(max(edges, 1)), 1.0, 2.4))


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `colour` is #rrggbb, `halo` that of an outline or empty."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: str = "start"
    halo: str = ""
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through (P, 2) points."""

    points: Floats
    colour: str
    width: float
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon (K, 2), with a note that a reader may point at."""

    points: Floats
    colour: str
    alpha: float = 1.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle filled with (W, 3) colours from left to right."""

    x: float
    y: float
    width: float
    height: float
    colours: Floats


Item: TypeAlias = Text | Stroke | Shape | Bar


@dataclass(slots=True)
class Picture:
    """The map in pixels (`position`, `box`, `curves`), whether it is dimmed, and the shapes above it."""

    style: Style
    theme: Theme
    scene: Map
    position: Floats
    box: Floats | None
    depth: Ints
    curves: Curves
    area: tuple[float, float, float, float]
    by_type: bool
    dimmed: bool
    items: list[Item] = field(default_factory=list)


def compose(scene: Map, style: Style, figures: Mapping[str, Any] | None = None) -> Picture:
    """Lay out the picture of a placed map; `figures` are written at its foot."""
    chosen = theme(style.theme)
    title = style.title or scene.title
    area = _area(style, bool(title))
    scale, dx, dy = _fit(scene, area)
    position = np.zeros((0, 2)) if scene.position is None else scene.position * scale + (dx, dy)
    box = None
    if scene.box is not None:
        box = np.column_stack((scene.box[:, :2] * scale + (dx, dy), scene.box[:, 2:] * scale))
    curves = (
        scene.curves if scene.curves is not None else Curves.of_array(_straight(scene), scene.drawable(), scene.edges)
    )
    several = len(np.unique(scene.type)) > 1
    picture = Picture(
        style=style,
        theme=chosen,
        scene=scene,
        position=position,
        box=box,
        depth=scene.depth(),
        curves=curves.moved(scale, dx, dy),
        area=area,
        by_type=style.colour == "type" or (style.colour == "auto" and several),
        dimmed=bool(scene.chains),
    )
    ground = Ground(area[0] - 12, area[1] - 6, area[2] + 12, area[3] + 6)
    _dots(picture)
    if style.names:
        _names(picture, ground, top=True)
    marks = _marks(picture, ground)
    _chains(picture, ground, set(marks))
    _notes(picture, ground, marks)
    if style.names:
        _names(picture, ground, top=False)
        if not picture.dimmed:
            _hubs(picture, ground)
    if title:
        room = style.width - 2 * 28
        picture.items.append(Text(28, 38, shorten(title, 20, room), 20, chosen.ink))
    if style.legend and figures:
        _foot(picture, figures)
    return picture


def _straight(scene: Map) -> Floats:
    segments = scene.straight()
    return segments.reshape(-1, 2, 2)


def _area(style: Style, titled: bool) -> tuple[float, float, float, float]:
    return 28.0, 60.0 if titled else 28.0, style.width - 28.0, style.height - (96.0 if style.legend else 28.0)


def _fit(scene: Map, area: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """The scale and shift from map units to pixels that show everything."""
    points = [np.zeros((0, 2))]
    if scene.position is not None:
        points.append(scene.position[scene.placed()])
    if scene.box is not None and len(scene.box):
        points += [scene.box[:, :2], scene.box[:, :2] + scene.box[:, 2:]]
    every = np.concatenate(points)
    if not len(every):
        return 1.0, area[0], area[1]
    low, high = every.min(axis=0), every.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    width, height = area[2] - area[0], area[3] - area[1]
    scale = float(min(width / span[0], height / span[1])) if span.max() > 1e-6 else 1.0
    dx, dy = (
        (area[0] + area[2]) / 2 - scale * (low + high)[0] / 2,
        (area[1] + area[3]) / 2 - scale * (low + high)[1] / 2,
    )
    return scale, float(dx), float(dy)


def degree(scene: Map) -> Floats:
    """(N,) the weight of the edges at each vertex."""
    return np.asarray(
        np.bincount(scene.source, weights=scene.edge_weight, minlength=scene.vertices)
        + np.bincount(scene.target, weights=scene.edge_weight, minlength=scene.vertices)
    )


def circle(x: float, y: float, radius: float, corners: int = 20) -> Floats:
    """The outline (corners, 2) of a circle."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.column_stack((x + radius * np.cos(turn), y + radius * np.sin(turn)))


def _dots(picture: Picture) -> None:
    """Vertices without a box are dots, larger where more edges meet."""
    scene = picture.scene
    if picture.box is not None or scene.vertices > 4000:
        return
    weight = np.sqrt(degree(scene))
    radius = (1.2 + 3.0 * weight / max(float(weight.max(initial=0)), 1e-9)) * float(
        np.clip((500 / scene.vertices) ** 0.5, 0.45, 1.2)
    )
    for vertex in np.flatnonzero(scene.placed()).tolist():
        x, y = picture.position[vertex]
        alpha = 0.35 if picture.dimmed else 0.85
        picture.items.append(
            Shape(circle(x, y, float(radius[vertex]), 14), picture.theme.ink, alpha, scene.labels[vertex])
        )


def _marks(picture: Picture, ground: Ground) -> list[int]:
    """The worst findings as marks; returns the vertices that carry one."""
    scene = picture.scene
    found = np.flatnonzero((scene.severity >= 2) & scene.placed())
    inner = np.zeros(scene.vertices, dtype=bool)
    inner[scene.parent[scene.parent >= 0]] = True
    found = found[~inner[found]]
    found = found[np.lexsort((found, -scene.weight[found], -scene.severity[found]))][:MOST_MARKS]
    many = len(found) > 60
    shown: list[int] = []
    for vertex in found.tolist():
        x, y = picture.position[vertex]
        severity = int(scene.severity[vertex])
        radius = 4.5 if many else 6.5
        rect = (x - radius, y - radius, x + radius, y + radius)
        if not ground.free(rect):
            continue
        ground.take(rect)
        outline = mark_shape(severity)
        note = f"{full_name(scene, vertex)}: {scene.notes.get(vertex, SEVERITIES[severity])}"
        picture.items.append(Shape(outline * (radius + 2) + (x, y), picture.theme.ground, 0.9))
        picture.items.append(Shape(outline * radius + (x, y), picture.theme.severities[severity], 1.0, note))
        shown.append(int(vertex))
    return shown


def _notes(picture: Picture, ground: Ground, marks: Sequence[int]) -> None:
    """What was found, beside the dozen worst marks."""
    scene = picture.scene
    spoken = {vertex for chain in scene.chains for vertex in chain.vertices}
    for vertex in [vertex for vertex in marks if vertex not in spoken][:12]:
        x, y = picture.position[vertex]
        words = full_name(scene, vertex, note=True)
        placed = ground.place(Label(shorten(words, 12.5, 300), 12.5, around(x, y, 12.5, 12)))
        if placed:
            picture.items.append(
                _text(picture, placed.x, placed.y, placed.label.text, 12.5, picture.theme.ink, placed.anchor)
            )


def _text(
    picture: Picture, x: float, y: float, words: str, size: float, colour: str, anchor: str, alpha: float = 1.0
) -> Text:
    return Text(x, y, words, size, colour, anchor, picture.theme.ground, alpha)


def full_name(scene: Map, vertex: int, *, note: bool = False) -> str:
    """The name of a vertex with its kind before it, and what was found there after it."""
    name = f"{scene.kind_names[scene.kind[vertex]]} {scene.labels[vertex]}".strip()
    found = scene.notes.get(vertex, "") if note else ""
    return f"{name}: {found}" if found else name


def _chains(picture: Picture, ground: Ground, marked: set[int]) -> None:
    """Answers: straight arrows over the dimmed map, each step and each relation named."""
    scene, colour = picture.scene, picture.theme.answer
    texts: list[Item] = []
    named: set[int] = set()
    for chain in scene.chains:
        steps = [vertex for vertex in chain.vertices if scene.placed()[vertex]]
        for vertex in steps:
            x, y = picture.position[vertex]
            ground.take((x - 7, y - 7, x + 7, y + 7))
        for number, (start, end) in enumerate(pairwise(steps)):
            one, other = picture.position[start], picture.position[end]
            length = float(np.hypot(*(other - one)))
            if length < 1:
                continue
            way = (other - one) / length
            tip = other - way * min(15 if end in marked else 9, length / 3)
            one = one + way * min(11 if start in marked else 0, length / 3)
            picture.items.append(Stroke(np.array([one, tip]), picture.theme.ground, 6.0, 0.8))
            picture.items.append(Stroke(np.array([one, tip]), colour, 2.4))
            across = np.array([-way[1], way[0]])
            picture.items.append(
                Shape(np.array([tip + way * 4, tip - way * 9 + across * 5.5, tip - way * 9 - across * 5.5]), colour)
            )
            if number < len(chain.relations) and length > 40:
                x, y = (one + other) / 2
                placed = ground.place(Label(chain.relations[number], 11.5, around(x, y, 11.5, 8)))
                if placed:
                    texts.append(_text(picture, placed.x, placed.y, placed.label.text, 11.5, colour, placed.anchor))
        for number, vertex in enumerate(steps):
            x, y = picture.position[vertex]
            last = number == len(steps) - 1
            if vertex in marked:
                ring = circle(x, y, 10.5)
                picture.items.append(Stroke(np.vstack((ring, ring[:1])), colour, 2.0))
            else:
                picture.items.append(Shape(circle(x, y, 6.5 if last else 4.5), picture.theme.ground, 0.9))
                picture.items.append(Shape(circle(x, y, 5.0 if last else 3.2), colour, 1.0, full_name(scene, vertex)))
            if vertex in named:
                continue
            named.add(vertex)
            size = 15.0 if last else 13.0
            words = shorten(full_name(scene, vertex, note=last), size, 420)
            placed = ground.place(Label(words, size, around(x, y, size, 14 if vertex in marked else 12)))
            if placed:
                texts.append(
                    _text(picture, placed.x, placed.y, placed.label.text, size, picture.theme.ink, placed.anchor)
                )
    picture.items += texts


NAME_SIZES = (16.0, 12.5, 11.5, 11.0)


def _names(picture: Picture, ground: Ground, *, top: bool) -> None:
    """Names of boxes in their upper left corner: the outermost (`top`) first, the others after marks and answers."""
    scene, box = picture.scene, picture.box
    if box is None:
        return
    alpha = 0.45 if picture.dimmed else 1.0
    candidates = np.flatnonzero((box[:, 2] > 34) & (box[:, 3] > 15) & ((picture.depth == 0) == top))
    order = np.lexsort((candidates, -(box[candidates, 2] * box[candidates, 3]), picture.depth[candidates]))
    for vertex in candidates[order][:MOST_NAMES]:
        x, y, width, height = box[vertex]
        size = NAME_SIZES[min(int(picture.depth[vertex]), len(NAME_SIZES) - 1)]
        if top and height < 80:
            size = 12.5
        words = shorten(scene.labels[vertex], size, width - 9)
        placed = (
            ground.place(Label(words, size, ((x + 5, y + size * 1.05, "start"),))) if words and size < height else None
        )
        if placed:
            tint = picture.theme.ink if picture.depth[vertex] == 0 else picture.theme.soft
            picture.items.append(_text(picture, placed.x, placed.y, words, size, tint, "start", alpha))


def _hubs(picture: Picture, ground: Ground) -> None:
    """Names of the vertices where most edges meet; of boxes, only of those too small for a name inside."""
    scene, box = picture.scene, picture.box
    alpha = 0.45 if picture.dimmed else 1.0
    weight = degree(scene)
    wanted = scene.placed() & (weight > 0)
    most = 120
    if box is not None:
        wanted &= (box[:, 2] <= 34) | (box[:, 3] <= 15)
        wanted &= weight > 4 * (weight[wanted].mean() if wanted.any() else 0)
        most = 12
    leaves = np.flatnonzero(wanted)
    for vertex in leaves[np.lexsort((leaves, -weight[leaves]))][:most]:
        words = shorten(scene.labels[vertex], 12, 240)
        if not words:
            continue
        x, y = picture.position[vertex]
        placed = ground.place(Label(words, 12, around(x, y, 12, 8)))
        if placed:
            if box is not None:
                ring = circle(x, y, 4.0)
                picture.items.append(Stroke(np.vstack((ring, ring[:1])), picture.theme.ink, 1.4, alpha))
            picture.items.append(_text(picture, placed.x, placed.y, words, 12, picture.theme.ink, placed.anchor, alpha))


def _foot(picture: Picture, figures: Mapping[str, Any]) -> None:
    """The figures of the drawing, at the right of the legend."""
    right, top = picture.style.width - 28, picture.style.height - 62
    for number, line in enumerate(figure_lines(figures)):
        words = shorten(line, 12, picture.style.width * 0.5)
        picture.items.append(Text(right, top + 20 * number, words, 12, picture.theme.soft, "end"))


def figure_lines(figures: Mapping[str, Any]) -> list[str]:
    """Two or three short lines of figures for people; what is not known is left out."""

    def number(value: Any) -> str:
        if isinstance(value, int):
            return f"{value:,}"
        return f"{value:.2f}" if isinstance(value, float) else str(value)

    known = dict(figures)
    if known.get("superEdges") == known.get("lines"):
        known.pop("superEdges", None)
    if known.get("lines") == known.get("edges"):
        known.pop("lines", None)
    course = known.get("distortion")
    if isinstance(course, Mapping):
        known["course"] = " / ".join(number(float(course[key])) for key in ("mean", "p95", "max"))
    lines = []
    for parts in (
        (
            ("{} edges", "edges"),
            ("{} lines", "lines"),
            ("{} merged", "superEdges"),
            ("{} compatible pairs", "compatiblePairs"),
        ),
        (("ink {} of straight", "inkRatio"), ("distortion {}", "course"), ("ambiguity {}", "ambiguity")),
        (("solver {}", "solver"), ("tolerance {}", "tolerance"), ("seed {}", "seed"), ("{} CPU-s", "cpuSeconds")),
    ):
        words = [form.format(number(known[key])) for form, key in parts if known.get(key) is not None]
        if words:
            lines.append(" \u00b7 ".join(words))
    return lines
