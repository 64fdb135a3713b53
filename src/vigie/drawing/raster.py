"""PNG pictures: the density of the edges as light, boxes beneath, names, marks and answers above."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from vigie.drawing.canvas import Canvas
from vigie.drawing.density import Paint, Tone, edge_intensity, equalise, intensities, rasterise
from vigie.drawing.legend import add_legend
from vigie.drawing.palette import flow_ramp, intensity_ramp, ramp, rgb
from vigie.drawing.picture import SMALL, Bar, Picture, Shape, Stroke, Style, Text, compose
from vigie.drawing.scene import Floats, Ints, Map


def png(scene: Map, style: Style, figures: Mapping[str, Any] | None = None) -> bytes:
    """The bytes of a PNG of a placed map; `figures` are written at its foot and kept in the file."""
    picture = compose(scene, style, figures)
    canvas = Canvas(style.width, style.height, picture.theme.ground)
    _boxes(canvas, picture)
    tone = _edges(canvas, picture)
    unit = "edges a pixel" if (scene.edge_weight == 1).all() else "weight a pixel"
    add_legend(picture, tone.ticks() if tone else [], unit)
    _items(canvas, picture)
    notes = [("Software", "vigie"), ("Title", style.title or scene.title)]
    if figures:
        notes.append(("Description", json.dumps(figures, default=str)))
    return canvas.png(notes)


def _boxes(canvas: Canvas, picture: Picture) -> None:
    """Containers as faint nested panels; leaves that carry a finding in its colour, down to a single pixel."""
    box, scene, chosen = picture.box, picture.scene, picture.theme
    if box is None or not len(box):
        return
    canvas.boxes(box[picture.depth == 0], chosen.panel, 1.0)
    leaf = np.ones(scene.vertices, dtype=bool)
    leaf[scene.parent[scene.parent >= 0]] = False
    for depth in range(int(picture.depth.max()) + 1):
        here = picture.depth == depth
        gap = np.minimum(box[:, 2:].min(axis=1) * 0.08, 1.0)
        inside = np.column_stack((box[:, :2] + gap[:, None] / 2, box[:, 2:] - gap[:, None]))
        canvas.boxes(inside[here], chosen.ink, chosen.box)
        framed = here & (box[:, 2:].min(axis=1) > 5)
        canvas.frames(box[framed], chosen.ink, chosen.border)
    for severity in range(1, 5):
        found = leaf & (scene.severity == severity)
        if found.any():
            small = box[:, 2:].min(axis=1) < SMALL
            canvas.boxes(box[found & small], chosen.severities[severity], 0.18 + 0.14 * severity)
            canvas.boxes(box[found & ~small], chosen.severities[severity], 0.05 + 0.04 * severity)


def _paint(picture: Picture) -> tuple[Paint, int]:
    """What each piece of a curve carries: its course from source to target, or the colour of its type."""
    directed, types = picture.scene.directed, picture.scene.type
    if not picture.by_type or picture.style.renderer in ("gradient", "segments"):
        return lambda edge, course: np.where(directed[edge], course, 0.5)[:, None], 1
    hues = picture.theme.types
    ramps = np.stack([_type_ramp(picture, colour) for colour in hues])
    plain = picture.style.renderer == "simple"

    def paint(edge: Ints, course: Floats) -> Floats:
        shade = np.ones_like(course) if plain else np.where(directed[edge], course, 0.5)
        return np.asarray(ramps[types[edge] % len(hues), (shade * 255).astype(np.int64)])

    return paint, 3


def _type_ramp(picture: Picture, colour: str) -> Floats:
    mixed = rgb(colour) * 0.5 + rgb(picture.theme.ground) * 0.5
    shade = "#" + "".join(f"{round(float(value) * 255):02x}" for value in mixed)
    return ramp((shade, colour))


def _edges(canvas: Canvas, picture: Picture) -> Tone | None:
    """Paint the edges; returns the brightness scale, None where nothing is drawn."""
    curves, style, scene, chosen = picture.curves, picture.style, picture.scene, picture.theme
    if not len(curves.points):
        return None
    weight = None if (scene.edge_weight == 1).all() else scene.edge_weight
    line = style.line(scene.edges)
    faintest = float(np.clip(0.75 - 0.14 * np.log10(max(scene.edges, 1)), 0.07, 0.6))
    size = {"width": style.width, "height": style.height}
    paint, channels = _paint(picture)
    density = rasterise(curves, paint, channels=channels, weight=weight, thickness=line, **size)
    full = density.full  # where edges cover the whole map only the trunks may shine
    gamma = float(np.clip(0.9 + 0.3 * np.log10(max(scene.edges, 1)), 1.2, 2.1)) + 2 * full
    tone = equalise(density, style.equalise * (1 - 0.8 * full))
    light = tone.of(density.flow)
    if style.renderer in ("gradient", "segments"):
        own = None
        if style.renderer == "gradient":
            own = edge_intensity(curves, density.flow) if scene.intensity is None else scene.intensity
        values = intensities(curves, density.flow, own, relative=style.relative)
        density = rasterise(curves, values[:, None], weight=weight, thickness=line, **size)
        colour = intensity_ramp(chosen)[(density.tone[:, :, 0] * 255).astype(np.int64)]
    elif density.tone.shape[2] == 3:
        colour = density.tone
    elif style.renderer == "simple":
        colour = np.broadcast_to(rgb(chosen.target), (*light.shape, 3))
    else:
        colour = flow_ramp(chosen)[(density.tone[:, :, 0] * 255).astype(np.int64)]
    bright = np.clip((light - 0.82) / 0.18, 0, 1)[:, :, None] ** 1.5
    if style.renderer in ("flow", "simple"):
        colour = colour + (rgb(chosen.glow) - colour) * bright * 0.55
    cover = np.clip(density.cover * 1.35, 0, 1)
    alpha = cover * (faintest + (1 - faintest) * light**gamma) * style.opacity
    canvas.blend(np.asarray(colour), alpha * (0.22 if picture.dimmed else 1.0))
    return tone


def _items(canvas: Canvas, picture: Picture) -> None:
    for item in picture.items:
        if isinstance(item, Text):
            canvas.text(
                item.x, item.y, item.text, item.size, item.colour, halo=item.halo, anchor=item.anchor, alpha=item.alpha
            )
        elif isinstance(item, Stroke):
            canvas.line(item.points, item.colour, item.width, item.alpha)
        elif isinstance(item, Shape):
            canvas.polygon(item.points, item.colour, item.alpha)
        elif isinstance(item, Bar):
            width, height = round(item.width), round(item.height)
            colours = item.colours[np.linspace(0, len(item.colours) - 1, width).astype(np.int64)]
            strip = np.broadcast_to(colours, (height, width, 3))
            canvas.blend(np.asarray(strip), np.ones((height, width)), round(item.x), round(item.y))
