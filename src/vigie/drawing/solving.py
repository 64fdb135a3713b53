"""Runs a bundling plan on the compiled kernel or on its numpy twin, with or without merging near edges first."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vigie.drawing import merging, twin
from vigie.drawing.options import Options
from vigie.drawing.planning import Plan
from vigie.model.errors import VigieError

Floats: TypeAlias = NDArray[np.float64]
Progress: TypeAlias = Callable[[float], bool | None]
Frame: TypeAlias = Callable[[int, int, Floats], bool | None]


BYTES_A_PAIR = 100


class Cancelled(VigieError):  # noqa: N818 - it is no error of the program
    """A callback returned False, so there is no picture."""


@dataclass(frozen=True, slots=True)
class Made:
    """The curves of a plan's edges, (M, n + 2, 2), and what it took."""

    points: Floats
    member: NDArray[np.int32]
    intensity: NDArray[np.float32]
    pairs: int
    memory: int
    backend: str
    stages: dict[str, float] = field(default_factory=dict)


class Hook:
    """Turns the engines' one hook into the caller's callbacks, and False from those into `Cancelled`."""

    def __init__(self, progress: Progress | None, frame: Frame | None, refresh: int, straight: Floats) -> None:
        self.progress = progress
        self.frame = frame
        self.refresh = max(1, refresh)
        self.straight = straight
        self.rows = np.zeros(0, dtype=np.int64)
        self.member = np.zeros(0, dtype=np.int32)
        self.out = np.zeros(0)
        self.cycles: list[int] = []
        self.turn = 0

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return self.progress is not None or self.frame is not None

    def open(self, plan: Plan, out: Floats, member: NDArray[np.int32]) -> None:
        """Tell where frames will be written, and which edges they belong to."""
        self.rows, self.member, self.out = plan.rows, member, out
        self.cycles = [n for n, _, _ in plan.schedule]

    def kernel(self, cycle: int, iteration: int, share: float) -> bool | None:
        """As the kernel calls it: True asks for a frame, and with share -1 the frame is there; False cancels."""
        if share < 0:
            n = self.cycles[cycle]
            curves = self.out.reshape(-1)[: len(self.out) * (n + 2) * 2].reshape(-1, n + 2, 2)
            return False if self._show(cycle, iteration, curves) is False else None
        if self.progress is not None and self.progress(share) is False:
            return False
        self.turn += 1
        return True if self.frame is not None and self.turn % self.refresh == 0 else None

    def twin(self, cycle: int, iteration: int, share: float, curves: Callable[[], Floats]) -> None:
        """As the numpy twin calls it."""
        answer = self.kernel(cycle, iteration, share)
        if answer and self._show(cycle, iteration, curves()) is False:
            answer = False
        if answer is False:
            raise InterruptedError

    def _show(self, cycle: int, iteration: int, curves: Floats) -> bool | None:
        assert self.frame is not None
        share = np.linspace(0, 1, curves.shape[1])[None, :, None]
        whole = self.straight[:, None, :2] * (1 - share) + self.straight[:, None, 2:] * share
        whole[self.rows] = curves[self.member]
        return self.frame(cycle, iteration, whole)


def load_kernel() -> Any:
    """The compiled kernel, or None where it was not built (or VIGIE_KERNEL=off asks for the numpy twin)."""
    if os.environ.get("VIGIE_KERNEL", "") == "off":
        return None
    try:
        return import_module("vigie.drawing._kernel")
    except ImportError:
        return None


def memory_limit() -> int:
    """Bytes that one bundling may take: half of the machine's memory, or what VIGIE_BUNDLING_MEMORY says; 0: any."""
    if told := os.environ.get("VIGIE_BUNDLING_MEMORY"):
        return int(told)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 0


def run(plan: Plan, options: Options, start: Floats | None, threads: int, kernel: Any, hook: Hook) -> Made:
    """Bundle a plan; merge near edges first if the options ask for it, and give the members their curves back.

    `start` (M, n + 2, 2) holds curves to begin with. Raises Cancelled.
    """
    identity = np.arange(len(plan.segments), dtype=np.int32)
    if not len(identity):
        nothing = np.zeros((0, plan.schedule[-1][0] + 2, 2))
        return Made(nothing, identity, np.zeros(0, dtype=np.float32), 0, 0, "kernel" if kernel else "numpy")
    try:
        if options.tolerance:
            return _merged(plan, options, start, threads, kernel, hook)
        return _solve(plan, start, threads, kernel, hook, identity)
    except InterruptedError as error:
        raise Cancelled("bundling was cancelled by its callback") from error
    except MemoryError as error:
        what = f"the compatible pairs of {len(identity):,} edges do not fit in memory"
        raise VigieError(what, where="bundle", fix="give a larger tolerance, or low_memory=True") from error


def _merged(plan: Plan, options: Options, start: Floats | None, threads: int, kernel: Any, hook: Hook) -> Made:
    clock = time.perf_counter()
    merged = merging.merge(plan, options.tolerance, options.oriented, kernel)
    if start is not None:
        lead = np.zeros(len(merged.segments), dtype=np.int64)
        lead[merged.member] = np.arange(len(plan.segments))
        start = np.where(merged.turned[lead][:, None, None], start[lead, ::-1], start[lead])
    spent = time.perf_counter() - clock
    few = replace(plan, segments=merged.segments, weights=merged.weights, groups=merged.groups)
    made = _solve(few, start, threads, kernel, hook, merged.member, merged.kin if plan.rules.stable else None)
    clock = time.perf_counter()
    points = merging.spread(plan, merged, made.points, kernel, threads)
    stages = {**made.stages, "merging": spent, "spreading": time.perf_counter() - clock}
    memory = made.memory + made.points.nbytes
    intensity = made.intensity[merged.member]
    return replace(made, points=points, member=merged.member, intensity=intensity, memory=memory, stages=stages)


def _solve(
    plan: Plan,
    start: Floats | None,
    threads: int,
    kernel: Any,
    hook: Hook,
    member: NDArray[np.int32],
    kin: NDArray[np.float32] | None = None,
) -> Made:
    """Bundle the plan's segments one by one; `member` says which of them each of the caller's edges follows."""
    if kernel is None:
        return _solve_in_numpy(plan, start, threads, hook, member, kin)
    count, last = len(plan.segments), plan.schedule[-1][0]
    out, intensity = np.empty((count, last + 2, 2)), np.zeros(count, dtype=np.float32)
    none = np.zeros(0)
    shape = np.array([(n, iterations) for n, iterations, _ in plan.schedule], dtype=np.int32)
    steps = np.array([size for _, _, size in plan.schedule])
    hook.open(plan, out, member)
    rules = plan.rules
    pairs, peak, *times, lanes, _ = kernel.bundle(
        np.ascontiguousarray(plan.segments),
        none if plan.weights is None else plan.weights,
        plan.groups,
        shape,
        steps,
        out,
        intensity,
        none if start is None else np.ascontiguousarray(start),
        none if kin is None else kin,
        rules.threshold,
        rules.spring,
        rules.tiny,
        rules.company,
        *plan.origin,
        plan.unit,
        rules.flags,
        threads,
        merging.level(),
        memory_limit(),
        hook.kernel if hook.wanted else None,
    )
    stages = dict(zip(("ordering", "pairing", "moving"), times, strict=True))
    return Made(out, np.arange(count, dtype=np.int32), intensity, pairs, peak, f"kernel {lanes}", stages)


def _solve_in_numpy(
    plan: Plan,
    start: Floats | None,
    threads: int,
    hook: Hook,
    member: NDArray[np.int32],
    kin: NDArray[np.float32] | None,
) -> Made:
    clock = time.perf_counter()
    pairs = twin.compatible_pairs(plan.segments, plan.groups, plan.rules, memory_limit() // BYTES_A_PAIR)
    pairing = time.perf_counter() - clock
    origin = np.array(plan.origin)
    inner = (plan.segments.reshape(-1, 2, 2) - origin) * plan.unit
    hook.open(plan, inner, member)
    back = 1 / plan.unit

    def step(cycle: int, iteration: int, share: float, curves: Callable[[], Floats]) -> None:
        hook.twin(cycle, iteration, share, lambda: curves() * back + origin)

    points = twin.move(
        inner.reshape(-1, 4),
        pairs,
        plan.rules,
        plan.schedule,
        weights=plan.weights,
        kin=kin,
        start=None if start is None else (start - origin) * plan.unit,
        threads=threads,
        step=step if hook.wanted else None,
    )
    points = points * back + origin
    points[:, 0], points[:, -1] = plan.segments[:, :2], plan.segments[:, 2:]
    stages = {"pairing": pairing, "moving": time.perf_counter() - clock - pairing}
    identity = np.arange(len(points), dtype=np.int32)
    memory = 8 * 4 * pairs.count + 4 * points.nbytes
    return Made(points, identity, pairs.intensity(plan.weights), pairs.count, memory, "numpy", stages)
