"""The legend of a picture: what colours mean, the scale, the marks in use, the answer."""

from collections.abc import Sequence

import numpy as np

from vigie.drawing.glyphs import text_width
from vigie.drawing.palette import flow_ramp, intensity_ramp, mark_shape
from vigie.drawing.picture import Bar, Picture, Shape, Stroke, Text
from vigie.drawing.scene import SEVERITIES


def add_legend(picture: Picture, ticks: Sequence[tuple[float, float]], scale_note: str) -> None:
    """Add the legend: what colours mean, the scale (`ticks` are (value, brightness 0..1)) and the marks in use."""
    if not picture.style.legend:
        return
    top = picture.style.height - 68.0
    pen = 28.0
    if picture.scene.edges:
        pen = _legend_colours(picture, pen, top) + 34
    if ticks:
        pen = _legend_scale(picture, pen, top, ticks, scale_note) + 34
    group = pen
    used = sorted({int(severity) for severity in np.unique(picture.scene.severity) if severity >= 2}, reverse=True)
    if used:
        _caption(picture, pen, top, "findings")
        for severity in used:
            outline = mark_shape(severity) * 6 + (pen + 7, top + 20)
            picture.items.append(Shape(outline, picture.theme.severities[severity]))
            picture.items.append(Text(pen + 19, top + 24, SEVERITIES[severity], 12, picture.theme.soft))
            pen += 19 + text_width(SEVERITIES[severity], 12) + 16
        pen += 18
    if picture.scene.chains:
        _answer(picture, pen, group, top)


def _answer(picture: Picture, pen: float, group: float, top: float) -> None:
    """The line of the answer, beside the marks; below them where it would run into the figures at the right."""
    words = "from the symptom to its root"
    figures = [item for item in picture.items if isinstance(item, Text) and item.anchor == "end" and item.y >= top - 6]
    limit = min((item.x - text_width(item.text, item.size) for item in figures), default=float(picture.style.width))
    y = top + 20
    if pen + 42 + text_width(words, 12) + 16 > limit:
        pen, y = group, top + 42
    else:
        _caption(picture, pen, top, "answer")
    picture.items.append(Stroke(np.array([[pen, y], [pen + 34, y]]), picture.theme.answer, 2.4))
    picture.items.append(Text(pen + 42, y + 4, words, 12, picture.theme.soft))


def _caption(picture: Picture, x: float, top: float, words: str) -> None:
    picture.items.append(Text(x, top, words, 12, picture.theme.ink))


def _legend_colours(picture: Picture, pen: float, top: float) -> float:
    scene, chosen = picture.scene, picture.theme
    if picture.by_type and picture.style.renderer in ("flow", "simple"):
        _caption(picture, pen, top, "edges by type, brighter towards the target")
        end = pen + text_width("edges by type, brighter towards the target", 12)
        x, row = pen, 0
        limit = picture.style.width * 0.42
        for number in np.unique(scene.type):
            name = scene.type_names[number] or "other"
            wide = 24 + text_width(name, 12) + 16
            if x + wide > limit and x > pen:
                x, row = pen, row + 1
            if row > 1:
                break
            y = top + 20 + 18 * row
            line = np.array([[x, y], [x + 16, y]])
            picture.items.append(Stroke(line, chosen.types[number % len(chosen.types)], 3.0))
            picture.items.append(Text(x + 24, y + 4, name, 12, chosen.soft))
            x += wide
            end = max(end, x - 16)
        return end
    if picture.style.renderer == "simple":
        _caption(picture, pen, top, "edges")
        picture.items.append(Stroke(np.array([[pen, top + 20], [pen + 34, top + 20]]), chosen.target, 3.0))
        return pen + 40
    if picture.style.renderer == "flow":
        _caption(picture, pen, top, "direction")
        picture.items.append(Bar(pen, top + 12, 150, 12, flow_ramp(chosen)))
        for x, words, anchor in ((0, "source", "start"), (75, "both ways", "middle"), (150, "target", "end")):
            picture.items.append(Text(pen + x, top + 41, words, 11.5, chosen.soft, anchor))
        return pen + 150
    _caption(picture, pen, top, "edges that run along")
    picture.items.append(Bar(pen, top + 12, 150, 12, intensity_ramp(chosen)))
    picture.items.append(Text(pen, top + 41, "few", 11.5, chosen.soft))
    picture.items.append(Text(pen + 150, top + 41, "many", 11.5, chosen.soft, "end"))
    return pen + 150


def _legend_scale(picture: Picture, pen: float, top: float, ticks: Sequence[tuple[float, float]], note: str) -> float:
    chosen = picture.theme
    _caption(picture, pen, top, note)
    end = pen + text_width(note, 12)
    for value, light in ticks:
        line = np.array([[pen, top + 20], [pen + 22, top + 20]])
        picture.items.append(Stroke(line, chosen.ink, 1.4 + 3.2 * light, 0.25 + 0.75 * light))
        words = f"{value:,.0f}" if value >= 1 else f"{value:.1f}"
        picture.items.append(Text(pen + 28, top + 24, words, 12, chosen.soft))
        pen += 28 + text_width(words, 12) + 16
        end = max(end, pen - 16)
    return end
