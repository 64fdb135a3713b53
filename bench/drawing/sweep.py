"""The sweep that chose the defaults of the `stable` solver.

    python -m bench.drawing.sweep [FILE]

Each setting is bundled on every graph and compared with Gephi's schedule there: ink, mean distortion and ambiguity as
ratios to it, where 1 is as good and less is better. The first setting is the default; the others change one value, or
are the starting points that the default was sought from. A map at another scale and a stretched one are among them.
Writes Markdown to FILE, or to standard output.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.drawing import graphs
from vigie.drawing import figures
from vigie.drawing.bundling import SOLVERS, Bundles, bundle
from vigie.drawing.options import FEW, MOST_SOFT

BASE = SOLVERS["stable"]
Settings = dict[str, float]


def families() -> dict[str, np.ndarray]:
    """Graphs by name: the public ones that are there, cluster-shaped and random ones from 200 to 20,000 edges."""
    out = {name: lines for name in graphs.PUBLIC if (lines := graphs.public(name)) is not None}
    makers: tuple[tuple[str, Callable[..., np.ndarray]], ...] = (
        ("pods", graphs.pods),
        ("machines", graphs.machines),
        ("random", graphs.scattered),
    )
    for name, make in makers:
        for size in (200, 1000, 5000):
            out[f"{name} {size}"] = make(size)
        out[f"{name} 200, other seed"] = make(200, seed=8)
    out["pods 20000"], out["machines 20000"] = graphs.pods(20_000), graphs.machines(20_000)
    out["pods 1000, in units of 1e-4"] = graphs.pods(1000) * 1e-4
    out["pods 1000, stretched 3 : 1"] = graphs.pods(1000) * [3, 1, 3, 1]
    return out


def settings() -> dict[str, Settings]:
    """The default, its neighbours along each axis, and the starting points."""
    axes = {
        "spring": (50, 800),
        "step_scale": (20, 150),
        "softening": (1, 4),
        "company": (0, 4),
        "iterations": (30, 70),
        "threshold": (0.4, 0.6),
    }
    out: dict[str, Settings] = {"default": {}}
    for name, values in axes.items():
        out |= {f"{name} {value:g}": {name: value} for value in values}
    out["prototype: K 10, S 30, eps 5, I 20"] = {
        "spring": 10, "step_scale": 30, "softening": 5, "company": 0, "iterations": 20,
    }  # fmt: skip
    out["K 0.1, S 5, eps 3, I 50"] = {"spring": 0.1, "step_scale": 5, "softening": 3, "company": 0, "iterations": 50}
    return out


def stable(lines: np.ndarray, setting: Settings) -> Bundles:
    """Bundle with one setting; `step_scale` becomes a step size."""
    options: dict[str, Any] = dict(setting)
    scale = options.pop("step_scale", BASE.step_scale)
    length = np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1])
    options["step"] = scale * float(np.quantile(length[length > 0], 0.75)) / 50
    if "iterations" in options:
        options["iterations"] = int(options["iterations"])
    return bundle(lines, solver="stable", **options)


def measured(made: Bundles) -> np.ndarray:
    """Ink, mean distortion and ambiguity."""
    told = figures.measure(made.points)
    return np.array([told["inkRatio"], told["distortion"]["mean"], told["ambiguity"]])


def table(rows: list[list[str]]) -> str:
    """Rows as Markdown; the first is the head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def main() -> str:
    """Run everything; returns the Markdown."""
    began, sample = time.process_time(), families()
    chosen = settings()
    gephi = {name: measured(bundle(lines, solver="gephi")) for name, lines in sample.items()}
    ratios: dict[str, dict[str, np.ndarray]] = {}
    for title, setting in chosen.items():
        ratios[title] = {name: measured(stable(lines, setting)) / gephi[name] for name, lines in sample.items()}
        print(title, np.max(list(ratios[title].values()), axis=0).round(3), file=sys.stderr, flush=True)
    text = ["# Sweep of the `stable` solver", "", __doc__.split("\n\n", 2)[2].strip(), ""]
    first = BASE.spring, BASE.step_scale, BASE.softening, BASE.company, BASE.iterations
    text += [
        "Default: spring {:g}, step scale {:g}, softening {:g}, company {:g}, iterations {:g}, threshold 0.5.".format(
            *first
        ),
        f"Softening grows with the root of the number of edges beyond {FEW:,}, to {MOST_SOFT:g} times.",
        "",
    ]
    rows = [
        ["setting", "worst ink", "worst distortion", "worst ambiguity", "mean ink", "mean distortion", "mean ambiguity"]
    ]
    for title, of in ratios.items():
        values = np.array(list(of.values()))
        rows.append([title, *(f"{value:.3f}" for value in (*values.max(axis=0), *values.mean(axis=0)))])
    text += ["Over all graphs, ratios to Gephi's schedule:", "", table(rows), "", "The default, graph by graph:", ""]
    rows = [["graph", "edges", "Gephi: ink / distortion / ambiguity", "stable / Gephi"]]
    large = {"pods 100000": graphs.pods(100_000), "machines 100000": graphs.machines(100_000)}
    for name, lines in large.items():
        gephi[name] = measured(bundle(lines, solver="gephi"))
        ratios["default"][name] = measured(stable(lines, {})) / gephi[name]
    for name, lines in {**sample, **large}.items():
        told = [" / ".join(f"{value:.3f}" for value in values) for values in (gephi[name], ratios["default"][name])]
        rows.append([name, str(len(lines)), *told])
    text += [table(rows), "", f"{time.process_time() - began:.0f} CPU seconds.", ""]
    return "\n".join(text)


if __name__ == "__main__":
    result = main()
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(result, encoding="utf-8")
    else:
        print(result)
