"""The pictures of the documentation: `python -m bench.drawing.pictures [FOLDER]`; prints what each took.

The airlines come from the folder that VIGIE_GRAPHS names; the cluster of 15,000 machines is made here.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np

import vigie
from bench.drawing.graphs import public
from vigie.drawing.atlas import scene as atlas
from vigie.drawing.draw import draw, read_graph
from vigie.drawing.picture import Style
from vigie.drawing.scene import Map

DEMO = Path(__file__).parents[2] / "tests/samples/incidents/demo/evidence.tar.gz"
WIDTH, HEIGHT = 1400, 875


def cluster(machines: int = 15_000, namespaces: int = 300, flows: int = 450_000, seed: int = 1) -> Map:
    """Machines in racks in zones; services of a namespace on machines near each other, calling two others and hubs."""
    rng = np.random.default_rng(seed)
    zones, racks = 3, max(3, machines // 200)
    labels = [f"eu-west-1{'abc'[zone]}" for zone in range(zones)]
    labels += [f"rack-{rack:02d}" for rack in range(racks)]
    labels += [f"ip-10-{n // 4096}-{n // 16 % 256}-{n % 16}" for n in range(machines)]
    rack_of = np.sort(rng.integers(0, racks, machines))
    zone_of = np.minimum(np.searchsorted((0.42, 0.75, 1.0), (np.arange(racks) + 0.5) / racks), zones - 1)
    parent = np.concatenate((np.full(zones, -1), zone_of, zones + rack_of))
    first = zones + racks
    home = rng.integers(0, machines, namespaces)
    spread = np.maximum(3, rng.lognormal(np.log(machines / 250), 0.7, namespaces))
    pull = 1 / np.arange(1, namespaces + 1) ** 0.8
    partner = rng.choice(namespaces, (namespaces, 2), p=pull / pull.sum())
    hubs = rng.choice(machines, 6, replace=False)
    caller = rng.choice(namespaces, flows, p=pull / pull.sum())
    callee = partner[caller, rng.integers(0, 2, flows)]
    source = (home[caller] + rng.normal(0, spread[caller])).astype(np.int64) % machines
    target = (home[callee] + rng.normal(0, spread[callee] / 3)).astype(np.int64) % machines
    to_hub = rng.random(flows) < 0.25
    target[to_hub] = rng.choice(hubs, int(to_hub.sum()), p=(0.35, 0.25, 0.15, 0.1, 0.1, 0.05))
    severity = np.zeros(len(labels), dtype=np.int64)
    sick = first + rng.choice(machines, 24, replace=False)
    severity[sick] = rng.integers(1, 5, len(sick))
    reasons = ("", "cordoned", "disk-pressure", "node-not-ready", "kubelet-dead")
    return Map(
        labels=labels,
        parent=parent,
        source=first + source,
        target=first + target,
        severity=severity,
        notes={int(v): reasons[severity[v]] for v in sick},
        kind=np.concatenate((np.zeros(zones), np.ones(racks), np.full(machines, 2))).astype(np.int64),
        kind_names=("Zone", "Rack", "Node"),
        level_names=("zones", "racks", "machines"),
        title=f"{machines:,} machines, {flows:,} flows",
    )


def main(folder: Path) -> None:
    """Draw each picture and print the seconds, CPU seconds and memory."""
    folder.mkdir(parents=True, exist_ok=True)
    style = Style(width=WIDTH, height=HEIGHT)
    jobs: list[tuple[str, Map, Style]] = []
    segments = public("airlines")
    if segments is not None:
        edges = folder / "airlines.csv"
        rows = "\n".join(",".join(f"{x:.4f}" for x in row) for row in segments.tolist())
        edges.write_text(f"x1,y1,x2,y2\n{rows}\n")
        scene = read_graph(edges)
        edges.unlink()
        jobs.append(("airlines", scene.with_(title="US airlines, 2,101 routes"), style))
        light = Style(width=WIDTH, height=HEIGHT, theme="light", renderer="segments")
        jobs.append(("airlines-light", scene.with_(title="US airlines, 2,101 routes"), light))
    jobs.append(("cluster", cluster(), style))
    if DEMO.exists():
        graph = vigie.read(str(DEMO))
        answer = vigie.ask(graph, "broken")
        jobs.append(("incident", atlas(graph, answer=answer, title="The demo incident"), style))
    for name, scene, look in jobs:
        began, clock = time.process_time(), time.perf_counter()
        draw(scene, folder / f"{name}.png", style=look)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu, wall = time.process_time() - began, time.perf_counter() - clock
        size = (folder / f"{name}.png").stat().st_size
        print(f"{name:16} {wall:6.1f} s {cpu:6.1f} CPU-s {peak:6.0f} MB {size:>9,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
