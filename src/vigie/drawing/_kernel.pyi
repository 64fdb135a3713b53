from collections.abc import Callable

from typing_extensions import Buffer

def bundle(
    segments: Buffer,
    weights: Buffer,
    groups: Buffer,
    cycles: Buffer,
    steps: Buffer,
    out: Buffer,
    intensity: Buffer,
    start: Buffer,
    kin: Buffer,
    threshold: float,
    spring: float,
    tiny: float,
    company: float,
    origin_x: float,
    origin_y: float,
    unit: float,
    flags: int,
    threads: int,
    level: int,
    limit: int,
    hook: Callable[[int, int, float], bool | None] | None,
    /,
) -> tuple[int, int, float, float, float, str, int]: ...
def merge(segments: Buffer, groups: Buffer, members: Buffer, tolerance: float, oriented: bool, /) -> int: ...
def spread(
    segments: Buffer,
    supers: Buffer,
    members: Buffer,
    curves: Buffer,
    mass: Buffer,
    cycles: Buffer,
    steps: Buffer,
    out: Buffer,
    unit: float,
    spring: float,
    tiny: float,
    width: float,
    threads: int,
    level: int,
    /,
) -> None: ...
def density(
    points: Buffer, counts: Buffer, per_edge: int, width: int, height: int, x0: float, y0: float, scale: float, /
) -> None: ...
def reach(
    points: Buffer, view: Buffer, reached: Buffer, per_edge: int, cells: int, sectors: int, places: int, /
) -> None: ...
