"""Whether the pictures are right: the reference values, stability, and how far merging changes them.

python -m bench.drawing.quality
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from bench.drawing import graphs
from vigie.drawing import figures, twin
from vigie.drawing.bundling import bundle

# Directed compatible pairs at thresholds 0.5 and 0.05; with Gephi's defaults in double precision: ink, distortion.
REFERENCE = {
    "airlines": (94_322, 565_572, 0.748, (1.052, 1.173)),
    "migrations": (319_964, 1_397_388, 0.623, (1.143, 1.504)),
    "airtraffic": (2_784_854, None, 0.648, (1.654, 2.911)),
}
RASTERS = (1000, 250, 100)
SEEDS = 4


def reference() -> list[str]:
    """Compatible pairs and figures against the reference values."""
    rows = [
        "| graph | pairs at 0.5 | at 0.05 | ink (reference) | distortion mean, p95 (reference) |",
        "|---|---|---|---|---|",
    ]
    for name, (half, low, ink, (mean, high)) in REFERENCE.items():
        lines = graphs.public(name)
        if lines is None:
            rows.append(f"| {name} | the graph is missing | | | |")
            continue
        made = bundle(lines, solver="gephi")
        told = figures.measure(made.points)
        more = bundle(lines, solver="gephi", threshold=0.05, cycles=1, iterations=0).pairs
        words = [f"{made.pairs:,} {'=' if made.pairs == half else 'NOT'} {half:,}"]
        words.append(f"{more:,} {'=' if more == low else 'NOT'} {low:,}" if low else f"{more:,}")
        bend = told["distortion"]
        words.append(f"{told['inkRatio']:.3f} ({ink})")
        words.append(f"{bend['mean']:.3f}, {bend['p95']:.3f} ({mean}, {high})")
        rows.append(f"| {name} | " + " | ".join(words) + " |")
    return rows


def chaos(name: str) -> list[str]:
    """How much the figures of Gephi's schedule depend on the last digits: noise of 1e-7 of the map, both precisions."""
    lines = graphs.public(name)
    if lines is None:
        return [f"| {name} | the graph is missing | |"]
    rows = []
    for title, options, precise in (("kernel, single", {}, False), ("twin, double", {"backend": "numpy"}, True)):
        told = []
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            noisy = lines + rng.normal(0, 1e-4 * width(lines), lines.shape) * (seed > 0)
            with precision(np.float64 if precise else np.float32):
                told.append(figures.distortion(bundle(noisy, solver="gephi", **options).points))
        cells = [f"{min(t[key] for t in told):.3f} to {max(t[key] for t in told):.3f}" for key in ("mean", "p95")]
        rows.append(f"| {name} | {title} | {' | '.join(cells)} |")
    return rows


@contextmanager
def precision(dtype: type[np.floating[Any]]) -> Iterator[None]:
    """The numpy twin moves points of this type."""
    plain = twin.move
    twin.move = partial(plain, dtype=dtype)  # type: ignore[assignment]
    try:
        yield
    finally:
        twin.move = plain


def samples() -> dict[str, np.ndarray]:
    """The graphs on which stability and merging are judged."""
    out = {name: lines for name in graphs.PUBLIC if (lines := graphs.public(name)) is not None}
    out |= {"pods 5000": graphs.pods(5000), "machines 5000": graphs.machines(5000)}
    out |= {"pods 20000": graphs.pods(20_000), "machines 20000": graphs.machines(20_000)}
    return out


def width(lines: np.ndarray) -> float:
    """1/1000 of the width of the map."""
    return float(np.ptp(lines.reshape(-1, 2), axis=0).max()) / 1000


def stability(name: str, lines: np.ndarray) -> str:
    """Noise of 1e-3 and 1 % of the edges changed: how far the curves move, in 1/1000 of the map's width."""
    rng = np.random.default_rng(1)
    unit = width(lines)
    plain = bundle(lines).points
    noisy = bundle(lines + rng.normal(0, 1e-3 * unit, lines.shape)).points
    noise = float(np.sqrt(((noisy - plain) ** 2).sum(axis=2).mean())) / unit
    keep = rng.random(len(lines)) >= 0.01
    fewer = bundle(lines[keep]).points
    changed = lines.copy()
    changed[~keep, 2:] = lines[rng.integers(0, len(lines), int((~keep).sum())), 2:]
    other = bundle(changed).points[keep]
    moved = [float(np.sqrt(((curves - plain[keep]) ** 2).sum(axis=2)).mean()) / unit for curves in (fewer, other)]
    return f"| {name} | {noise:.4f} | {moved[0]:.2f} | {moved[1]:.2f} |"


def merging(name: str, lines: np.ndarray) -> list[str]:
    """Correlation of log densities with the exact map, on three rasters."""
    exact = bundle(lines).points
    rows = []
    for tolerance in (0.05, 0.1, 0.2):
        made = bundle(lines, tolerance=tolerance)
        values = [
            f"{figures.correlation(exact, made.points, width, whole=whole):.3f}"
            for width in RASTERS
            for whole in (True, False)
        ]
        rows.append(f"| {name} | {tolerance:g} | {made.super_edges:,} of {len(lines):,} | " + " | ".join(values) + " |")
    return rows


def report() -> str:
    """All tables as Markdown."""
    text = ["`gephi` against the reference values:", "", *reference(), ""]
    text += [f"Gephi's schedule is chaotic: distortion over {SEEDS} inputs that differ by 1e-7 of the map's width:", ""]
    text += ["| graph | engine | mean | p95 |", "|---|---|---|---|", *chaos("airtraffic"), ""]
    text += ["How far curves of `stable` move, in 1/1000 of the map's width (targets: .5 rms, 1 mean):", ""]
    text += [
        "| graph | noise of 1e-3, rms | 1 % of edges dropped, mean | 1 % given another end, mean |",
        "|---|---|---|---|",
    ]
    graphs_ = samples()
    text += [stability(name, lines) for name, lines in graphs_.items()]
    lead = (
        "Merging: correlation of the log densities of merged and exact maps, by pixels across, over all pixels and over"
    )
    heads = [f"{width}, {which}" for width in RASTERS for which in ("all", "drawn")]
    text += ["", f"{lead} those that either map draws on:", ""]
    text += ["| graph | tolerance | super-edges | " + " | ".join(heads) + " |", "|---" * (3 + len(heads)) + "|"]
    for name, lines in graphs_.items():
        text += merging(name, lines)
    return "\n".join(text)


if __name__ == "__main__":
    print(report())
