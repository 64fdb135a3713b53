"""A picture in numpy: anti-aliased boxes, lines, polygons and text on float pixels, and a PNG writer on zlib alone."""

import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from vigie.drawing.glyphs import EM, glyph, stamp, text_width
from vigie.drawing.palette import rgb
from vigie.drawing.scene import Bytes, Floats
from vigie.model.errors import VigieError

MOST_PIXELS = 100_000_000


class Canvas:
    """`pixels` is (height, width, 3), channels 0..1; coordinates are pixels from the upper left corner."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        if width < 1 or height < 1 or width * height > MOST_PIXELS:
            raise VigieError(
                f"a picture of {width} x {height} pixels cannot be made", fix=f"keep it below {MOST_PIXELS:,}"
            )
        self.width, self.height = width, height
        self.pixels: Floats = np.empty((height, width, 3))
        self.pixels[:] = rgb(ground)

    def blend(self, colour: Floats, cover: Floats, x: int = 0, y: int = 0) -> None:
        """Lay `colour`, (3,) or (h, w, 3), over the pixels from (x, y) on, by `cover` (h, w)."""
        height, width = cover.shape
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width, self.width), min(y + height, self.height)
        if right <= left or bottom <= top:
            return
        part = cover[top - y : bottom - y, left - x : right - x, None]
        tint = colour[top - y : bottom - y, left - x : right - x] if colour.ndim == 3 else colour
        under = self.pixels[top:bottom, left:right]
        under += (tint - under) * part

    def boxes(self, boxes: Floats, colour: str, alpha: float) -> None:
        """Fill (B, 4) boxes x, y, width, height; where they overlap, they cover more."""
        cover = box_cover(boxes, self.width, self.height)
        self.blend(rgb(colour), np.clip(cover * alpha, 0, 1))

    def frames(self, boxes: Floats, colour: str, alpha: float, line: float = 1.0) -> None:
        """Draw the outlines of (B, 4) boxes, `line` pixels wide, just inside them."""
        inner = np.column_stack(
            (boxes[:, 0] + line, boxes[:, 1] + line, boxes[:, 2] - 2 * line, boxes[:, 3] - 2 * line)
        )
        inner = inner[(inner[:, 2] > 0) & (inner[:, 3] > 0)]
        cover = box_cover(boxes, self.width, self.height) - box_cover(inner, self.width, self.height)
        self.blend(rgb(colour), np.clip(cover, 0, 1) * alpha)

    def line(self, points: Floats, colour: str, width: float, alpha: float = 1.0) -> None:
        """Draw one polyline (P, 2) with round caps, `width` pixels wide."""
        for start, end in pairwise(points):
            left, top = np.floor(np.minimum(start, end) - width - 1).astype(int)
            right, bottom = np.ceil(np.maximum(start, end) + width + 2).astype(int)
            left, top = max(int(left), 0), max(int(top), 0)
            right, bottom = min(int(right), self.width), min(int(bottom), self.height)
            if right <= left or bottom <= top:
                continue
            x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
            dx, dy = end - start
            share = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / max(float(dx * dx + dy * dy), 1e-12), 0, 1)
            distance = np.hypot(x - start[0] - share * dx, y - start[1] - share * dy)
            self.blend(rgb(colour), np.clip(0.5 + width / 2 - distance, 0, 1) * alpha, left, top)

    def polygon(self, points: Floats, colour: str, alpha: float = 1.0) -> None:
        """Fill one polygon (K, 2), even-odd, at four by four samples a pixel."""
        left, top = np.floor(points.min(axis=0)).astype(int) - 1
        right, bottom = np.ceil(points.max(axis=0)).astype(int) + 1
        left, top = max(int(left), 0), max(int(top), 0)
        width, height = min(int(right), self.width) - left, min(int(bottom), self.height) - top
        if width <= 0 or height <= 0:
            return
        x, y = np.meshgrid(left + (np.arange(4 * width) + 0.5) / 4, top + (np.arange(4 * height) + 0.5) / 4)
        inside = np.zeros(x.shape, dtype=bool)
        for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if y1 != y2:
                inside ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        cover = inside.reshape(height, 4, width, 4).mean(axis=(1, 3))
        self.blend(rgb(colour), cover * alpha, left, top)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str,
        *,
        halo: str = "",
        anchor: str = "start",
        alpha: float = 1.0,
    ) -> None:
        """Write one line with its base line at `y`; `halo` is the colour of an outline that keeps it readable."""
        if anchor != "start":
            x -= text_width(text, size) * (0.5 if anchor == "middle" else 1.0)
        stroke = max(size * 0.095, 1.05)
        if halo:
            self._write(x, y, text, size, halo, stroke + max(2.6, size * 0.24), 0.82 * alpha)
        self._write(x, y, text, size, colour, stroke, alpha)

    def _write(self, x: float, y: float, text: str, size: float, colour: str, stroke: float, alpha: float) -> None:
        reach = int(np.ceil(stroke)) + 2
        left, top = int(np.floor(x)) - reach, round(y) - int(np.ceil(size * 0.8)) - reach
        cover = np.zeros(
            (int(np.ceil(size * 1.1)) + 2 * reach + 4, int(np.ceil(text_width(text, size))) + 2 * reach + 8)
        )
        pen = x
        for character in text:
            quarter = int(np.floor(pen * 4 + 0.5))
            mask, dx, dy = stamp(character, float(size), quarter % 4, float(stroke))
            if mask.size:
                column, row = quarter // 4 + dx - left, round(y) + dy - top
                column, row, mask = _clip(column, row, mask, cover.shape)
                part = cover[row : row + mask.shape[0], column : column + mask.shape[1]]
                np.maximum(part, mask, out=part)
            pen += glyph(character)[1] * size / EM
        self.blend(rgb(colour), cover * alpha, left, top)

    def png(self, notes: Sequence[tuple[str, str]] = ()) -> bytes:
        """The picture as a PNG, 8 bits a channel; `notes` are (keyword, text) pairs kept in the file."""
        data = np.clip(self.pixels * 255 + 0.5, 0, 255).astype(np.uint8)
        return encode_png(data, notes)


def _clip(column: int, row: int, mask: Floats, shape: tuple[int, ...]) -> tuple[int, int, Floats]:
    top, left = max(-row, 0), max(-column, 0)
    return column + left, row + top, mask[top : max(shape[0] - row, 0), left : max(shape[1] - column, 0)]


def box_cover(boxes: Floats, width: int, height: int) -> Floats:
    """(height, width) the area of each pixel that (B, 4) boxes cover, summed over the boxes; exact, in vectors.

    Each corner adds its bilinear share to a table of second differences; summing along both axes gives the boxes.
    """
    table = np.zeros((height + 2) * (width + 2))
    if len(boxes):
        for right in (0, 1):
            x = np.clip(boxes[:, 0] + right * boxes[:, 2], 0, width)
            column = np.minimum(x.astype(np.int64), width)
            for lower in (0, 1):
                y = np.clip(boxes[:, 1] + lower * boxes[:, 3], 0, height)
                row = np.minimum(y.astype(np.int64), height)
                sign = 1.0 if right == lower else -1.0
                for i in (0, 1):
                    for j in (0, 1):
                        share = np.abs(1 - i - (x - column)) * np.abs(1 - j - (y - row)) * sign
                        table += np.bincount((row + j) * (width + 2) + column + i, weights=share, minlength=len(table))
    grid = table.reshape(height + 2, width + 2)
    return np.asarray(grid.cumsum(axis=0).cumsum(axis=1)[:height, :width])


def encode_png(data: Bytes, notes: Sequence[tuple[str, str]] = ()) -> bytes:
    """A PNG (ISO/IEC 15948) of (height, width, 3) bytes: every row is filtered by the one above it."""
    height, width, _ = data.shape
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)
    flat = data.reshape(height, 3 * width)
    rows[:, 0] = 2
    rows[0, 1:] = flat[0]
    rows[1:, 1:] = flat[1:] - flat[:-1]
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    for keyword, text in notes:
        chunks.append(_chunk(b"iTXt", keyword.encode("ascii") + b"\0\0\0\0\0" + text.encode("utf-8", "replace")))
    chunks += [_chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
