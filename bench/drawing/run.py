"""Edge bundling against its targets and its peers: wall seconds on two threads, CPU seconds and memory.

    python -m bench.drawing.run [--quick] [--no-peers]

Each case runs in a process of its own, some times over; the least wall and CPU times count, for other programs only add
to them. Memory is the growth of the process's peak. VIGIE_GRAPHS names the folder of the public graphs, VIGIE_PEERS a
Python that has datashader, netgraph and fdeb; VIGIE_PEERS_NODE the node_modules that has @antv/g6-plugin and jsdom;
mingle comes with Debian's graphviz. What is missing is left out and said so.
Prints Markdown and writes it to bench/drawing/results.md, with the quality table of `bench.drawing.quality` below it.
"""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.drawing import graphs

HERE = Path(__file__).parent
THREADS = 2
LIMIT = 300.0


@dataclass(frozen=True)
class Case:
    """One row: a graph, options, and the targets it is to meet (0: none)."""

    graph: str
    options: dict[str, Any] = field(default_factory=dict)
    wall: float = 0.0
    cpu: float = 0.0
    megabytes: float = 0.0
    repeat: int = 5

    @property
    def title(self) -> str:
        """How the options read."""
        words = [str(self.options.get("solver", "stable"))]
        if "tolerance" in self.options:
            words.append(f"tolerance {self.options['tolerance']:g}")
        if self.options.get("backend") == "numpy":
            words.append("numpy twin")
        return ", ".join(words)


GEPHI, STABLE = {"solver": "gephi"}, {"solver": "stable"}
CASES = (
    Case("airlines", GEPHI, wall=0.045, repeat=15),
    Case("airlines", STABLE, wall=0.03, repeat=15),
    Case("airlines", {"solver": "gephi", "backend": "numpy"}, repeat=5),
    Case("pods 5000", GEPHI, wall=0.15, repeat=10),
    Case("pods 5000", STABLE, wall=0.08, repeat=10),
    Case("machines 5000", GEPHI, wall=0.21, repeat=10),
    Case("machines 5000", STABLE, wall=0.12, repeat=10),
    Case("airtraffic", GEPHI, wall=1.1),
    Case("airtraffic", STABLE, wall=0.65),
    Case("pods 20000", GEPHI, wall=1.3),
    Case("pods 20000", STABLE, wall=0.75),
    Case("pods 20000", {"tolerance": 0.1}, wall=0.17, repeat=10),
    Case("machines 20000", {"tolerance": 0.1}, wall=0.17, repeat=10),
    Case("pods 100000", GEPHI, wall=22, megabytes=400, repeat=2),
    Case("pods 100000", STABLE, repeat=2),
    Case("pods 100000", {"tolerance": 0.1}, wall=0.6),
    Case("machines 100000", {"tolerance": 0.2}, wall=0.61),
    Case("machines 100000", {"tolerance": 0.1}, wall=2.4, repeat=3),
    Case("pods 446000", {"tolerance": 0.1}, cpu=3, megabytes=1400, repeat=3),
    Case("machines 450000", {"tolerance": 0.2}, cpu=6, megabytes=1400, repeat=3),
)
PEERS = (
    ("datashader hammer_bundle", ("airlines", "pods 20000", "pods 100000")),
    ("graphviz mingle", ("airlines", "pods 5000", "pods 20000", "pods 100000")),
    ("netgraph", ("airlines",)),
    ("fdeb", ("airlines",)),
    ("AntV G6", ("airlines",)),
)


def graph(name: str) -> np.ndarray | None:
    """A graph by its name in the tables."""
    if name in graphs.PUBLIC:
        return graphs.public(name)
    shape, size = name.split()
    return {"pods": graphs.pods, "machines": graphs.machines, "random": graphs.scattered}[shape](int(size))


def peak() -> float:
    """The most megabytes this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(case: dict[str, Any]) -> None:
    """Run one case in this process and print its figures as JSON."""
    from vigie.drawing.bundling import bundle

    lines = graph(case["graph"])
    assert lines is not None
    bundle(lines[:600], threads=THREADS)
    before, walls, cpus = peak(), [], []
    made = None
    for _ in range(case["repeat"]):
        wall, cpu = time.perf_counter(), time.process_time()
        made = None
        made = bundle(lines, threads=THREADS, **case["options"])
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    assert made is not None
    told = {"edges": len(lines), "supers": made.super_edges, "pairs": made.pairs, "backend": made.backend}
    print(json.dumps({"wall": min(walls), "cpu": min(cpus), "megabytes": peak() - before, **told}))


def peer(name: str, graph_name: str) -> None:
    """Run a peer's Python implementation in this process, warm, and print its seconds as JSON."""
    lines = graph(graph_name)
    assert lines is not None
    ends, which = np.unique(lines.reshape(-1, 2), axis=0, return_inverse=True)
    edges = which.reshape(-1, 2)
    if name.startswith("datashader"):
        import pandas
        from datashader.bundling import hammer_bundle

        nodes = pandas.DataFrame(ends, columns=["x", "y"])
        links = pandas.DataFrame(edges, columns=["source", "target"])
        hammer_bundle(nodes, links.iloc[:50])

        def run() -> None:
            hammer_bundle(nodes, links)
    elif name == "fdeb":
        from fdeb import fdeb

        box = float(np.ptp(ends, axis=0).max())
        paths = (lines - np.tile(ends.min(axis=0), 2)).reshape(-1, 2, 2) / box

        def run() -> None:
            fdeb(paths)
    else:
        from netgraph import get_bundled_edge_paths

        box = float(np.ptp(ends, axis=0).max())
        places = {number: place / box for number, place in enumerate(ends)}
        links = list(dict.fromkeys((int(a), int(b)) for a, b in edges if a != b))

        def run() -> None:
            get_bundled_edge_paths(links, places)

    wall, cpu = time.perf_counter(), time.process_time()
    run()
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "megabytes": peak()}))


def mingle(graph_name: str) -> dict[str, Any] | str:
    """Graphviz mingle on a file of the graph: its whole process."""
    program = shutil.which("mingle")
    if program is None:
        return "mingle is not installed"
    lines = graph(graph_name)
    if lines is None:
        return "the graph is missing"
    ends, which = np.unique(lines.reshape(-1, 2), axis=0, return_inverse=True)
    pairs = np.unique(np.sort(which.reshape(-1, 2), axis=1), axis=0)  # an edge given twice makes mingle crash
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.gv"
        with path.open("w") as file:
            file.write("graph {\n")
            file.writelines(f'{number} [pos="{x:.4f},{y:.4f}"];\n' for number, (x, y) in enumerate(ends))
            file.writelines(f"{a} -- {b};\n" for a, b in pairs if a != b)
            file.write("}\n")
        command = [sys.executable, "-m", "bench.drawing.run", "--outside", program, "-o", os.devnull, str(path)]
        return measured(command, os.environ)


def g6(graph_name: str) -> dict[str, Any] | str:
    """AntV G6's bundling, in Node.js."""
    modules, lines = os.environ.get("VIGIE_PEERS_NODE", ""), graph(graph_name)
    if not modules or lines is None:
        return "VIGIE_PEERS_NODE is not set" if not modules else "the graph is missing"
    ends, which = np.unique(lines.reshape(-1, 2), axis=0, return_inverse=True)
    nodes = [{"id": str(number), "x": x, "y": y} for number, (x, y) in enumerate(ends.tolist())]
    edges = [{"source": str(a), "target": str(b)} for a, b in which.reshape(-1, 2).tolist()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.json"
        path.write_text(json.dumps({"nodes": nodes, "edges": edges}), encoding="utf-8")
        return measured(["node", str(HERE / "g6.js"), str(path)], {**os.environ, "NODE_PATH": modules})


def measured(command: list[str], environment: Any) -> dict[str, Any] | str:
    """What a process prints as JSON, or why there is nothing."""
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"ended after {LIMIT:.0f} s"
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:60]}"
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def outside(command: list[str]) -> None:
    """Run a program that is not Python as the only child of this process; print its seconds and megabytes as JSON."""
    began = time.perf_counter()
    code = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
    if code:
        sys.exit(f"crashed with signal {-code}" if code < 0 else f"exit code {code}")
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}))


def run_case(case: Case) -> dict[str, Any] | str:
    """One case in a process of its own."""
    if case.graph in graphs.PUBLIC and graphs.public(case.graph) is None:
        return "the graph is missing"
    asked = json.dumps({"graph": case.graph, "options": case.options, "repeat": case.repeat})
    command = [sys.executable, "-m", "bench.drawing.run", "--case", asked]
    return measured(command, {**os.environ, "OPENBLAS_NUM_THREADS": "1"})


def run_peer(name: str, graph_name: str) -> dict[str, Any] | str:
    """One peer on one graph."""
    if name == "graphviz mingle":
        return mingle(graph_name)
    if name == "AntV G6":
        return g6(graph_name)
    python = os.environ.get("VIGIE_PEERS", "")
    if not python:
        return "VIGIE_PEERS is not set"
    threads = {"NUMBA_NUM_THREADS": str(THREADS), "OPENBLAS_NUM_THREADS": "1", "DASK_NUM_WORKERS": str(THREADS)}
    return measured([python, "-m", "bench.drawing.run", "--peer", name, graph_name], {**os.environ, **threads})


def verdict(case: Case, got: dict[str, Any]) -> str:
    """Whether each target is met; wall seconds also where only half of the CPU seconds would do, as on quiet cores."""
    words = []
    for name, target in (("wall", case.wall), ("cpu", case.cpu), ("megabytes", case.megabytes)):
        if target:
            unit = {"wall": " s", "cpu": " CPU-s", "megabytes": " MB"}[name]
            met = got[name] <= target
            quiet = name == "wall" and not met and got["cpu"] / THREADS <= target
            words.append(f"{'met' if met else 'met by CPU/2' if quiet else 'MISSED'}: {target:g}{unit}")
    return "; ".join(words)


def speed_table(cases: tuple[Case, ...]) -> tuple[str, dict[tuple[str, str], dict[str, Any]]]:
    """The table of our own cases, and their figures by (graph, title)."""
    rows = [
        "| graph | edges | solver | super-edges | pairs | wall s | CPU-s | MB | target |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    all_: dict[tuple[str, str], dict[str, Any]] = {}
    for case in cases:
        got = run_case(case)
        if isinstance(got, str):
            rows.append(f"| {case.graph} | | {case.title} | | | {got} | | | |")
            continue
        all_[case.graph, case.title] = got
        figures = f"{got['wall']:.4g} | {got['cpu']:.4g} | {got['megabytes']:.0f}"
        shape = f"{got['edges']:,} | {case.title} | {got['supers']:,} | {got['pairs']:,}"
        rows.append(f"| {case.graph} | {shape} | {figures} | {verdict(case, got)} |")
        print(rows[-1], file=sys.stderr, flush=True)
    return "\n".join(rows), all_


def peer_table(ours: dict[tuple[str, str], dict[str, Any]]) -> str:
    """The peers, and how many times as long they take as vigie, exact and merged."""
    head = "| peer | graph | wall s | CPU-s | MB | wall, of stable | CPU | wall, of tolerance .1 | CPU |"
    rows = [head, "|---" * 9 + "|"]
    for name, names in PEERS:
        for graph_name in names:
            got = run_peer(name, graph_name)
            if isinstance(got, str):
                rows.append(f"| {name} | {graph_name} | {got} | | | | | | |")
                continue
            ratios = []
            for title in ("stable", "stable, tolerance 0.1"):
                mine = ours.get((graph_name, title))
                ratios += [f"{got[key] / mine[key]:.1f}" if mine else "" for key in ("wall", "cpu")]
            cells = f"{got['wall']:.3g} | {got['cpu']:.3g} | {got['megabytes']:.0f} | {' | '.join(ratios)}"
            rows.append(f"| {name} | {graph_name} | {cells} |")
            print(rows[-1], file=sys.stderr, flush=True)
    return "\n".join(rows)


def main(arguments: list[str]) -> None:
    """Everything, into results.md."""
    from bench.drawing import quality

    cases = tuple(case for case in CASES if "--quick" not in arguments or len(case.graph) < 12)
    load = os.getloadavg()[0]
    table, ours = speed_table(cases)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {THREADS} threads; load {load:.1f} before."
    text = ["# Edge bundling, measured", "", machine, "", "## Speed", "", table, ""]
    kernel, twin = ours.get(("airlines", "gephi")), ours.get(("airlines", "gephi, numpy twin"))
    if kernel and twin:
        ratio = twin["cpu"] / kernel["cpu"]
        text += [f"The numpy twin takes {ratio:.0f} times the kernel's CPU time on airlines (target: 60).", ""]
    if "--no-peers" not in arguments:
        text += ["## Peers, in the same run", "", peer_table(ours), ""]
    if "--quick" not in arguments:
        text += ["## Quality", "", quality.report(), ""]
        text += ["## What is missed, and why", "", (HERE / "misses.md").read_text(encoding="utf-8")]
    result = "\n".join(text)
    (HERE / "results.md").write_text(result, encoding="utf-8")
    print(result)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        child(json.loads(sys.argv[2]))
    elif sys.argv[1:2] == ["--outside"]:
        outside(sys.argv[2:])
    elif sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], sys.argv[3])
    else:
        main(sys.argv[1:])
