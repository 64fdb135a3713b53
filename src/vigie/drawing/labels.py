"""Names on a map that never overlap: the most important first, each at the first free place around its thing."""

from dataclasses import dataclass

from vigie.drawing.glyphs import text_width

CELL = 64.0


@dataclass(frozen=True, slots=True)
class Label:
    """A name that wants a place: `places` are (x, y, anchor) of its base line, best first."""

    text: str
    size: float
    places: tuple[tuple[float, float, str], ...]
    role: str = "ink"


@dataclass(frozen=True, slots=True)
class Placed:
    """A name with its place, and the rectangle (left, top, right, bottom) that it fills."""

    label: Label
    x: float
    y: float
    anchor: str
    rect: tuple[float, float, float, float]


class Ground:
    """A rectangle (left, top, right, bottom) in which things take their place; what is taken is found by cells."""

    def __init__(self, left: float, top: float, right: float, bottom: float) -> None:
        self.bounds = (left, top, right, bottom)
        self._cells: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}

    def take(self, rect: tuple[float, float, float, float]) -> None:
        """Keep a rectangle free of names."""
        for cell in self._cells_of(rect):
            self._cells.setdefault(cell, []).append(rect)

    def free(self, rect: tuple[float, float, float, float]) -> bool:
        """Whether a rectangle lies inside the bounds and on nothing."""
        left, top, right, bottom = rect
        if left < self.bounds[0] or top < self.bounds[1] or right > self.bounds[2] or bottom > self.bounds[3]:
            return False
        for cell in self._cells_of(rect):
            for other in self._cells.get(cell, ()):
                if left < other[2] and right > other[0] and top < other[3] and bottom > other[1]:
                    return False
        return True

    def place(self, label: Label) -> Placed | None:
        """The label at its first free place, which is then taken; None if there is none."""
        width = text_width(label.text, label.size)
        for x, y, anchor in label.places:
            left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            rect = (left - 3, y - label.size * 0.82, left + width + 3, y + label.size * 0.3)
            if self.free(rect):
                self.take(rect)
                return Placed(label, x, y, anchor, rect)
        return None

    def _cells_of(self, rect: tuple[float, float, float, float]) -> list[tuple[int, int]]:
        left, top, right, bottom = (int(value // CELL) for value in rect)
        return [(column, row) for column in range(left, right + 1) for row in range(top, bottom + 1)]


def around(x: float, y: float, size: float, gap: float) -> tuple[tuple[float, float, str], ...]:
    """The places around a point: right, left, above, below, and the four corners."""
    middle = y + size * 0.32
    return (
        (x + gap, middle, "start"),
        (x - gap, middle, "end"),
        (x, y - gap, "middle"),
        (x, y + gap + size * 0.72, "middle"),
        (x + gap * 0.7, y - gap * 0.7, "start"),
        (x - gap * 0.7, y - gap * 0.7, "end"),
        (x + gap * 0.7, y + gap * 0.7 + size * 0.72, "start"),
        (x - gap * 0.7, y + gap * 0.7 + size * 0.72, "end"),
    )
