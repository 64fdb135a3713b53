"""A recording served by a real API server on which nobody acts: every recording is also a live cluster.

etcd and kube-apiserver alone; the objects are put into etcd before the API server starts, so that their uids, owners,
times and statuses stay as they were recorded. Logs that were recorded too are served by stand-ins for the kubelets.
"""

import ipaddress
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import yaml

from tests.lab import control, etcd, life, programs
from tests.lab.errors import LabError
from tests.lab.instance import CONTROL, Instance, lock
from tests.lab.kube import Client, Json, until

HERE = Path(__file__).resolve().parent
KUBELET_PORT = 10250
# No Lease of the API server's own: beside it, renewed now, every Lease of the recording would look long expired.
FLAGS = (
    "--endpoint-reconciler-type=none",
    "--event-ttl=8760h",
    "--feature-gates=APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false",
)
ENDINGS = (".json", ".yaml", ".yml")
# Kinds whose plural is not the lower-case kind with s, es or ies.
ODD = {"Endpoints": "endpoints", "EndpointSlice": "endpointslices"}
# What the API server makes itself, and what is never stored.
NEVER = {"ComponentStatus", "APIService", "List", "Status"}


def members(evidence: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file of *evidence*: a recording's folder, an archive, any folder, or one file."""
    if evidence.is_dir() and (evidence / "evidence.tar.gz").exists():
        evidence /= "evidence.tar.gz"
    if evidence.is_dir():
        for path in sorted(path for path in evidence.rglob("*") if path.is_file()):
            yield str(path.relative_to(evidence)), path.read_bytes()
    elif tarfile.is_tarfile(evidence):
        with tarfile.open(evidence) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content:
                    yield member.name, content.read()
    elif evidence.exists():
        yield evidence.name, evidence.read_bytes()
    else:
        raise LabError(f"no evidence at {evidence}")


def documents(evidence: Path) -> Iterator[Json]:
    """Every Kubernetes object in *evidence*; items of a List get the kind that the List leaves out."""
    for name, content in members(evidence):
        if not name.endswith(ENDINGS):
            continue
        loaded = [json.loads(content)] if name.endswith(".json") else yaml.safe_load_all(content)
        for document in loaded:
            if isinstance(document, dict) and "kind" in document and "apiVersion" in document:
                yield from expanded(document)


def expanded(document: Json) -> Iterator[Json]:
    """*document* itself, or the items of the list it is."""
    if "items" not in document or not document["kind"].endswith("List"):
        yield document
        return
    kind, version = document["kind"].removesuffix("List"), document["apiVersion"]
    for item in document["items"] or []:
        yield {"kind": kind, "apiVersion": version} | item if kind else item


def plural(kind: str) -> str:
    """The resource name of a built-in *kind*."""
    lower = kind.lower()
    if kind in ODD:
        return ODD[kind]
    if lower.endswith("y"):
        return lower[:-1] + "ies"
    return lower + ("es" if lower.endswith("s") else "s")


def custom_names(objects: Iterable[Json]) -> dict[tuple[str, str], str]:
    """(group, kind) -> resource name of each custom kind that a CustomResourceDefinition among *objects* defines."""
    found = {}
    for item in objects:
        if item["kind"] == "CustomResourceDefinition":
            spec = item["spec"]
            found[spec["group"], spec["names"]["kind"]] = spec["names"]["plural"]
    return found


def stored(objects: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """(etcd key, object) of everything that can be served again."""
    customs = custom_names(objects)
    for item in objects:
        metadata, group = item.get("metadata") or {}, etcd.group_of(item)
        remote = item["kind"] == "APIService" and (item.get("spec") or {}).get("service")
        if "name" not in metadata or (item["kind"] in NEVER and not remote):
            continue
        metadata.pop("resourceVersion", None)
        metadata.setdefault("uid", etcd.identity(item))
        name = customs.get((group, item["kind"]), plural(item["kind"]))
        custom = (group, item["kind"]) in customs
        if custom or etcd.builtin(group):
            yield etcd.key(group, name, metadata.get("namespace", ""), metadata["name"], custom), item


def kubelets(objects: Iterable[Json]) -> dict[int, list[str]]:
    """Port -> addresses at which the API server looks for the kubelets of the Nodes among *objects*."""
    found: dict[int, list[str]] = {}
    for item in objects:
        status = item.get("status") or {} if item["kind"] == "Node" else {}
        endpoint = (status.get("daemonEndpoints") or {}).get("kubeletEndpoint") or {}
        for entry in status.get("addresses") or []:
            if entry["type"] == "InternalIP" and ipaddress.ip_address(entry["address"]).version == 4:
                found.setdefault(endpoint.get("Port") or KUBELET_PORT, []).append(entry["address"])
    return found


def logs(evidence: Path) -> Iterator[tuple[tuple[str, str, str], bytes]]:
    """((namespace, pod, file), content) of each log in *evidence*, recorded as `logs/NAMESPACE/POD/CONTAINER.log`."""
    for name, content in members(evidence):
        parts = name.removeprefix("./").split("/")
        if len(parts) == 4 and parts[0] == "logs" and name.endswith(".log") and not {"", ".", ".."} & set(parts):
            yield (parts[1], parts[2], parts[3]), content


def start_kubelets(instance: Instance, objects: Iterable[Json], evidence: Path) -> None:
    """Serve the recorded logs where the API server will ask for them; nothing if there are none."""
    folder, keys = instance.folder / "recorded-logs", instance.folder / "pki"
    for (namespace, pod, file), content in logs(evidence):
        path = folder / namespace / pod / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for port, addresses in kubelets(objects).items() if folder.exists() else ():
        part, ready = f"kubelets-{port}", instance.folder / f"kubelets-{port}.ready"
        files = [folder, keys / "apiserver.crt", keys / "apiserver.key", ready]
        words = [HERE / "kubelets.py", *files, str(port), *sorted(set(addresses))]
        instance.start(part, CONTROL, [sys.executable, "-I", *map(str, words)])
        until("the recorded logs served", ready.exists, 10, 0.02, f"see {instance.log(part)}")


def start(evidence: Path, name: str, version: str = "1.36", say: programs.Progress = programs.say) -> Instance:
    """A fresh instance *name* that serves *evidence*; raises LabError if it runs already or cannot be read."""
    objects = list(documents(evidence))
    pairs = list(stored(objects))
    if not pairs:
        raise LabError(f"{evidence} holds no Kubernetes objects")
    if Instance(name).facts:
        raise LabError(f"instance {name} exists; `lab down --name {name}` first, or choose another --name")
    with lock(name):
        programs.kubernetes(version).make()
        instance = life.prepare_folder(name, 0, 0, version)
        control.make_space(instance)
        control.start_etcd(instance)
        count = etcd.put(instance, pairs)
        control.start_base(instance, FLAGS)
        start_kubelets(instance, objects, evidence)
    with Client(instance.kubeconfig) as client:
        until("the recorded objects served", lambda: client.answers("/api/v1/nodes?limit=1"), 10)
    say(f"serving {count} objects of {evidence} at {instance.kubeconfig}")
    return instance


def run(evidence: Path, command: Sequence[str], name: str, version: str = "1.36") -> int:
    """Serve *evidence*, run *command* with KUBECONFIG set, stop; returns its exit code."""
    try:
        instance = start(evidence, name, version)
        return subprocess.run(command, env=instance.environment()).returncode
    finally:
        life.down(name)
