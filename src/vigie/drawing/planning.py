"""From the caller's segments and options to what the engines run: edges that move, inner coordinates, a schedule."""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vigie.drawing.options import SOLVERS, WIDTH, Options
from vigie.drawing.twin import Rules
from vigie.model.errors import VigieError

Floats: TypeAlias = NDArray[np.float64]
SINGLE = 1e15


@dataclass(frozen=True, slots=True)
class Plan:
    """The edges that move, sorted by type, and the numbers that every engine needs.

    segments  (M, 4) with lengths above zero          groups    first edge of each type, and M
    rows      (M,) their numbers among the caller's   schedule  (inner points, iterations, step size) of each cycle
    origin, unit                                      inner = (outer - origin) x unit
    """

    segments: Floats
    rows: NDArray[np.int64]
    weights: NDArray[np.float32] | None
    groups: NDArray[np.int64]
    origin: tuple[float, float]
    unit: float
    rules: Rules
    schedule: list[tuple[int, int, float]]


def width_of(off: Floats) -> float:
    """Width of the map, from (N, 2) ends about their mean: that of the square which, filled, has the same 8th moment.

    It does not change when the map is turned, and changes little when one vertex moves.
    """
    radius = np.hypot(off[:, 0], off[:, 1])
    most = float(radius.max(initial=0.0))
    if most <= 0:
        return 1.0
    return float(most * np.mean((radius / most) ** 8) ** 0.125 / 0.48945)


def plan_of(
    edges: Floats, weights: NDArray[np.float32] | None, types: NDArray[np.int64] | None, options: Options
) -> Plan:
    """Leave out edges of no length, sort by type, and scale the map to a width of 1,000 (`gephi`: as it is)."""
    gephi = options.solver == "gephi"
    # Gephi keeps positions in single precision, and its compatible pairs follow from that.
    if gephi and np.abs(edges).max(initial=0) > SINGLE:
        raise VigieError(
            f"segments lie beyond {SINGLE:g}", where="bundle", fix="scale the map down, or use solver fdeb"
        )
    lines = edges.astype(np.float32).astype(np.float64) if gephi else edges
    vector = lines[:, 2:] - lines[:, :2]
    length = np.hypot(vector[:, 0], vector[:, 1])
    ends = lines.reshape(-1, 2)
    origin = ends.mean(axis=0) if len(ends) else np.zeros(2)
    width = width_of(ends - origin)
    unit = 1.0 if gephi else WIDTH / width
    rows = np.flatnonzero(length > 1e-9 * width)
    groups = np.array([0, len(rows)], dtype=np.int64)
    if types is not None and len(rows):
        rows = rows[np.argsort(types[rows], kind="stable")]
        counts = np.bincount(types[rows])
        groups = np.concatenate(([0], np.cumsum(counts[counts > 0]))).astype(np.int64)
    quartile = float(np.quantile(length[rows], 0.75)) if len(rows) else 1.0
    first = SOLVERS[options.solver].step_scale * quartile / 50 if options.step is None else options.step
    return Plan(
        segments=np.ascontiguousarray(lines[rows]),
        rows=rows,
        weights=None if weights is None else np.ascontiguousarray(weights[rows]),
        groups=groups,
        origin=(float(origin[0]), float(origin[1])),
        unit=unit,
        rules=options.rules(len(rows)),
        schedule=_schedule(options, float(first) * unit),
    )


def _schedule(options: Options, size: float) -> list[tuple[int, int, float]]:
    """As Gephi counts: a cycle runs while the number of the iteration is below the unrounded limit."""
    schedule, n, repeats = [], 1, float(options.iterations)
    for _ in range(options.cycles):
        schedule.append((n, int(np.ceil(repeats - 1e-9)), size))
        n, repeats, size = n * options.subdivision, repeats * options.rate, size * options.step_factor
    return schedule


def warmed(plan: Plan, n: int) -> Plan:
    """The cycles from the one with `n` inner points on; if there is none, one with `n`, as long as the last."""
    schedule = [cycle for cycle in plan.schedule if cycle[0] >= n]
    if not schedule or schedule[0][0] != n:
        schedule.insert(0, (n, *plan.schedule[-1][1:]))
    return replace(plan, schedule=schedule)
