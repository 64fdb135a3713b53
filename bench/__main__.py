"""The benchmarks of reading and asking: `python -m bench [--pods N]`. Prints tables, writes bench/results/reading.md.

Each side of a comparison runs in a process of its own, three times, in turn; the least CPU of each counts, since
the machine is shared. CPU is user + system time of the whole process, memory its peak resident set.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.cluster import FAULTS, Cluster

HERE = Path(__file__).parent
REPEATS = 3


class Side:
    """One command, run several times: the least CPU seconds and peak memory in MB."""

    def __init__(self, name: str, code: str, *arguments: str, python: str = sys.executable) -> None:
        self.name = name
        self.command = [python, "-c", code, *arguments]
        self.cpu = float("inf")
        self.memory = float("inf")
        self.work = float("inf")
        self.said = ""

    def run(self) -> None:
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(self.command, stdout=out, cwd=HERE.parent)
            _, status, used = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"{self.name} failed with {os.waitstatus_to_exitcode(status)}")
            out.seek(0)
            self.said, _, work = out.read().decode().rpartition("work ")
        self.work = min(self.work, float(work or "inf"))
        self.cpu = min(self.cpu, used.ru_utime + used.ru_stime)
        self.memory = min(self.memory, used.ru_maxrss / 1024)


def race(*sides: Side) -> None:
    for _ in range(REPEATS):
        for side in sides:
            side.run()


NOTHING = "pass"
START = """
import json, sys, time
from pathlib import Path
"""
WORK = """
began = time.process_time()
{work}
print("work", time.process_time() - began)
"""
VIGIE = START + "from vigie import pipeline; pipeline.schema()"
ASK = VIGIE + WORK.format(
    work="""
for cause in pipeline.ask(pipeline.read(sys.argv[1])).causes:
    print(cause.name, cause.entity)
"""
)
JSON_LOAD = START + WORK.format(work="held = [json.load(p.open()) for p in sorted(Path(sys.argv[1]).glob('*.json'))]")
COLUMNS = VIGIE + WORK.format(work="print(pipeline.read(sys.argv[1]).table('Pod').real)")
OFFICIAL = (
    START
    + "from kubernetes import client"
    + WORK.format(
        work="client.ApiClient().deserialize(open(sys.argv[1]).read(), 'V1PodList', 'application/json')",
    )
)


def official_python() -> str | None:
    """A Python that has the official client: this one, or the one that KUBERNETES_CLIENT_PYTHON names."""
    for python in (os.environ.get("KUBERNETES_CLIENT_PYTHON"), sys.executable):
        if (
            python
            and subprocess.run([python, "-c", "import kubernetes"], capture_output=True, check=False).returncode == 0
        ):
            return python
    return None


def columns(directory: Path) -> Iterator[str]:
    """(a) 10,000 pods with managedFields to columns, against stdlib json and the official client."""
    where = directory / "a"
    size = Cluster(10_000, 100, 0).write(where)
    for path in where.glob("*.json"):
        if path.name != "pods.json":
            path.unlink()
    ours = Side("vigie", COLUMNS, str(where))
    plain = Side("json.load", JSON_LOAD, str(where))
    sides = [ours, plain]
    python = official_python()
    if python:
        sides.append(Side("official client", OFFICIAL, str(where / "pods.json"), python=python))
    race(*sides)
    pods = (where / "pods.json").stat().st_size
    yield f"### (a) 10,000 pods to columns, {pods / 1e6:.0f} MB of {size / 1e6:.0f}"
    yield from table(sides, ours, target="<= 1/20 of the official client's CPU")
    if not python:
        yield "The official client is not installed: set KUBERNETES_CLIENT_PYTHON to a Python that has it."


def broken_cluster(directory: Path, pods: int, *, indent: bool) -> Iterator[str]:
    """(b) a large cluster with planted faults, from files to `ask broken`."""
    where = directory / ("indented" if indent else "compact")
    size = Cluster(pods, max(1, pods // 100), 2 * pods, faults=50).write(where, indent=indent)
    ours, peer, start = Side("vigie", ASK, str(where)), Side("json.load", JSON_LOAD, str(where)), Side("start", NOTHING)
    race(ours, peer, start)
    found = ours.said.splitlines()
    right = sum(_expected(pods, number) in found for number in range(50))
    form = "as kubectl prints it" if indent else "compact"
    yield f"### (b) {pods:,} pods, owners, Services, EndpointSlices, ConfigMaps, events: {size / 1e6:.0f} MB, {form}"
    yield from table([ours, peer], ours, target="<= 1/3 of the CPU, <= 1/5 of the memory")
    each, memory = ours.cpu / pods * 1e6, (ours.memory - start.memory) * 1024 / pods
    yield f"Planted faults found: {right} of 50, others named: {len(found) - right}."
    yield f"A pod costs {each:.0f} us of CPU and {memory:.1f} KB of peak memory, everything else in the files included."


def _expected(pods: int, number: int) -> str:
    cluster = Cluster(pods, 1, 0, 50)
    namespace, name = cluster.place(number)
    at = {
        "secret-missing": f"Secret/{namespace}/{name}",
        "config-missing": f"ConfigMap/{namespace}/{name}-conf",
        "image-not-found": f"Deployment/{namespace}/{name}",
        "oom-limit": f"Deployment/{namespace}/{name}",
        "config-key-missing": f"Secret/{namespace}/{name}",
    }
    fault = cluster.fault(number)
    assert fault in FAULTS
    return f"{'secret-key-missing' if fault == 'config-key-missing' else fault} {at[fault]}"


def small(directory: Path) -> Iterator[str]:
    """(c) a small bundle, the whole process."""
    where = directory / "small"
    Cluster(100, 3, 60, faults=2).write(where)
    objects = sum(len(json.loads(path.read_text())["items"]) for path in where.glob("*.json"))
    ours, start = Side("vigie ask broken", ASK, str(where)), Side("an empty Python", NOTHING)
    race(ours, start)
    yield f"### (c) {objects} objects, the whole process"
    yield from table([ours, start], ours, target="<= 0.8 CPU-s")


def table(sides: list[Side], ours: Side, target: str) -> Iterator[str]:
    """The figures of each side: the whole process, the work without start and imports, and vigie's share of it."""
    yield "| side | CPU-s | of it work | MB | CPU of vigie / it | work of vigie / it | memory of vigie / it |"
    yield "|---|---|---|---|---|---|---|"
    for side in sides:
        ratios = ("", "", "")
        if side is not ours:
            pairs = ((side.cpu, ours.cpu), (side.work, ours.work), (side.memory, ours.memory))
            ratios = tuple(f"1/{theirs / own:.1f}" if theirs < float("inf") else "" for theirs, own in pairs)  # type: ignore[assignment]
        work = f"{side.work:.2f}" if side.work < float("inf") else ""
        yield f"| {side.name} | {side.cpu:.2f} | {work} | {side.memory:.0f} | {' | '.join(ratios)} |"
    yield f"Target: {target}."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--pods", type=int, default=100_000, help="pods of the large cluster")
    parser.add_argument("--only", choices=["a", "b", "c"], help="one of the three")
    given = parser.parse_args()
    parts: dict[str, Callable[[Path], Iterator[str]]] = {"a": columns, "c": small}
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for part in "abc" if not given.only else given.only:
            if part == "b":
                found = (
                    line for indent in (False, True) for line in broken_cluster(directory, given.pods, indent=indent)
                )
            else:
                found = parts[part](directory)
            for line in found:
                print(line, flush=True)
                lines.append(line)
    if not given.only:
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / "reading.md").write_text("# Reading and asking\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
