"""The treemap: CPU seconds for 474,003 vertices, stillness under churn, and `squarify` from PyPI in the same run.

`python -m bench.drawing.treemap`. squarify lays one container at a time; it is given the same containment, level by
level, and left out where it is not installed.
"""

import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vigie.drawing.scene import Map
from vigie.drawing.treemap import treemap

ZONES, MACHINES, PODS = 3, 15_000, 459_000
TARGET = 1.0
REPEATS = 3


def cluster(zones: int = ZONES, machines: int = MACHINES, pods: int = PODS, seed: int = 0) -> Map:
    """Zones, machines and pods; names as a cluster gives them, in no order."""
    rng = np.random.default_rng(seed)
    words = [f"{word:010x}" for word in rng.integers(0, 2**40, pods)]
    labels = [f"zone-{zone}" for zone in range(zones)] + [f"node-{node:05d}" for node in rng.permutation(machines)]
    labels += [f"{word[:4]}-{word[4:]}-{number}" for number, word in enumerate(words)]
    parent = np.concatenate(
        (np.full(zones, -1), rng.integers(0, zones, machines), zones + rng.integers(0, machines, pods))
    )
    return Map(labels=labels, parent=parent)


def churned(scene: Map, share: float, seed: int = 1) -> tuple[Map, NDArray[np.int64]]:
    """The map with that share of its pods replaced by new ones elsewhere, and the vertices that stayed."""
    rng = np.random.default_rng(seed)
    pods = np.flatnonzero(scene.depth() == 2)
    gone = rng.choice(pods, int(len(pods) * share), replace=False)
    kept = np.setdiff1d(np.arange(scene.vertices), gone)
    place = np.full(scene.vertices + 1, -1)
    place[kept] = np.arange(len(kept))
    labels = [scene.labels[v] for v in kept] + [
        f"{word:08x}-new-{n}" for n, word in enumerate(rng.integers(0, 2**32, len(gone)))
    ]
    machines = np.flatnonzero(scene.depth() == 1)
    parent = np.concatenate((place[scene.parent[kept]], place[rng.choice(machines, len(gone))]))
    return Map(labels=labels, parent=parent), kept


def peer(scene: Map) -> float | None:
    """CPU seconds of squarify on the same containment, or None."""
    try:
        import squarify
    except ImportError:
        return None
    children: dict[int, list[int]] = {}
    for vertex, parent in enumerate(scene.parent.tolist()):
        children.setdefault(parent, []).append(vertex)
    weight = np.ones(scene.vertices)
    for depth in (2, 1):
        inside = np.flatnonzero(scene.depth() == depth)
        weight[np.unique(scene.parent[inside])] = 0
        np.add.at(weight, scene.parent[inside], weight[inside])
    began = time.process_time()
    boxes = {-1: (0.0, 0.0, 1000.0, 625.0)}
    for parent, members in children.items():
        x, y, width, height = boxes[parent]
        members.sort(key=lambda v: -weight[v])
        sizes = squarify.normalize_sizes([max(float(weight[v]), 1e-3) for v in members], width, height)
        for vertex, box in zip(members, squarify.squarify(sizes, x, y, width, height), strict=True):
            boxes[vertex] = box["x"], box["y"], box["dx"], box["dy"]
    return time.process_time() - began


def main() -> None:
    """Measure, print, and keep the figures in bench/results."""
    scene = cluster()
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        placed = treemap(scene)
        seconds.append(time.process_time() - began)
    assert placed.box is not None
    assert placed.position is not None
    ratio = np.maximum(placed.box[:, 2] / placed.box[:, 3], placed.box[:, 3] / placed.box[:, 2])
    figures = {"vertices": scene.vertices, "cpuSeconds": round(min(seconds), 3), "target": TARGET}
    figures |= {
        "aspectMedian": round(float(np.median(ratio)), 2),
        "aspectP95": round(float(np.quantile(ratio, 0.95)), 2),
    }
    for share in (0.01, 0.05):
        after, kept = churned(scene, share)
        position = treemap(after).position
        assert position is not None
        moved = np.hypot(*(placed.position[kept] - position[: len(kept)]).T)
        figures[f"movedMeanAt{share:.0%}"] = round(float(moved.mean()), 2)
        figures[f"movedMedianAt{share:.0%}"] = round(float(np.median(moved)), 2)
    other = peer(scene)
    figures["squarifyCpuSeconds"] = None if other is None else round(other, 2)
    for name, value in figures.items():
        print(f"{name:24} {value}")
    results = Path(__file__).parents[1] / "results"
    results.mkdir(exist_ok=True)
    (results / "treemap.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
