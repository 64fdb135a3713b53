"""Near edges as one weighted super-edge, and the curves of its members afterwards.

Edges whose four coordinates differ by no more than tolerance x the shortest of their lengths are one super-edge. Its
members follow its curve and fan out only at their own ends, where a small tridiagonal system balances the springs
against the pull that the bundle has there.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vigie.drawing.twin import Rules

Array: TypeAlias = NDArray[Any]
ROUNDS = 3
REACH = 1.0


@dataclass(frozen=True, slots=True)
class Merged:
    """Super-edges: (S, 4) `segments`, (S,) `weights`, `groups` of one type; `member` (E,) names each edge's super-edge.

    `turned` (E,) marks the members that run against their super-edge.
    """

    segments: Array
    weights: Array
    groups: Array
    member: Array
    turned: Array


def merge(segments: Array, weights: Array | None, groups: Array, tolerance: float, oriented: bool, kernel: Any) -> Merged:
    """Merge (E, 4) segments; `groups` holds the first edge of each type, and E. `oriented` ignores the directions."""
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
    return Merged(origin + means, heavy.astype(np.float32), bounds, member, turned)


def _turned(vector: Array) -> Array:
    return (vector[:, 0] < 0) | ((vector[:, 0] == 0) & (vector[:, 1] < 0))


def _merge(segments: Array, groups: Array, member: Array, tolerance: float, oriented: bool) -> int:
    """The numpy twin of the kernel's merge."""
    d = segments[:, 2:] - segments[:, :2]
    length = np.sqrt(d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1])
    turned = _turned(d) if oriented else np.zeros(len(d), dtype=bool)
    ends = np.where(turned[:, None], segments[:, [2, 3, 0, 1]], segments)
    count = 0
    for low, high in zip(groups[:-1], groups[1:], strict=True):
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


def spread(
    segments: Array, merged: Merged, curves: Array, pull: Array, own: Array, unit: float, rules: Rules, kernel: Any, threads: int
) -> Array:
    """(E, n + 2, 2) curves of the members, from the (S, n + 2, 2) curves of the super-edges.

    `pull` (S, n, 3) holds the forces on the super-edges and the sum of the weights m, in inner coordinates (`unit` of
    them make one outer); `own` (E,) the weights of the members.
    """
    n, tiny = curves.shape[1] - 2, max(rules.tiny, 1.0)
    if kernel is None:
        return _spread(segments, merged, curves, pull, own, unit, rules.spring, tiny)
    out = np.empty((len(segments), n + 2, 2))
    member = np.where(merged.turned, ~merged.member, merged.member).astype(np.int32)
    kernel.spread(
        segments, merged.segments, member, curves, pull, merged.weights, own, out, n, unit, rules.spring, tiny, REACH, threads
    )
    return out


def _spread(
    segments: Array, merged: Merged, curves: Array, pull: Array, own: Array, unit: float, spring: float, tiny: float
) -> Array:
    """The numpy twin of the kernel's spread."""
    n, super_ = curves.shape[1] - 2, merged.member
    facing = np.where(merged.turned[:, None], segments[:, [2, 3, 0, 1]], segments)
    off = (facing - merged.segments[super_]) * unit
    share = np.linspace(0, 1, n + 2)[:, None, None]
    away = off[:, :2] * (1 - share) + off[:, 2:] * share
    length = np.hypot(*(merged.segments[:, 2:] - merged.segments[:, :2]).T)[super_] * unit
    stiff = length * (n + 1) / spring
    mass = REACH * np.maximum(merged.weights[super_] - own, 0)
    slope = np.zeros((n + 1, len(segments)))
    for _ in range(ROUNDS):
        for i in range(1, n + 1):
            held = pull[super_, i - 1, 2] + mass / ((away[i] ** 2).sum(axis=1) + tiny)
            slope[i] = 1 / (2 + held * stiff - slope[i - 1])
            away[i] = away[i - 1] * slope[i][:, None]
        for i in range(n, 0, -1):
            away[i] += slope[i][:, None] * away[i + 1]
    out = curves[super_] + away.transpose(1, 0, 2) / unit
    out[merged.turned] = out[merged.turned, ::-1]
    out[:, 0], out[:, -1] = segments[:, :2], segments[:, 2:]
    return np.asarray(out)
