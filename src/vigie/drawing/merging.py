"""Near edges as one weighted super-edge, and the curves of its members afterwards.

Edges whose four coordinates differ by no more than tolerance x the shortest of their lengths are one super-edge. It
moves as slowly as its members would, each of which is held by all the others. Afterwards the members go through the
same cycles in the frame of their super-edge's curve, drawn to it by the others and held by their own springs.

WIDTH and SETTLED were fitted to exact bundlings: a member feels the others as if they lay sqrt(30) times its own
distance apart, for they are spread and have neighbours elsewhere; and the members' spread counts for 5 % of what it is
at the start, for it shrinks.
"""

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vigie.drawing.planning import Plan

Array: TypeAlias = NDArray[Any]
WIDTH = 30.0
SETTLED = 0.05


@dataclass(frozen=True, slots=True)
class Merged:
    """Super-edges: (S, 4) `segments`, (S,) `weights`, `groups` of one type; `member` (E,) is each edge's super-edge.

    `turned` (E,) marks the members that run against their super-edge, `own` (E,) are their weights. `kin` (S, 4): mass
    of all members but one, and in inner coordinates the mean squares of their distances from the super-edge at its
    start, at its end, and the mean product of both.
    """

    segments: Array
    weights: Array
    groups: Array
    member: Array
    turned: Array
    own: Array
    kin: Array


def merge(plan: Plan, tolerance: float, oriented: bool, kernel: Any) -> Merged:
    """Merge the segments of a plan, those of each type by themselves. `oriented` ignores the directions."""
    segments, weights, groups, unit = plan.segments, plan.weights, plan.groups, plan.unit
    member = np.zeros(len(segments), dtype=np.int32)
    if kernel is not None:
        count = kernel.merge(segments, groups, member, tolerance, oriented)
    else:
        count = _merge(segments, groups, member, tolerance, oriented)
    d = segments[:, 2:] - segments[:, :2]
    turned = _turned(d) if oriented else np.zeros(len(segments), dtype=bool)
    mass = np.ones(len(segments)) if weights is None else weights.astype(np.float64)
    facing = np.where(turned[:, None], segments[:, [2, 3, 0, 1]], segments)
    heavy = np.bincount(member, mass, count)
    safe = np.where(heavy > 0, heavy, np.bincount(member, minlength=count))
    share = np.where(heavy[member] > 0, mass, 1.0) / safe[member]
    origin = np.zeros((count, 4))
    origin[member] = facing  # any member will do: means of differences keep single members exact
    means = np.column_stack([np.bincount(member, share * (facing[:, k] - origin[member, k]), count) for k in range(4)])
    first = np.zeros(count, dtype=np.int64)
    first[member] = np.searchsorted(groups, np.arange(len(segments)), "right") - 1
    bounds = np.searchsorted(first, np.arange(len(groups)), "left").astype(np.int64)
    supers = origin + means
    off = (facing - supers[member]) * unit
    a, b = off[:, :2], off[:, 2:]
    squares = (a * a).sum(axis=1), (b * b).sum(axis=1), (a * b).sum(axis=1)
    size = np.bincount(member, minlength=count)
    spread = [SETTLED * np.bincount(member, square, count) / size for square in squares]
    kin = np.column_stack((heavy * (1 - 1 / size), *spread)).astype(np.float32)
    return Merged(supers, heavy.astype(np.float32), bounds, member, turned, mass.astype(np.float32), kin)


def _turned(vector: Array) -> Array:
    return np.asarray((vector[:, 0] < 0) | ((vector[:, 0] == 0) & (vector[:, 1] < 0)))


def _merge(segments: Array, groups: Array, member: Array, tolerance: float, oriented: bool) -> int:
    """The numpy twin of the kernel's merge."""
    d = segments[:, 2:] - segments[:, :2]
    length = np.sqrt(d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1])
    turned = _turned(d) if oriented else np.zeros(len(d), dtype=bool)
    ends = np.where(turned[:, None], segments[:, [2, 3, 0, 1]], segments)
    count = 0
    for low, high in pairwise(groups):
        stack = [np.arange(low, high)]
        while stack:
            rows = stack.pop()
            if not len(rows):
                continue
            part = ends[rows]
            least, most = part.min(axis=0), part.max(axis=0)
            axis = int(np.argmax(most - least))
            if most[axis] - least[axis] <= tolerance * length[rows].min():
                member[rows] = count
                count += 1
                continue
            middle = least[axis] + (most[axis] - least[axis]) / 2
            left = part[:, axis] <= (middle if middle < most[axis] else least[axis])
            stack.append(rows[~left])
            stack.append(rows[left])
    return count


def spread(plan: Plan, merged: Merged, curves: Array, kernel: Any, threads: int) -> Array:
    """(E, n + 2, 2) curves of the members, from the (S, n + 2, 2) curves of the super-edges."""
    rules = plan.rules
    size = np.bincount(merged.member, minlength=len(merged.segments))
    others = np.maximum(merged.weights[merged.member] - merged.own, 0)
    mass = others * (others / (others + rules.company) if rules.company else 1.0)
    mass = np.where(size[merged.member] > 1, mass, -1.0).astype(np.float32)
    tiny = max(rules.tiny, 1.0)
    if kernel is None:
        return _spread(plan, merged, curves, mass, tiny)
    out = np.empty((len(plan.segments), curves.shape[1], 2))
    member = np.where(merged.turned, ~merged.member, merged.member).astype(np.int32)
    shape = np.array([(n, iterations) for n, iterations, _ in plan.schedule], dtype=np.int32)
    steps = np.array([step for _, _, step in plan.schedule])
    arrays = plan.segments, merged.segments, member, curves, mass, shape, steps, out
    kernel.spread(*arrays, plan.unit, rules.spring, tiny, WIDTH, threads, level())
    return out


def level() -> int:
    """The highest x86-64 level (0, 3 or 4) that the kernel may use; VIGIE_KERNEL_LEVEL lowers it."""
    return int(os.environ.get("VIGIE_KERNEL_LEVEL", "9"))


def _spread(plan: Plan, merged: Merged, curves: Array, mass: Array, tiny: float) -> Array:
    """The numpy twin of the kernel's spread."""
    segments, unit = plan.segments, plan.unit
    super_, many = merged.member, mass >= 0
    facing = np.where(merged.turned[:, None], segments[:, [2, 3, 0, 1]], segments)[many]
    off = (facing - merged.segments[super_[many]]) * unit
    away = np.stack((off[:, :2], (off[:, :2] + off[:, 2:]) / 2, off[:, 2:]), axis=1)
    length = np.hypot(*(merged.segments[:, 2:] - merged.segments[:, :2]).T)[super_[many]] * unit
    for n, iterations, step in plan.schedule:
        away = _refined(away, n + 2)
        kp = (plan.rules.spring / (length * (n + 1)))[:, None, None]
        for _ in range(iterations):
            inner = away[:, 1:-1]
            pull = (mass[many, None] / (WIDTH * (inner**2).sum(axis=2) + tiny))[..., None]
            bend = away[:, :-2] + away[:, 2:] - 2 * inner
            away[:, 1:-1] = inner + step * (kp * bend - pull * inner) / (1 + step * (pull + 2 * kp))
    out = curves[super_]
    out[many] += away / unit
    out[merged.turned] = out[merged.turned, ::-1]
    out[:, 0], out[:, -1] = segments[:, :2], segments[:, 2:]
    return np.asarray(out)


def _refined(away: Array, count: int) -> Array:
    """(E, P, 2) distances at `count` equal steps of the course."""
    at = np.linspace(0, away.shape[1] - 1, count)
    below = np.minimum(at.astype(np.int64), away.shape[1] - 2)
    part = (at - below)[:, None]
    return np.asarray(away[:, below] * (1 - part) + away[:, below + 1] * part)
