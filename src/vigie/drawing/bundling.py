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
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vigie.drawing.options import MOST_POINTS, SOLVERS, Options, Tuning, resolve
from vigie.drawing.planning import Plan, plan_of, warmed
from vigie.drawing.solving import Cancelled, Frame, Hook, Made, Progress, load_kernel, run
from vigie.model.errors import VigieError

__all__ = ["SOLVERS", "Bundles", "Cancelled", "Options", "bundle"]

Floats: TypeAlias = NDArray[np.float64]
LIMIT = 1e100
MOST_THREADS = 8


@dataclass(frozen=True, eq=False)
class Bundles:
    """What bundling made.

    points       (E, P, 2) the curves in the order of the edges; first and last point are the edge's ends, exactly
    pairs        directed compatible pairs among the edges, or among the super-edges where edges were merged
    super_edge   (E,) the super-edge of each edge, -1 for an edge of no length; each its own if nothing was merged
    intensity    (E,) the sum of weight x squared compatibility over the edges compatible with each edge or super-edge
    weights      (E,) as given, or None
    options      every option as it was used
    memory       bytes that the bundling took at its peak, with its result
    stages       wall seconds of ordering, pairing, moving, merging and spreading, where there were any, and in total
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
    start: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    on_iteration: Frame | None = None,
    refresh: int = 1,
    backend: str = "auto",
    **tuning: Unpack[Tuning],
) -> Bundles:
    """Bundle straight edges. `vigie.drawing.options.Options` describes the rest of the options and their defaults.

    segments      (E, 4) x1, y1, x2, y2 in any unit; an edge of no length stays a point
    weights       (E,) >= 0: a heavier edge attracts more
    types         (E,) only edges of one type attract each other
    solver        "stable", "fdeb" or "gephi"
    threshold     the least compatibility, 0..1, at which two edges attract each other
    tolerance     merge edges nearer than this share of their length into super-edges first; 0 merges none
    start         (E, n + 2, 2) curves to begin with: the first cycle is the one with n inner points
    seed          of the sampled figures (bundling has no chance in it); threads: default all cores, at most 8
    progress      called with the share done; False cancels
    on_iteration  called every `refresh` iterations with cycle, iteration and (E, n + 2, 2) curves; False cancels
    backend       "auto", "kernel" or "numpy"

    Raises VigieError where an argument cannot be right or memory is short, Cancelled after a callback returned False.
    """
    began, clock = time.process_time(), time.perf_counter()
    edges = _segments(segments)
    options = resolve(solver, threshold, tolerance, tuning)
    kernel = _kernel(backend)
    plan = plan_of(edges, _weights(weights, len(edges)), _types(types, len(edges)), options)
    warm = None
    if start is not None:
        curves = _start(start, edges)
        plan, warm = warmed(plan, curves.shape[1] - 2), curves[plan.rows]
    workers = _threads(threads, len(plan.segments))
    made = run(plan, options, warm, workers, kernel, Hook(progress, on_iteration, refresh, edges))
    points, member, intensity = _whole(edges, plan, made)
    return Bundles(
        points=points,
        pairs=made.pairs,
        solver=solver,
        seed=int(seed),
        super_edge=member,
        intensity=intensity,
        weights=None if weights is None else np.array(weights, dtype=np.float64),
        options=asdict(options) | {"step": plan.schedule[0][2] / plan.unit},
        backend=made.backend,
        threads=workers,
        cpu_seconds=time.process_time() - began,
        memory=made.memory + points.nbytes,
        stages={**made.stages, "total": time.perf_counter() - clock},
    )


def _wrong(what: str, fix: str) -> VigieError:
    return VigieError(what, where="bundle", fix=fix)


def _numbers(value: ArrayLike, name: str) -> NDArray[Any]:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _wrong(f"{name} are not numbers", "give an array of numbers") from error
    bad = ~np.isfinite(array)
    if bad.any():
        at = np.argwhere(bad)[0].tolist()
        raise _wrong(f"{name} hold NaN or infinity ({int(bad.sum())} times, first at {at})", "remove those edges")
    return array


def _segments(value: ArrayLike) -> Floats:
    array = _numbers(value, "segments")
    if array.size == 0:
        array = array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        raise _wrong(f"segments have shape {array.shape}", "give (E, 4): x1, y1, x2, y2")
    if array.size and float(np.abs(array).max()) > LIMIT:
        raise _wrong(f"segments lie beyond {LIMIT:g}", "scale the map down")
    return np.ascontiguousarray(array)


def _weights(value: ArrayLike | None, edges: int) -> NDArray[np.float32] | None:
    """Weights with a mean of 1."""
    if value is None:
        return None
    array = _numbers(value, "weights")
    if array.shape != (edges,):
        raise _wrong(f"weights have shape {array.shape}, not ({edges},)", "give one for each edge")
    if (array < 0).any():
        raise _wrong("weights are negative", "give weights >= 0")
    top = float(array.max(initial=0.0))
    share: Floats = array / top if top > 0 else np.ones(edges)
    return np.asarray(share / share.mean() if edges else share, dtype=np.float32)


def _types(value: ArrayLike | None, edges: int) -> NDArray[np.int64] | None:
    if value is None:
        return None
    array = np.asarray(value)
    if array.shape != (edges,):
        raise _wrong(f"types have shape {array.shape}, not ({edges},)", "give one for each edge")
    return np.asarray(np.unique(array, return_inverse=True)[1], dtype=np.int64)


def _start(value: ArrayLike, edges: Floats) -> Floats:
    array = _numbers(value, "start curves")
    known = array.ndim == 3 and array.shape[0] == len(edges) and array.shape[2] == 2
    if not known or not 3 <= array.shape[1] <= MOST_POINTS + 2:
        raise _wrong(f"start curves have shape {array.shape}", f"give ({len(edges)}, n + 2, 2), n >= 1 inner points")
    return array


def _threads(wanted: int | None, edges: int) -> int:
    if wanted is not None:
        if not 1 <= wanted <= 64:
            raise _wrong(f"threads is {wanted!r}", "give a value from 1 to 64")
        return int(wanted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST_THREADS)) if edges >= 500 else 1


def _kernel(backend: str) -> Any:
    if backend not in ("auto", "kernel", "numpy"):
        raise _wrong(f"unknown backend {backend!r}", "use auto, kernel or numpy")
    kernel = None if backend == "numpy" else load_kernel()
    if backend == "kernel" and kernel is None:
        raise _wrong("the bundling kernel is not built", "install a C compiler, then install vigie again")
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
