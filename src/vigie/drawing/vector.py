"""SVG pictures: every edge a polyline from the colour of its source to that of its target."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from vigie.drawing.density import edge_intensity, intensities, rasterise
from vigie.drawing.legend import add_legend
from vigie.drawing.palette import hexed, intensity_ramp
from vigie.drawing.picture import SMALL, Bar, Picture, Shape, Stroke, Style, Text, compose
from vigie.drawing.records import clean
from vigie.drawing.scene import Curves, Floats, Ints, Map
from vigie.drawing.simplify import simplify

MOST_GRADIENTS = 20_000
MOST_BOXES = 60_000
STEPS = 12
FONT = "ui-sans-serif,system-ui,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif"


def svg(scene: Map, style: Style, figures: Mapping[str, Any] | None = None) -> str:
    """An SVG of a placed map; `figures` are written at its foot and kept in its description."""
    picture = compose(scene, style, figures)
    weight = scene.edge_weight
    width = _widths(weight, style.line(scene.edges))
    title = clean(style.title or scene.title or "map")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {style.width} {style.height}" width="{style.width}" '
        f'height="{style.height}" role="img" font-family="{FONT}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(clean(json.dumps(dict(figures or {}), default=str)))}</desc>",
        f'<rect width="100%" height="100%" fill="{picture.theme.ground}"/>',
    ]
    parts += _boxes(picture)
    parts += _edges(picture, width)
    ticks: list[tuple[float, float]] = []
    if scene.edges:
        low, high = float(weight.min()), float(weight.max())
        ticks = (
            [(low, 0.0)]
            if high <= low
            else [(low, 0.0), (float(np.sqrt(low * high)) if low > 0 else high / 2, 0.5), (high, 1.0)]
        )
    add_legend(picture, ticks, "weight of an edge")
    parts += [_item(item, number) for number, item in enumerate(picture.items)]
    parts.append("</svg>\n")
    return "\n".join(part for part in parts if part)


def _widths(weight: Floats, thickness: float) -> Floats:
    """(E,) pixels: the area of a line grows with the root of its weight, up to eight times the thinnest."""
    if not len(weight):
        return weight
    least = max(float(weight[weight > 0].min()) if (weight > 0).any() else 1.0, 1e-9)
    return np.asarray(thickness * np.clip(np.sqrt(np.maximum(weight, least) / least), 1, 8))


def _boxes(picture: Picture) -> list[str]:
    box, scene, chosen = picture.box, picture.scene, picture.theme
    if box is None:
        return []
    parts = []
    leaf = np.ones(scene.vertices, dtype=bool)
    leaf[scene.parent[scene.parent >= 0]] = False
    seen = box[:, 2:].min(axis=1) >= 1.2
    shown = np.flatnonzero(seen)
    shown = shown[np.lexsort((shown, picture.depth[shown]))][:MOST_BOXES]
    for depth in range(int(picture.depth.max(initial=0)) + 1):
        here = shown[picture.depth[shown] == depth]
        if len(here):
            fill = f'fill="{chosen.panel}"' if depth == 0 else f'fill="{chosen.ink}" fill-opacity="{chosen.box:.3f}"'
            line = f'stroke="{chosen.ink}" stroke-opacity="{chosen.border}" stroke-width="0.8"'
            parts.append(f'<path {fill} {line} d="{_rectangles(box[here])}"/>')
    for severity in range(1, 5):
        found = np.flatnonzero(leaf & (scene.severity == severity))
        small = box[found, 2:].min(axis=1, initial=np.inf) < SMALL
        for some, alpha in ((found[small], 0.18 + 0.14 * severity), (found[~small], 0.05 + 0.04 * severity)):
            if len(some):
                fill = f'fill="{chosen.severities[severity]}" fill-opacity="{alpha:.2f}"'
                parts.append(f'<path {fill} d="{_rectangles(box[some])}"/>')
    return parts


def _rectangles(box: Floats) -> str:
    return "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z" for x, y, w, h in box.tolist())


def _edges(picture: Picture, width: Floats) -> list[str]:
    curves, style, scene = picture.curves, picture.style, picture.scene
    drawn = np.flatnonzero(np.diff(curves.offset) >= 2)
    if not len(drawn):
        return []
    order = drawn[np.lexsort((drawn, scene.edge_weight[drawn]))]
    alpha = float(np.clip(18 / np.sqrt(len(drawn)), 0.08, 0.75)) * style.opacity * (0.25 if picture.dimmed else 1.0)
    opening = f'<g fill="none" stroke-linejoin="round" stroke-linecap="round" stroke-opacity="{alpha:.3f}">'
    if style.renderer in ("gradient", "segments"):
        return [opening, *_by_intensity(picture, order, width), "</g>"]
    thin = simplify(curves, 0.3)
    lines = _lines(thin)
    colours, definitions = _colours(picture, order)
    body = [
        f'<polyline stroke="{colour}" stroke-width="{width[edge]:.2f}" points="{lines[edge]}"/>'
        for edge, colour in zip(order.tolist(), colours, strict=True)
    ]
    return [*definitions, opening, *body, "</g>"]


def _lines(curves: Curves) -> list[str]:
    """The `points` attribute of every edge."""
    words = [f"{x:.1f},{y:.1f}" for x, y in curves.points.tolist()]
    ends = curves.offset.tolist()
    return [" ".join(words[start:stop]) for start, stop in pairwise(ends)]


def _colours(picture: Picture, order: Ints) -> tuple[list[str], list[str]]:
    """The stroke of each edge, and the gradients that strokes refer to."""
    scene, chosen = picture.scene, picture.theme
    hues = [chosen.types[number % len(chosen.types)] for number in range(len(scene.type_names))]
    if picture.style.renderer == "simple" or len(order) > MOST_GRADIENTS:
        flat = [hues[number] if picture.by_type else chosen.target for number in scene.type[order].tolist()]
        return flat, []
    definitions = ["<defs>"]
    known: dict[tuple[int, int, int, bool], str] = {}
    colours = []
    keys = zip(
        scene.source[order].tolist(),
        scene.target[order].tolist(),
        scene.type[order].tolist(),
        scene.directed[order].tolist(),
        strict=True,
    )
    for key in keys:
        source, target, type_, directed = key
        if not directed:
            colours.append(hues[type_] if picture.by_type else chosen.both)
            continue
        if key not in known:
            known[key] = f"g{len(known)}"
            (x1, y1), (x2, y2) = picture.position[source].tolist(), picture.position[target].tolist()
            first, last = (hues[type_], hues[type_]) if picture.by_type else (chosen.source, chosen.target)
            faint = ' stop-opacity=".35"' if picture.by_type else ""
            definitions.append(
                f'<linearGradient id="{known[key]}" gradientUnits="userSpaceOnUse" x1="{x1:.1f}" y1="{y1:.1f}" '
                f'x2="{x2:.1f}" y2="{y2:.1f}"><stop stop-color="{first}"{faint}/><stop offset="1" stop-color="{last}"/>'
                "</linearGradient>"
            )
        colours.append(f"url(#{known[key]})")
    definitions.append("</defs>")
    return colours, definitions


def _by_intensity(picture: Picture, order: Ints, width: Floats) -> list[str]:
    """Polylines coloured by intensity, cut where it changes by one of `STEPS`."""
    curves, style, scene = picture.curves, picture.style, picture.scene
    pieces, owner, _ = curves.segments()
    density = rasterise(
        curves, np.ones((len(pieces), 1)), width=style.width, height=style.height, weight=scene.edge_weight
    )
    own = None
    if style.renderer == "gradient":
        own = edge_intensity(curves, density.flow) if scene.intensity is None else scene.intensity
    value = intensities(curves, density.flow, own, relative=style.relative)
    step = np.minimum((value * STEPS).astype(np.int64), STEPS - 1)
    ramp = intensity_ramp(picture.theme)
    colours = [hexed(ramp[round((number + 0.5) / STEPS * 255)]) for number in range(STEPS)]
    cut = np.flatnonzero(np.concatenate(([True], (owner[1:] != owner[:-1]) | (step[1:] != step[:-1]))))
    stop = np.append(cut[1:], len(pieces))
    rank = np.empty(curves.edges, dtype=np.int64)
    rank[order] = np.arange(len(order))
    run = np.lexsort((cut, rank[owner[cut]], step[cut]))
    body = []
    for number in run.tolist():
        first, last = int(cut[number]), int(stop[number])
        points = [f"{x:.1f},{y:.1f}" for x, y in pieces[first:last, :2].tolist()]
        points.append(f"{pieces[last - 1, 2]:.1f},{pieces[last - 1, 3]:.1f}")
        colour = colours[int(step[first])]
        body.append(
            f'<polyline stroke="{colour}" stroke-width="{width[owner[first]]:.2f}" points="{" ".join(points)}"/>'
        )
    return body


def _item(item: object, number: int) -> str:
    if isinstance(item, Text):
        anchor = "" if item.anchor == "start" else f' text-anchor="{item.anchor}"'
        halo = (
            f' stroke="{item.halo}" stroke-width="{item.size * 0.24:.1f}" paint-order="stroke" stroke-linejoin="round"'
            if item.halo
            else ""
        )
        alpha = "" if item.alpha >= 1 else f' opacity="{item.alpha:.2f}"'
        size = item.size * 0.94
        return (
            f'<text x="{item.x:.1f}" y="{item.y:.1f}" font-size="{size:.1f}" fill="{item.colour}"{anchor}{halo}{alpha}>'
            f"{escape(clean(item.text))}</text>"
        )
    if isinstance(item, Stroke):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in item.points.tolist())
        return (
            f'<polyline fill="none" stroke="{item.colour}" stroke-width="{item.width:.1f}" '
            f'stroke-opacity="{item.alpha:.2f}" stroke-linecap="round" points="{points}"/>'
        )
    if isinstance(item, Shape):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in item.points.tolist())
        body = f"<title>{escape(clean(item.note))}</title>" if item.note else ""
        label = f' role="img" aria-label={quoteattr(clean(item.note))}' if item.note else ""
        return (
            f'<polygon fill="{item.colour}" fill-opacity="{item.alpha:.2f}" points="{points}"{label}>{body}</polygon>'
        )
    if isinstance(item, Bar):
        stops = "".join(
            f'<stop offset="{share:.2f}" stop-color="{hexed(item.colours[round(share * (len(item.colours) - 1))])}"/>'
            for share in np.linspace(0, 1, 9).tolist()
        )
        return (
            f'<linearGradient id="bar{number}">{stops}</linearGradient><rect x="{item.x:.1f}" y="{item.y:.1f}" '
            f'width="{item.width:.1f}" height="{item.height:.1f}" fill="url(#bar{number})"/>'
        )
    raise TypeError(type(item).__name__)
