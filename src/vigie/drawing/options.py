"""The options of bundling: those of Gephi's plug-in under its own terms, and what vigie adds."""

import difflib
from dataclasses import dataclass
from typing import Any, TypedDict

from vigie.drawing.twin import Rules
from vigie.model.errors import VigieError

MOST_POINTS = 1024
WIDTH = 1000.0
FEW = 1250
MOST_SOFT = 4.0


class Tuning(TypedDict, total=False):
    """Options that a reader seldom changes; `Options` says what each means and which values it takes."""

    cycles: int
    iterations: int | None
    rate: float
    subdivision: int
    spring: float | None
    step: float | None
    step_factor: float
    softening: float | None
    company: float | None
    angle: bool
    scale: bool
    position: bool
    visibility: bool
    late_visibility: bool
    directed_angle: bool
    direction_aware: bool | None
    inverse_quadratic: bool
    low_memory: bool


@dataclass(frozen=True, slots=True)
class Solver:
    """The values in which the solvers differ; those of `stable` were chosen by the sweep in bench/drawing."""

    iterations: int
    spring: float
    step_scale: float
    softening: float
    company: float
    direction_aware: bool


SOLVERS = {
    "stable": Solver(50, 200.0, 55.0, 2.0, 1.0, True),
    "fdeb": Solver(50, 0.1, 1.0, 0.0, 0.0, True),
    "gephi": Solver(50, 0.1, 1.0, 0.0, 0.0, False),
}
RANGES = {
    "threshold": (0.0, 1.0),
    "tolerance": (0.0, 0.5),
    "cycles": (1, 10),
    "iterations": (0, 100_000),
    "rate": (0.0, 1.0),
    "subdivision": (2, 8),
    "spring": (1e-9, 1e9),
    "step": (1e-300, 1e100),
    "step_factor": (1e-3, 1.0),
    "softening": (0.0, WIDTH),
    "company": (0.0, 1e9),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All options of one bundling, with nothing left open.

    threshold          the least compatibility, 0..1, at which two edges attract each other
    tolerance          edges nearer than this share of their length, 0..0.5, are merged first; 0 merges none
    cycles             1 inner point at first, `subdivision` times as many each cycle
    iterations         of the first cycle; `rate` times as many each cycle
    spring             stiffness of an edge
    step               size of the first step in the unit of the segments, `step_factor` times that each cycle; None
                       takes the third quartile of the lengths / 50, times the solver's `step_scale`
    softening          `stable` only: the distance, in 1/1000 of the map, below which attraction no longer grows, on a
                       map of up to FEW edges; beyond that it grows with the root of their number, to MOST_SOFT times
    company            `stable` only: an edge feels s / (s + company) of the attraction, s the sum of its squared
                       compatibilities rescaled from threshold..1 to 0..1; an edge without company stays straighter
    angle, scale, position, visibility   which measures of compatibility count
    late_visibility    visibility only where the compatibility so far is >= 0.9
    directed_angle     opposite edges are not compatible
    direction_aware    opposite edges are joined end to start
    inverse_quadratic  attraction falls with the square of the distance (not in `stable`)
    low_memory         compatibilities are computed in every iteration instead of kept
    """

    solver: str = "stable"
    threshold: float = 0.5
    tolerance: float = 0.0
    cycles: int = 6
    iterations: int = 50
    rate: float = 0.667
    subdivision: int = 2
    spring: float = 0.1
    step: float | None = None
    step_factor: float = 0.5
    softening: float = 0.0
    company: float = 0.0
    angle: bool = True
    scale: bool = True
    position: bool = True
    visibility: bool = True
    late_visibility: bool = False
    directed_angle: bool = False
    direction_aware: bool = False
    inverse_quadratic: bool = False
    low_memory: bool = False

    def __post_init__(self) -> None:
        if self.solver == "stable" and self.inverse_quadratic:
            raise VigieError("stable has no inverse-quadratic force", where="bundle", fix="use solver fdeb or gephi")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                fix = f"give a value from {low:g} to {high:g}"
                raise VigieError(f"{name} is {value!r}", where="bundle", fix=fix)
        if self.subdivision ** (self.cycles - 1) > MOST_POINTS:
            fix = f"stay at {MOST_POINTS} or below"
            raise VigieError("the last cycle would have too many points", where="bundle", fix=fix)

    @property
    def oriented(self) -> bool:
        """Whether an edge and its reverse are the same to bundling."""
        return self.direction_aware and not self.directed_angle

    def rules(self, edges: int) -> Rules:
        """What the kernel and its twin need of the options, for a map of so many edges.

        Trunks of a full map are wider: a softening that stays would let every change there tip curves from one into
        another.
        """
        stable = self.solver == "stable"
        softening = float(self.softening) * min(max(edges / FEW, 1.0) ** 0.5, MOST_SOFT)
        return Rules(
            threshold=float(self.threshold),
            spring=float(self.spring),
            tiny=max(softening**2, 1e-6) if stable else 1e-12,
            company=float(self.company) if stable else 0.0,
            angle=bool(self.angle),
            scale=bool(self.scale),
            position=bool(self.position),
            visibility=bool(self.visibility),
            directed_angle=bool(self.directed_angle),
            late_visibility=bool(self.late_visibility),
            pairing=self.oriented,
            stable=stable,
            quadratic=bool(self.inverse_quadratic),
            low_memory=bool(self.low_memory),
        )


def resolve(solver: str, threshold: float, tolerance: float, tuning: Tuning) -> Options:
    """The options with the solver's own defaults filled in. Raises VigieError where one cannot be right."""
    if solver not in SOLVERS:
        raise VigieError(f"unknown solver {solver!r}", where="bundle", fix=f"use one of {', '.join(SOLVERS)}")
    for name in tuning:
        if name not in Tuning.__annotations__:
            near = difflib.get_close_matches(name, Tuning.__annotations__, 1)
            raise VigieError(
                f"unknown option {name!r}", where="bundle", fix=f"try {near[0] if near else 'help(Options)'}"
            )
    base = SOLVERS[solver]
    own = ("iterations", "spring", "softening", "company", "direction_aware")
    chosen: dict[str, Any] = {name: getattr(base, name) for name in own}
    chosen |= {name: value for name, value in tuning.items() if value is not None or name not in own}
    return Options(solver=solver, threshold=threshold, tolerance=tolerance, **chosen)
