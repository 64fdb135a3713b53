"""A single-stroke typeface drawn for vigie, so that a PNG has names on it without a font or an imaging library.

A glyph is strokes on a grid: base line at 0, x-height 5, capitals 7, descenders -2, an em of 10. A stroke is
`l x y x y ...` (straight pieces) or `a cx cy rx ry from to` (an arc, degrees, counter-clockwise if `to` is larger).
Characters outside ASCII are drawn as their base letter if Unicode knows one, else as an empty box.
"""

import unicodedata
from functools import cache

import numpy as np

from vigie.drawing.scene import Floats

EM = 10.0
GAP = 1.8
SPACE = 3.0

_STROKES = {
    "a": "a 1.9 2.5 1.9 2.5 0 360|l 3.8 5 3.8 0",
    "b": "l 0 7.2 0 0|a 1.9 2.5 1.9 2.5 0 360",
    "c": "a 1.9 2.5 1.9 2.5 48 312",
    "d": "a 1.9 2.5 1.9 2.5 0 360|l 3.8 7.2 3.8 0",
    "e": "l 0 2.6 3.8 2.6|a 1.9 2.5 1.9 2.5 2 310",
    "f": "a 2.2 5.8 1.3 1.4 70 180|l 0.9 5.8 0.9 0|l 0 5 2.3 5",
    "g": "a 1.9 2.5 1.9 2.5 0 360|l 3.8 5 3.8 -0.2|a 1.9 -0.2 1.9 1.9 0 -145",
    "h": "l 0 7.2 0 0|a 1.75 3.1 1.75 1.9 180 0|l 3.5 3.1 3.5 0",
    "i": "l 0.2 5 0.2 0|l 0.2 6.75 0.2 6.95",
    "j": "l 1.2 5 1.2 -0.8|a 0.1 -0.8 1.1 1.2 0 -90|l 1.2 6.75 1.2 6.95",
    "k": "l 0 7.2 0 0|l 3.3 5 0 1.9|l 1.25 3.05 3.5 0",
    "l": "l 0 7.2 0 1.1|a 1.1 1.1 1.1 1.1 180 265",
    "m": "l 0 5 0 0|a 1.4 3.5 1.4 1.5 180 0|l 2.8 3.5 2.8 0|a 4.2 3.5 1.4 1.5 180 0|l 5.6 3.5 5.6 0",
    "n": "l 0 5 0 0|a 1.75 3.1 1.75 1.9 180 0|l 3.5 3.1 3.5 0",
    "o": "a 2 2.5 2 2.5 0 360",
    "p": "l 0 5 0 -2|a 1.9 2.5 1.9 2.5 0 360",
    "q": "a 1.9 2.5 1.9 2.5 0 360|l 3.8 5 3.8 -2",
    "r": "l 0 5 0 0|a 1.75 3.1 1.75 1.9 180 62",
    "s": "a 1.6 3.72 1.45 1.28 35 270|a 1.6 1.22 1.6 1.22 90 -148",
    "t": "l 0.9 6.6 0.9 1.2|a 2.1 1.2 1.2 1.2 180 280|l 0 5 2.3 5",
    "u": "l 0 5 0 1.9|a 1.75 1.9 1.75 1.9 180 360|l 3.5 5 3.5 0",
    "v": "l 0 5 1.85 0 3.7 5",
    "w": "l 0 5 1.35 0 2.8 4.6 4.25 0 5.6 5",
    "x": "l 0 5 3.5 0|l 3.5 5 0 0",
    "y": "l 0 5 1.9 0|l 3.8 5 1.1 -2",
    "z": "l 0.1 5 3.3 5 0 0 3.4 0",
    "A": "l 0 0 2.6 7 5.2 0|l 0.9 2.4 4.3 2.4",
    "B": "l 0 0 0 7|l 0 7 2.2 7|a 2.2 5.3 1.7 1.7 90 -90|l 0 3.6 2.5 3.6|a 2.5 1.8 1.85 1.8 90 -90|l 2.5 0 0 0",
    "C": "a 2.8 3.5 2.8 3.5 48 312",
    "D": "l 0 0 0 7|l 0 7 1.5 7|a 1.5 3.5 3.4 3.5 90 -90|l 1.5 0 0 0",
    "E": "l 3.8 7 0 7 0 0 3.9 0|l 0 3.6 3.3 3.6",
    "F": "l 3.8 7 0 7 0 0|l 0 3.5 3.2 3.5",
    "G": "a 2.8 3.5 2.8 3.5 48 338|l 5.4 2.2 5.4 3.4 3.2 3.4",
    "H": "l 0 0 0 7|l 4.6 0 4.6 7|l 0 3.6 4.6 3.6",
    "I": "l 0.2 0 0.2 7",
    "J": "l 2.6 7 2.6 1.8|a 0.9 1.8 1.7 1.8 0 -125",
    "K": "l 0 0 0 7|l 4.2 7 0 2.7|l 1.4 4.1 4.5 0",
    "L": "l 0 7 0 0 3.6 0",
    "M": "l 0 0 0 7 2.9 2 5.8 7 5.8 0",
    "N": "l 0 0 0 7 4.6 0 4.6 7",
    "O": "a 3 3.5 3 3.5 0 360",
    "P": "l 0 0 0 7|l 0 7 2.2 7|a 2.2 5.1 1.9 1.9 90 -90|l 2.2 3.2 0 3.2",
    "Q": "a 3 3.5 3 3.5 0 360|l 3.6 1.7 5.6 -0.5",
    "R": "l 0 0 0 7|l 0 7 2.2 7|a 2.2 5.1 1.9 1.9 90 -90|l 2.2 3.2 0 3.2|l 2.1 3.2 4.3 0",
    "S": "a 2.1 5.25 1.9 1.75 35 270|a 2.1 1.75 2.1 1.75 90 -148",
    "T": "l 0 7 4.8 7|l 2.4 7 2.4 0",
    "U": "l 0 7 0 2.3|a 2.25 2.3 2.25 2.3 180 360|l 4.5 2.3 4.5 7",
    "V": "l 0 7 2.5 0 5 7",
    "W": "l 0 7 1.8 0 3.7 6.6 5.6 0 7.4 7",
    "X": "l 0 7 4.6 0|l 4.6 7 0 0",
    "Y": "l 0 7 2.4 3.4 4.8 7|l 2.4 3.4 2.4 0",
    "Z": "l 0.1 7 4.4 7 0 0 4.5 0",
    "0": "a 2.05 3.5 2.05 3.5 0 360",
    "1": "l 0.3 5.5 2 7 2 0|l 0.5 0 3.5 0",
    "2": "a 2 5.05 1.95 1.95 165 -35|l 3.6 3.93 0.1 0 4 0",
    "3": "a 1.95 5.3 1.75 1.7 150 -90|l 1.3 3.6 1.95 3.6|a 1.95 1.8 2.05 1.8 90 -150",
    "4": "l 3.1 0 3.1 7 0 2 4.2 2",
    "5": "l 3.7 7 0.6 7 0.35 3.75|a 2 2.25 2.1 2.25 138 -150",
    "6": "a 2.05 2.2 2.05 2.2 0 360|a 3.7 2.2 3.7 4.8 180 98",
    "7": "l 0 7 4 7 1.4 0",
    "8": "a 2.05 5.3 1.7 1.7 0 360|a 2.05 1.8 2.05 1.8 0 360",
    "9": "a 2.05 4.8 2.05 2.2 0 360|a 0.4 4.8 3.7 4.8 0 -82",
    ".": "l 0.3 0.05 0.3 0.2",
    ",": "l 0.5 0.2 0.1 -1.2",
    ":": "l 0.3 0.05 0.3 0.2|l 0.3 4 0.3 4.15",
    ";": "l 0.5 0.2 0.1 -1.2|l 0.5 4 0.5 4.15",
    "!": "l 0.3 7 0.3 2|l 0.3 0.05 0.3 0.2",
    "?": "a 1.7 5.2 1.7 1.8 160 -60|l 2.55 3.64 1.7 2.9 1.7 2|l 1.7 0.05 1.7 0.2",
    "'": "l 0.2 7.1 0.2 5.4",
    '"': "l 0.2 7.1 0.2 5.4|l 1.6 7.1 1.6 5.4",
    "`": "l 0 7.2 1 6",
    "-": "l 0 2.8 2.5 2.8",
    "_": "l 0 -0.8 4 -0.8",
    "+": "l 0 3 3.8 3|l 1.9 4.9 1.9 1.1",
    "=": "l 0 4 3.8 4|l 0 2 3.8 2",
    "/": "l 0 -0.8 2.9 7.4",
    "\\": "l 0 7.4 2.9 -0.8",
    "|": "l 0.2 7.4 0.2 -1.4",
    "(": "a 3.2 3 3.1 5.4 128 232",
    ")": "a -1.8 3 3.1 5.4 52 -52",
    "[": "l 1.5 7.4 0 7.4 0 -1.2 1.5 -1.2",
    "]": "l 0 7.4 1.5 7.4 1.5 -1.2 0 -1.2",
    "{": "l 1.9 7.4 1.2 7.1 1 6 1 4.2 0 3.1 1 2 1 0.2 1.2 -0.9 1.9 -1.2",
    "}": "l 0 7.4 0.7 7.1 0.9 6 0.9 4.2 1.9 3.1 0.9 2 0.9 0.2 0.7 -0.9 0 -1.2",
    "<": "l 3.4 5.2 0 3 3.4 0.8",
    ">": "l 0 5.2 3.4 3 0 0.8",
    "*": "l 1.5 6.9 1.5 3.7|l 0.1 6.1 2.9 4.5|l 2.9 6.1 0.1 4.5",
    "#": "l 1 0 1.8 7|l 3.2 0 4 7|l 0.2 4.8 4.8 4.8|l 0 2.2 4.6 2.2",
    "$": "a 2.1 4.9 1.8 1.4 35 270|a 2.1 2.1 2 1.4 90 -148|l 2.1 7.4 2.1 -0.4",
    "%": "a 1.2 5.6 1.2 1.4 0 360|a 4.6 1.4 1.2 1.4 0 360|l 5 7 0.8 0",
    "&": "l 5 0 1.1 4.6|a 2.1 5.6 1.35 1.4 215 -35|l 3.2 4.8 0.8 3|a 1.9 1.6 1.9 1.7 125 320|l 3.35 0.5 4.7 3",
    "@": "a 3.2 3 1.4 1.6 0 360|l 4.6 4.6 4.6 2.2|a 5.5 2.2 0.9 0.9 180 330|a 3.2 2.8 3.2 3.6 -10 300",
    "^": "l 0 4.4 1.6 7 3.2 4.4",
    "~": "a 0.9 2.8 0.9 0.8 180 20|a 2.6 3.3 0.9 0.8 200 360",
    "\u00b7": "l 0.3 2.9 0.3 3.05",
    "\u00d7": "l 0.2 4.6 3.2 1.4|l 3.2 4.6 0.2 1.4",
    "\u2013": "l 0 2.8 4 2.8",
    "\u2026": "l 0.3 0.05 0.3 0.2|l 2.3 0.05 2.3 0.2|l 4.3 0.05 4.3 0.2",
    "\u2192": "l 0 3 5 3|l 3.2 4.8 5 3 3.2 1.2",
    "\u2264": "l 3.4 6 0 4 3.4 2|l 0 0.6 3.4 0.6",
    "\ufffd": "l 0 0 0 7 3.6 7 3.6 0 0 0",
}


@cache
def glyph(character: str) -> tuple[Floats, float]:
    """The strokes of one character as (S, 4) straight pieces in grid units, and its advance."""
    if character == " ":
        return np.zeros((0, 4)), SPACE
    strokes = _STROKES.get(character)
    if strokes is None:
        base = unicodedata.normalize("NFKD", character)[:1]
        strokes = _STROKES.get(base, _STROKES["\ufffd"])
    pieces = np.concatenate([_pieces(stroke) for stroke in strokes.split("|")])
    return pieces, float(max(pieces[:, 0].max(), pieces[:, 2].max())) + GAP


def _pieces(stroke: str) -> Floats:
    form, *rest = stroke.split()
    numbers = np.array([float(number) for number in rest])
    if form == "l":
        points = numbers.reshape(-1, 2)
    else:
        cx, cy, rx, ry, start, end = numbers
        turn = np.radians(np.linspace(start, end, max(5, int(abs(end - start) / 12))))
        points = np.column_stack((cx + rx * np.cos(turn), cy + ry * np.sin(turn)))
    return np.hstack((points[:-1], points[1:]))


def text_width(text: str, size: float) -> float:
    """The width of `text` in pixels when drawn `size` pixels high."""
    if not text:
        return 0.0
    return (sum(glyph(character)[1] for character in text) - GAP) * size / EM


def shorten(text: str, size: float, room: float) -> str:
    """`text`, or as much of its start as fits into `room` pixels with an ellipsis; empty if that is no two letters."""
    if text_width(text, size) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle] + "\u2026", size) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip("-. ") + "\u2026" if low >= 2 else ""


@cache
def stamp(character: str, size: float, phase: int, stroke: float) -> tuple[Floats, int, int]:
    """The coverage 0..1 (h, w) of a character, and the offset of its upper left corner from the pen.

    `phase` is the quarter of a pixel at which the pen stands, `stroke` the width of the line in pixels.
    """
    pieces, advance = glyph(character)
    unit = size / EM
    reach = int(np.ceil(stroke)) + 1
    left, top = -reach, -int(np.ceil(7.6 * unit)) - reach
    width, height = int(np.ceil(advance * unit)) + 2 * reach, int(np.ceil(9.8 * unit)) + 2 * reach
    if not len(pieces):
        return np.zeros((0, 0)), 0, 0
    x = np.arange(left, left + width)[None, :, None] + 0.5 - phase / 4
    y = np.arange(top, top + height)[:, None, None] + 0.5
    x1, y1, x2, y2 = pieces[:, 0] * unit, -pieces[:, 1] * unit, pieces[:, 2] * unit, -pieces[:, 3] * unit
    dx, dy = x2 - x1, y2 - y1
    along = np.clip(((x - x1) * dx + (y - y1) * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0, 1)
    distance = np.sqrt((x - x1 - along * dx) ** 2 + (y - y1 - along * dy) ** 2).min(axis=2)
    return np.clip(0.5 + stroke / 2 - distance, 0, 1), left, top
