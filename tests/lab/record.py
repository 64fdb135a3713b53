"""What a person with read rights would collect from a cluster, as a small deterministic archive.

Members: one List a kind, cluster-wide, as the server gave it (`api/v1/pods.json`, `apis/apps/v1/deployments.json`), and
logs (`logs/NAMESPACE/POD/CONTAINER.log`, `.previous.log`). Left out: managedFields, what the API server writes into
every cluster by itself (bootstrap RBAC, flow control, its own APIServices), values of Secrets (their sizes are kept).
"""

import gzip
import io
import json
import shutil
import tarfile
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

import yaml

from tests.lab import life, programs, scenario
from tests.lab.build.generate import VERSIONS
from tests.lab.errors import LabError
from tests.lab.instance import Instance
from tests.lab.kube import Json
from vigie.model.evidence import Evidence
from vigie.sources.kube import Cluster, save

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "incidents"
LEFT_OUT = ("apis/flowcontrol.apiserver.k8s.io/",)
BOOTSTRAP = "kubernetes.io/bootstrapping"
AUTOMATIC = "kube-aggregator.kubernetes.io/automanaged"


def wanted(item: Json) -> bool:
    """Whether *item* is more than what every cluster has by itself."""
    labels = item.get("metadata", {}).get("labels") or {}
    return BOOTSTRAP not in labels and AUTOMATIC not in labels


def pruned(document: bytes) -> bytes:
    """A List without managedFields and without what every cluster has by itself, compact."""
    whole = json.loads(document)
    whole["items"] = [item for item in whole.get("items") or [] if wanted(item)]
    for item in whole["items"]:
        item.get("metadata", {}).pop("managedFields", None)
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def healthy(pod: Json) -> bool:
    """Whether *pod* runs or has run without a fault anybody could see."""
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded":
        return True
    ready = life.conditions(pod).get("Ready") == "True"
    return ready and not any(entry.get("restartCount") for entry in status.get("containerStatuses") or [])


def logs(pods: Iterable[Json]) -> Iterator[tuple[str, str, str, bool]]:
    """Namespace, pod, container and whether of the run before, of each log worth reading: all outside kube-system,
    and of the unhealthy there."""
    for pod in pods:
        metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
        if "nodeName" not in spec or (metadata["namespace"] == "kube-system" and healthy(pod)):
            continue
        for state in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
            if "waiting" not in state["state"] or state.get("restartCount"):
                yield metadata["namespace"], metadata["name"], state["name"], False
            if state.get("restartCount"):
                yield metadata["namespace"], metadata["name"], state["name"], True


def read(kubeconfig: Path) -> Iterator[tuple[str, bytes]]:
    """(member, bytes) of everything that vigie's live source reads on a cluster, and the logs of its pods.

    Raises VigieError when the cluster cannot be reached.
    """
    with TemporaryDirectory() as name:
        cluster = Cluster.connect(kubeconfig=str(kubeconfig))
        try:
            for found in cluster.lists():
                save(found, name)
            pods = json.loads((Path(name) / "api/v1/pods.json").read_bytes())["items"]
            for found in cluster.logs(logs(pods)):
                if isinstance(found, Evidence):
                    save(found, name)
        finally:
            cluster.close()
        for path in sorted(Path(name).rglob("*.*")):
            member = path.relative_to(name).as_posix()
            if path.is_file() and not member.startswith(LEFT_OUT):
                data = path.read_bytes()
                yield member, data if path.suffix == ".log" or "-errors" in path.name else pruned(data)


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar.gz of *members* (name, content) that depends on nothing but them."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0, compresslevel=9) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in sorted(members):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def write(found: scenario.Scenario, evidence: bytes) -> Path:
    """Write the recording of *found* into the samples; returns its folder."""
    folder = SAMPLES / found.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "evidence.tar.gz").write_bytes(evidence)
    (folder / "truth.yaml").write_text(yaml.safe_dump(dict(found.truth), sort_keys=False, width=120))
    version, day = VERSIONS[found.needs["version"]], datetime.now(UTC).date()
    source = f"recorded from the lab, Kubernetes {version}, {day}, by `tests/lab/lab record {found.name}`\n"
    (folder / "SOURCE").write_text(source)
    return folder


def record(name: str, place: str, keep: bool = False) -> Path:
    """Play scenario *name* on a fresh instance called *place*, and record it; returns the recording's folder."""
    found = scenario.load(name)
    needs = found.needs
    life.down(place)
    try:
        begun = time.monotonic()
        instance = life.up(place, needs["nodes"], needs["kwok"], needs["version"], say=lambda _: None)
        scenario.play(instance, found)
        burnt = time.monotonic()
        folder = write(found, pack(read(instance.kubeconfig)))
        size = (folder / "evidence.tar.gz").stat().st_size
        programs.say(f"{name}: {burnt - begun:.0f} s, read in {time.monotonic() - burnt:.1f} s, {size / 1000:.0f} kB")
    finally:
        if not keep:
            life.down(place)
    return folder


def record_all(names: Iterable[str], jobs: int, keep: bool = False) -> list[str]:
    """Record *names*, *jobs* at a time, each on an instance of its own; returns what failed, one line each."""
    places: SimpleQueue[str] = SimpleQueue()
    for index in range(jobs):
        places.put(f"record-{index + 1}")

    def one(name: str) -> str:
        place = places.get()
        try:
            record(name, place, keep)
        except LabError as error:
            programs.say(f"{name}: FAILED: {error}")
            return f"{name}: {error}"
        except Exception as error:  # a defect of the lab's own: the other scenarios go on, and the exit code tells
            programs.say(f"{name}: FAILED:\n{traceback.format_exc()}")
            return f"{name}: {type(error).__name__}: {error}"
        finally:
            places.put(place)
        return ""

    with ThreadPoolExecutor(jobs) as pool:
        return [failure for failure in pool.map(one, names) if failure]


def play_on(name: str, place: str) -> Instance:
    """Play scenario *name* on the running instance *place*, without recording."""
    instance = life.running(place)
    scenario.play(instance, scenario.load(name))
    return instance
