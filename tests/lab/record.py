"""What a person with read rights would collect from a cluster, as a small deterministic archive.

Members: one List a kind, cluster-wide, as the server gave it (`api/v1/pods.json`, `apis/apps/v1/deployments.json`), and
logs (`logs/NAMESPACE/POD/CONTAINER.log`, `.previous.log`). Left out: managedFields, what the API server writes into
every cluster by itself (bootstrap RBAC, flow control, its own APIServices), values of Secrets (their sizes are kept).
"""

import base64
import gzip
import io
import json
import shutil
import tarfile
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import yaml

from tests.lab import life, programs, scenario
from tests.lab.build.generate import VERSIONS
from tests.lab.errors import LabError
from tests.lab.instance import Instance
from tests.lab.kube import Client, Json, Refused

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "incidents"
# The same objects under another name, or nobody's evidence.
LEFT_OUT = {("events.k8s.io", "events"), ("flowcontrol.apiserver.k8s.io", "*")}
BOOTSTRAP = "kubernetes.io/bootstrapping"
AUTOMATIC = "kube-aggregator.kubernetes.io/automanaged"
TAIL = 500
READERS = 4
SIZES = "vigie/sizes"


def groups(client: Client) -> Iterator[str]:
    """The root path of the core group and of the preferred version of every other group."""
    yield "api/v1"
    for group in client.object("/apis")["groups"]:
        yield f"apis/{group['preferredVersion']['groupVersion']}"


def kinds(client: Client) -> Iterator[tuple[str, str]]:
    """(root path, resource) of everything that can be listed. A group whose server does not answer is passed over:
    its APIService says so."""
    for root in groups(client):
        group = root.split("/")[1] if root.startswith("apis/") else ""
        if (group, "*") in LEFT_OUT:
            continue
        try:
            resources = client.object(f"/{root}")["resources"]
        except Refused:
            continue
        for resource in sorted(resources, key=lambda entry: str(entry["name"])):
            name = resource["name"]
            if "list" in resource["verbs"] and "/" not in name and (group, name) not in LEFT_OUT:
                yield root, name


def wanted(item: Json) -> bool:
    """Whether *item* is more than what every cluster has by itself."""
    labels = item.get("metadata", {}).get("labels") or {}
    return BOOTSTRAP not in labels and AUTOMATIC not in labels


def redacted(item: Json, secret: bool) -> Json:
    """*item* without managedFields; of a Secret the keys stay, the values become sizes in an annotation."""
    metadata = item.get("metadata", {})
    metadata.pop("managedFields", None)
    if secret and item.get("data"):
        sizes = {name: len(base64.b64decode(value or "")) for name, value in item["data"].items()}
        metadata["annotations"] = (metadata.get("annotations") or {}) | {SIZES: json.dumps(sizes, sort_keys=True)}
        item["data"] = dict.fromkeys(item["data"], "")
    return item


def listed(client: Client, root: str, resource: str) -> bytes:
    """All pages of one list as one, compact."""
    path, token, whole, items = f"/{root}/{resource}?limit=500", "", {}, []
    while True:
        whole = client.object(path + (f"&continue={token}" if token else ""))
        secret = (root, resource) == ("api/v1", "secrets")
        items += [redacted(item, secret) for item in whole.get("items") or [] if wanted(item)]
        metadata = whole.get("metadata") or {}  # an aggregated API need not give its lists any
        token = metadata.pop("continue", "")
        if not token:
            break
    metadata.pop("remainingItemCount", None)
    whole["items"] = items
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def healthy(pod: Json) -> bool:
    """Whether *pod* runs or has run without a fault anybody could see."""
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded":
        return True
    ready = life.conditions(pod).get("Ready") == "True"
    return ready and not any(entry.get("restartCount") for entry in status.get("containerStatuses") or [])


def log_paths(pods: Iterable[Json]) -> Iterator[tuple[str, str, str]]:
    """(node, member, API path) of each log worth reading: all outside kube-system, and of the unhealthy there."""
    for pod in pods:
        metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
        if "nodeName" not in spec or (metadata["namespace"] == "kube-system" and healthy(pod)):
            continue
        place = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log"
        member = f"logs/{metadata['namespace']}/{metadata['name']}"
        states = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
        for state in states:
            name = state["name"]
            ask = f"{place}?container={name}&tailLines={TAIL}"
            if "waiting" not in state["state"] or state.get("restartCount"):
                yield spec["nodeName"], f"{member}/{name}.log", ask
            if state.get("restartCount"):
                yield spec["nodeName"], f"{member}/{name}.previous.log", ask + "&previous=true"


def logs(kubeconfig: Path, pods: Iterable[Json]) -> Iterator[tuple[str, bytes]]:
    """(member, text) of every log that its node still gives; a node that does not answer is asked once."""
    lost: set[str] = set()
    clients: SimpleQueue[Client] = SimpleQueue()

    def one(task: tuple[str, str, str]) -> tuple[str, bytes | None]:
        node, member, path = task
        if node in lost:
            return member, None
        client = clients.get()
        try:
            status, body = client.send("GET", path)
        except TimeoutError:
            lost.add(node)
            return member, None
        finally:
            clients.put(client)
        if status >= 500 and b"dial tcp" in body:
            lost.add(node)
        return member, body if status == 200 else None

    with ExitStack() as stack:
        for _ in range(READERS):
            clients.put(stack.enter_context(Client(kubeconfig, timeout=15)))
        with ThreadPoolExecutor(READERS) as pool:
            for member, text in pool.map(one, log_paths(pods)):
                if text is not None:
                    yield member, text


def read(kubeconfig: Path) -> Iterator[tuple[str, bytes]]:
    """(member, bytes) of everything there is to read on the cluster of *kubeconfig*; raises LabError."""
    with Client(kubeconfig) as client:
        yield "version.json", client.get("/version")
        pods: list[Json] = []
        for root, resource in kinds(client):
            try:
                data = listed(client, root, resource)
            except Refused as error:
                if error.status not in (404, 405, 503):
                    raise
                continue
            if (root, resource) == ("api/v1", "pods"):
                pods = json.loads(data)["items"]
            yield f"{root}/{resource}.json", data
    yield from logs(kubeconfig, pods)


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
