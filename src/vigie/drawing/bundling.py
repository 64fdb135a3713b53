"""Force-directed edge bundling: straight edges in, curves that share their way out.

Holten and van Wijk, Computer Graphics Forum 28(3), 2009, with the options of Gephi's bundling plug-in and its defaults.
Three solvers:

gephi    Gephi's plug-in as it is: explicit steps on single-precision positions, point i attracts point i.
fdeb     the paper's forces on a map 1,000 wide; antiparallel edges are joined end to start, so trunks do not cross.
stable   the same energy, minimised by damped majorisation: no overshoot, so the picture is a smooth function of its
         input. The default.
"""

import os
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vigie.drawing.solving import Cancelled, Frame, Hook, Made, Plan, Progress, load_kernel, run
from vigie.drawing.twin import Rules
from vigie.model.errors import VigieError

__all__ = ["SOLVERS", "Bundles", "Cancelled", "bundle"]

Floats: TypeAlias = NDArray[np.float64]
LIMIT = 1e100
WIDTH = 1000.0
MOST_POINTS = 1024
MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class Solver:
    """The parameters in which the solvers differ; those of `stable` were chosen by the sweep in bench/drawing."""

    iterations: int
    spring: float
    step_scale: float
    softening: float
    company: float


SOLVERS = {
    "stable": Solver(50, 200.0, 55.0, 2.0, 1.0),
    "fdeb": Solver(50, 0.1, 1.0, 0.0, 0.0),
    "gephi": Solver(50, 0.1, 1.0, 0.0, 0.0),
}


@dataclass(frozen=True, eq=False)
class Bundles:
    """What bundling made.

    points       (E, P, 2) the curves in the order of the edges; first and last point are the edge's ends, exactly
    pairs        directed compatible pairs among the edges, or among the super-edges where edges were merged
    super_edge   (E,) the super-edge of each edge, -1 for an edge of no length; each its own if nothing was merged
    intensity    (E,) the sum of the squared compatibilities of each edge, or of its super-edge
    weights      (E,) as given, or None
    memory       bytes that the bundling took at its peak, with its result
    stages       wall seconds of ordering, pairing, moving, merging and spreading, as far as there were any, and in total
    """

    points: Floats
    pairs: int
    solver: str
    seed: int
    super_edge: NDArray[np.int32]
    intensity: NDArray[np.float32]
    weights: Floats | None
    options: dict[str, Any]
    backend: str
    threads: int
    cpu_seconds: float
    memory: int
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def edges(self) -> int:
        """The number of edges."""
        return len(self.points)

    @property
    def super_edges(self) -> int:
        """How many edges were bundled, after merging."""
        return int(self.super_edge.max(initial=-1)) + 1

    @cached_property
    def figures(self) -> dict[str, Any]:
        """What is to be known of this picture before it is believed, ready for JSON.

        Edges, super-edges, compatible pairs, CPU seconds, memory, solver, seed, and all of `figures.measure`.
        """
        from vigie.drawing.figures import measure

        return {
            "edges": self.edges,
            "superEdges": self.super_edges,
            "compatiblePairs": self.pairs,
            **measure(self.points, seed=self.seed),
            "cpuSeconds": round(self.cpu_seconds, 4),
            "memoryBytes": self.memory,
            "solver": self.solver,
            "seed": self.seed,
            "backend": self.backend,
        }


def bundle(
    segments: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    types: ArrayLike | None = None,
    solver: str = "stable",
    threshold: float = 0.5,
    tolerance: float = 0.0,
    cycles: int = 6,
    iterations: int | None = None,
    rate: float = 0.667,
    spring: float | None = None,
    step: float | None = None,
    step_factor: float = 0.5,
    subdivision: int = 2,
    softening: float | None = None,
    company: float | None = None,
    angle: bool = True,
    scale: bool = True,
    position: bool = True,
    visibility: bool = True,
    late_visibility: bool = False,
    directed_angle: bool = False,
    direction_aware: bool | None = None,
    inverse_quadratic: bool = False,
    low_memory: bool = False,
    start: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    on_iteration: Frame | None = None,
    refresh: int = 1,
    backend: str = "auto",
) -> Bundles:
    """Bundle straight edges.

    segments         (E, 4) x1, y1, x2, y2 in any unit. An edge of no length stays a point
    weights          (E,) >= 0: a heavier edge attracts more
    types            (E,) integers: only edges of one type attract each other
    threshold        the least compatibility, 0..1, at which two edges attract each other
    tolerance        merge edges nearer than this share of their length into super-edges first; 0 merges none
    cycles           1 inner point at first, `subdivision` times as many each cycle
    iterations       of the first cycle; `rate` times as many each cycle
    spring           stiffness of the edges
    step             size of the first step, in the unit of the segments; `step_factor` times that each cycle. Default:
                     the third quartile of the lengths / 50, times 55 in `stable`, whose attraction is damped
    softening        `stable` only: the distance, in 1/1000 of the map, below which attraction no longer grows
    company          `stable` only: an edge feels the share s / (s + company) of the attraction, s the sum of its squared
                     compatibilities rescaled from threshold..1 to 0..1: without company, an edge stays straighter
    angle, scale, position, visibility       which measures of compatibility count
    late_visibility  visibility only where the compatibility so far is >= 0.9
    directed_angle   opposite edges are not compatible
    direction_aware  opposite edges are joined end to start (default: not in `gephi`)
    inverse_quadratic  attraction falls with the square of the distance (not in `stable`)
    low_memory       compute compatibilities in every iteration instead of keeping them
    start            (E, n + 2, 2) curves to begin with: the first cycle is the one with n inner points
    seed             of the sampled figures; there is no chance in bundling itself
    threads          default: the cores this process may use, at most 8
    progress         called with the share done; False cancels
    on_iteration     called every `refresh` iterations with cycle, iteration and the (E, n + 2, 2) curves; False cancels
    backend          "auto", "kernel" or "numpy"

    Raises VigieError where an argument cannot be right, Cancelled after a callback returned False.
    """
    given = dict(locals())
    began, clock = time.process_time(), time.perf_counter()
    edges = _segments(segments)
    _check(given)
    mass = _weights(weights, len(edges))
    aware = (solver != "gephi" if direction_aware is None else bool(direction_aware)) and not directed_angle
    base = SOLVERS[solver]
    soft = base.softening if softening is None else float(softening)
    rules = Rules(
        threshold=float(threshold),
        spring=float(base.spring if spring is None else spring),
        tiny=max(soft * soft, 1e-6) if solver == "stable" else 1e-12,
        company=(base.company if company is None else float(company)) if solver == "stable" else 0.0,
        angle=bool(angle),
        scale=bool(scale),
        position=bool(position),
        visibility=bool(visibility),
        directed_angle=bool(directed_angle),
        late_visibility=bool(late_visibility),
        pairing=aware,
        stable=solver == "stable",
        quadratic=bool(inverse_quadratic),
        low_memory=bool(low_memory),
    )
    warm = None if start is None else _start(start, edges)
    plan = _plan(edges, mass, _types(types, len(edges)), rules, given)
    if warm is not None:
        plan = _warm(plan, warm.shape[1] - 2)
    workers = _threads(threads, len(plan.segments))
    hook = Hook(progress, on_iteration, refresh, edges)
    made = run(plan, float(tolerance), aware, None if warm is None else warm[plan.rows], workers, _kernel(backend), hook)
    points, member, intensity = _whole(edges, plan, made)
    return Bundles(
        points=points,
        pairs=made.pairs,
        solver=solver,
        seed=int(seed),
        super_edge=member,
        intensity=intensity,
        weights=None if weights is None else np.array(weights, dtype=np.float64),
        options=_options(given, plan, soft, aware),
        backend=made.backend,
        threads=workers,
        cpu_seconds=time.process_time() - began,
        memory=made.memory + points.nbytes,
        stages={**made.stages, "total": time.perf_counter() - clock},
    )


_NOT_OPTIONS = ("segments", "weights", "types", "start", "progress", "on_iteration", "refresh", "seed", "threads", "backend")


def _options(given: dict[str, Any], plan: Plan, softening: float, aware: bool) -> dict[str, Any]:
    """The options as they were used, with every default filled in."""
    options = {name: value for name, value in given.items() if name not in _NOT_OPTIONS}
    first = plan.schedule[0]
    options |= {"iterations": first[1], "step": first[2] / plan.unit, "spring": plan.rules.spring}
    return options | {"softening": softening, "company": plan.rules.company, "direction_aware": aware}


def _numbers(value: ArrayLike, name: str) -> NDArray[Any]:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise VigieError(f"{name} are not numbers", where="bundle", fix="give an array of numbers") from error
    bad = ~np.isfinite(array)
    if bad.any():
        at = np.argwhere(bad)[0].tolist()
        raise VigieError(
            f"{name} hold NaN or infinity ({int(bad.sum())} times, first at {at})", where="bundle", fix="remove those edges"
        )
    return array


def _segments(value: ArrayLike) -> Floats:
    array = _numbers(value, "segments")
    if array.size == 0:
        array = array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise VigieError(f"segments have shape {array.shape}", where="bundle", fix="give (E, 4): x1, y1, x2, y2")
    if array.size and float(np.abs(array).max()) > LIMIT:
        raise VigieError(f"segments lie beyond {LIMIT:g}", where="bundle", fix="scale the map down")
    return np.ascontiguousarray(array)


def _weights(value: ArrayLike | None, edges: int) -> NDArray[np.float32] | None:
    """Weights with a mean of 1."""
    if value is None:
        return None
    array = _numbers(value, "weights")
    if array.shape != (edges,):
        raise VigieError(f"weights have shape {array.shape}, not ({edges},)", where="bundle", fix="give one for each edge")
    if (array < 0).any():
        raise VigieError("weights are negative", where="bundle", fix="give weights >= 0")
    top = float(array.max(initial=0.0))
    if top == 0:
        return np.ones(edges, dtype=np.float32)
    share = array / top
    return (share / share.mean()).astype(np.float32)


def _types(value: ArrayLike | None, edges: int) -> NDArray[np.int64] | None:
    if value is None:
        return None
    array = np.asarray(value)
    if array.shape != (edges,):
        raise VigieError(f"types have shape {array.shape}, not ({edges},)", where="bundle", fix="give one for each edge")
    return np.asarray(np.unique(array, return_inverse=True)[1], dtype=np.int64)


def _start(value: ArrayLike, edges: Floats) -> Floats:
    array = _numbers(value, "start curves")
    if array.ndim != 3 or array.shape[0] != len(edges) or array.shape[2] != 2 or not 3 <= array.shape[1] <= MOST_POINTS + 2:
        raise VigieError(
            f"start curves have shape {array.shape}", where="bundle", fix=f"give ({len(edges)}, n + 2, 2), n >= 1 inner points"
        )
    return array


def _check(given: dict[str, Any]) -> None:
    """Every option that has a range; the message names the option and the range."""
    if given["solver"] not in SOLVERS:
        raise VigieError(f"unknown solver {given['solver']!r}", where="bundle", fix=f"use one of {', '.join(SOLVERS)}")
    if given["solver"] == "stable" and given["inverse_quadratic"]:
        raise VigieError("stable has no inverse-quadratic force", where="bundle", fix="use solver fdeb or gephi")
    if given["backend"] not in ("auto", "kernel", "numpy"):
        raise VigieError(f"unknown backend {given['backend']!r}", where="bundle", fix="use auto, kernel or numpy")
    ranges = {
        "threshold": (0.0, 1.0),
        "tolerance": (0.0, 0.5),
        "cycles": (1, 10),
        "iterations": (0, 100_000),
        "rate": (0.0, 1.0),
        "spring": (1e-9, 1e9),
        "step": (1e-300, LIMIT),
        "step_factor": (1e-3, 1.0),
        "subdivision": (2, 8),
        "softening": (0.0, WIDTH),
        "company": (0.0, 1e9),
        "refresh": (1, 1_000_000),
        "threads": (1, 64),
    }
    for name, (low, high) in ranges.items():
        value = given[name]
        if value is not None and not low <= value <= high:
            raise VigieError(f"{name} is {value!r}", where="bundle", fix=f"give a value from {low:g} to {high:g}")
    if given["subdivision"] ** (given["cycles"] - 1) > MOST_POINTS:
        raise VigieError("the last cycle would have too many points", where="bundle", fix=f"stay at {MOST_POINTS} or below")


def _width(off: Floats) -> float:
    """Width of the map, from (N, 2) ends about their mean: that of the square which, filled, has the same 8th moment.

    It does not change when the map is turned, and changes little when one vertex moves.
    """
    radius = np.hypot(off[:, 0], off[:, 1])
    most = float(radius.max(initial=0.0))
    if most <= 0:
        return 1.0
    return float(most * np.mean((radius / most) ** 8) ** 0.125 / 0.48945)


def _plan(
    edges: Floats, weights: NDArray[np.float32] | None, types: NDArray[np.int64] | None, rules: Rules, given: dict[str, Any]
) -> Plan:
    """The edges that have a length, sorted by type, and the schedule in inner coordinates."""
    gephi = given["solver"] == "gephi"
    lines = edges.astype(np.float32).astype(np.float64) if gephi and np.abs(edges).max(initial=0) < 1e37 else edges
    vector = lines[:, 2:] - lines[:, :2]
    length = np.hypot(vector[:, 0], vector[:, 1])
    ends = lines.reshape(-1, 2)
    origin = ends.mean(axis=0) if len(ends) else np.zeros(2)
    unit = 1.0 if gephi else WIDTH / _width(ends - origin)
    rows = np.flatnonzero(length * unit > 1e-6)
    if types is not None:
        rows = rows[np.argsort(types[rows], kind="stable")]
        counts = np.bincount(types[rows]) if len(rows) else np.zeros(1, dtype=np.int64)
        groups = np.concatenate(([0], np.cumsum(counts[counts > 0])))
    else:
        groups = np.array([0, len(rows)])
    base = SOLVERS[given["solver"]]
    quartile = float(np.quantile(length[rows], 0.75)) if len(rows) else 1.0
    size = given["step"] if given["step"] is not None else base.step_scale * quartile / 50
    repeats = float(base.iterations if given["iterations"] is None else given["iterations"])
    schedule, n, size = [], 1, float(size) * unit
    for _ in range(given["cycles"]):
        schedule.append((n, int(np.ceil(repeats - 1e-9)), size))
        n, repeats, size = n * given["subdivision"], repeats * given["rate"], size * given["step_factor"]
    return Plan(
        segments=np.ascontiguousarray(lines[rows]),
        rows=rows,
        weights=None if weights is None else np.ascontiguousarray(weights[rows]),
        groups=groups.astype(np.int64),
        origin=(float(origin[0]), float(origin[1])),
        unit=unit,
        rules=rules,
        schedule=schedule,
    )


def _warm(plan: Plan, n: int) -> Plan:
    """The cycles from the one with `n` inner points on; if there is none, one with `n`, as long as the last."""
    schedule = [cycle for cycle in plan.schedule if cycle[0] >= n]
    if not schedule or schedule[0][0] != n:
        schedule.insert(0, (n, *plan.schedule[-1][1:]))
    return Plan(**{name: getattr(plan, name) for name in Plan.__slots__ if name != "schedule"}, schedule=schedule)


def _threads(wanted: int | None, edges: int) -> int:
    if wanted is not None:
        return int(wanted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST_THREADS)) if edges >= 500 else 1


def _kernel(backend: str) -> Any:
    kernel = None if backend == "numpy" else load_kernel()
    if backend == "kernel" and kernel is None:
        raise VigieError("the bundling kernel is not built", where="bundle", fix="install a C compiler and vigie again")
    return kernel


def _whole(edges: Floats, plan: Plan, made: Made) -> tuple[Floats, NDArray[np.int32], NDArray[np.float32]]:
    """Curves, super-edges and intensities of all edges, those of no length too, with exact ends."""
    if len(plan.rows) == len(edges) and (plan.rows[1:] > plan.rows[:-1]).all():
        points, member, intensity = made.points, made.member, made.intensity
    else:
        points = np.repeat(edges[:, None, :2], plan.schedule[-1][0] + 2, axis=1)
        member, intensity = np.full(len(edges), -1, dtype=np.int32), np.zeros(len(edges), dtype=np.float32)
        points[plan.rows], member[plan.rows], intensity[plan.rows] = made.points, made.member, made.intensity
    points[:, 0], points[:, -1] = edges[:, :2], edges[:, 2:]
    return points, member, intensity
