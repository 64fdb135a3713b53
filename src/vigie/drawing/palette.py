"""Colours that a colour-blind reader tells apart, on a dark and on a light ground.

Hues are told apart along blue and orange, and by lightness; no meaning rests on red against green, and every mark has a
shape of its own besides its colour. Ramps are mixed in Oklab (Bjorn Ottosson, 2020), so equal steps look equal.
"""

from dataclasses import dataclass

import numpy as np

from vigie.drawing.scene import Floats
from vigie.model.errors import UsageError


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one drawing, as #rrggbb."""

    name: str
    ground: str
    panel: str
    ink: str
    soft: str
    faint: str
    source: str
    both: str
    target: str
    glow: str
    answer: str
    types: tuple[str, ...]
    severities: tuple[str, ...]
    box: float
    border: float


DARK = Theme(
    name="dark",
    ground="#0c1018",
    panel="#141a25",
    ink="#e9eef5",
    soft="#98a5b8",
    faint="#2a3342",
    source="#f2a23a",
    both="#c79ccb",
    target="#3f9cf5",
    glow="#ffffff",
    answer="#ffe45c",
    types=("#56b4e9", "#e69f00", "#2fbf91", "#e58bbd", "#a3d55f", "#ee7733", "#b3a2f2", "#c4ced6"),
    severities=("#98a5b8", "#56b4e9", "#cdbb5c", "#f5a12c", "#ff6b35"),
    box=0.030,
    border=0.11,
)
LIGHT = Theme(
    name="light",
    ground="#fcfcfa",
    panel="#f1f2f0",
    ink="#14181f",
    soft="#586271",
    faint="#d9dce0",
    source="#c96a00",
    both="#8a5a90",
    target="#0b62b8",
    glow="#10131a",
    answer="#b3006b",
    types=("#0072b2", "#c77700", "#00795a", "#b0498a", "#8a7a00", "#c4440c", "#5f4bb6", "#55606a"),
    severities=("#586271", "#0072b2", "#8a7a00", "#c77700", "#c43a00"),
    box=0.026,
    border=0.14,
)
THEMES = {"dark": DARK, "light": LIGHT}


def theme(name: str) -> Theme:
    """The theme of that name. Raises UsageError for any other."""
    try:
        return THEMES[name]
    except KeyError:
        raise UsageError(f"there is no theme {name!r}", fix=f"use one of {', '.join(THEMES)}") from None


def rgb(colour: str) -> Floats:
    """The three channels 0..1 of #rrggbb."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def hexed(channels: Floats) -> str:
    """#rrggbb of three channels 0..1."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in np.clip(channels[:3], 0, 1))


_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _oklab(channels: Floats) -> Floats:
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_CONE.T) @ _TO_LAB.T)


def _srgb(lab: Floats) -> Floats:
    linear = np.clip(((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_CONE).T, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def ramp(colours: tuple[str, ...], steps: int = 256) -> Floats:
    """(steps, 3) channels 0..1 through `colours`, evenly spaced to the eye."""
    stops = np.array([_oklab(rgb(colour)) for colour in colours])
    at = np.linspace(0, len(colours) - 1, steps)
    return _srgb(np.column_stack([np.interp(at, np.arange(len(colours)), stops[:, channel]) for channel in range(3)]))


def flow_ramp(chosen: Theme) -> Floats:
    """(256, 3) from the colour of a source, over traffic both ways, to the colour of a target."""
    return ramp((chosen.source, chosen.both, chosen.target))


def intensity_ramp(chosen: Theme) -> Floats:
    """(256, 3) from few edges to many: lightness runs one way only."""
    if chosen.name == "dark":
        return ramp(("#2b3f87", "#2f7fc1", "#45b8ac", "#c9d65b", "#fff3b0"))
    return ramp(("#b9c9e2", "#5f9fd0", "#2b7f97", "#3b5a7a", "#1a1433"))


def mark_shape(severity: int) -> Floats:
    """The outline (K, 2) of a finding's mark in a circle of radius 1: circle, square, triangle, diamond."""
    if severity <= 1:
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        return 0.8 * np.column_stack((np.cos(turn), np.sin(turn)))
    if severity == 2:
        return 0.72 * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    if severity == 3:
        return np.array([[0.0, -1.0], [0.95, 0.75], [-0.95, 0.75]])
    return np.array([[0.0, -1.1], [1.0, 0.0], [0.0, 1.1], [-1.0, 0.0]])
