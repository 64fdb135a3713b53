"""Objects put straight into etcd, past the API server: for replays, and for pasts that cannot be lived through.

The API server reads JSON from etcd as well as protobuf, so an object is stored as it was recorded, without its
resourceVersion. Keys: `/registry/PLURAL/[NAMESPACE/]NAME`, with the exceptions of Kubernetes' own storage factory
(pkg/kubeapiserver/default_storage_factory_builder.go); custom resources have their group before the plural.
"""

import base64
import json
import sys
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError
from tests.lab.instance import CONTROL, Instance
from tests.lab.kube import Client, Json, Refused

PREFIXES = {
    ("", "nodes"): "minions",
    ("", "services"): "services/specs",
    ("", "endpoints"): "services/endpoints",
    ("", "replicationcontrollers"): "controllers",
    ("networking.k8s.io", "ingresses"): "ingress",
    ("apiregistration.k8s.io", "apiservices"): "apiregistration.k8s.io/apiservices",
    ("apiextensions.k8s.io", "customresourcedefinitions"): "apiextensions.k8s.io/customresourcedefinitions",
}
PUT = Path(__file__).resolve().parent / "etcd_put.py"
SPACE = uuid.UUID("5f0c3ad5-8f1c-4f6e-9d1b-6f2f9f3c6f10")


def builtin(group: str) -> bool:
    """Whether *group* is Kubernetes' own, whose keys carry no group."""
    return group in ("", "apps", "batch", "autoscaling", "policy") or group.endswith(".k8s.io")


def key(group: str, plural: str, namespace: str, name: str, custom: bool | None = None) -> str:
    """The etcd key of an object; *custom* says whether a CRD serves it (default: judged by its group)."""
    if custom is None:
        custom = not builtin(group)
    prefix = f"{group}/{plural}" if custom else PREFIXES.get((group, plural), plural)
    return "/registry/" + "/".join(part for part in (prefix, namespace, name) if part)


def put(instance: Instance, pairs: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    """Store (key, object) *pairs* in the etcd of *instance*; returns how many. Raises LabError."""
    lines = []
    for name, item in pairs:
        value = json.dumps(item, separators=(",", ":")).encode()
        lines.append(base64.b64encode(name.encode()).decode() + " " + base64.b64encode(value).decode())
    instance.run(CONTROL, [sys.executable, "-I", PUT], text="\n".join(lines), only="n")
    return len(lines)


def group_of(item: Mapping[str, Any]) -> str:
    """The API group of *item*."""
    group, slash, _ = str(item["apiVersion"]).rpartition("/")
    return group if slash else ""


def identity(item: Mapping[str, Any]) -> str:
    """A uid made from kind, namespace and name, for objects that have none."""
    metadata = item["metadata"]
    return str(uuid.uuid5(SPACE, f"{item['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"))


class Plurals:
    """Resource names by (apiVersion, kind), asked from the API server."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.known: dict[str, list[Json]] = {}

    def find(self, version: str, kind: str) -> Json:
        """The APIResource of *kind* in *version*; raises LabError if it is not served."""
        if version not in self.known:
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            self.known[version] = self.client.object(root)["resources"]
        for resource in self.known[version]:
            if resource["kind"] == kind and "/" not in resource["name"]:
                return resource
        raise LabError(f"kind {kind} of {version} is not served")


def owner_uid(client: Client, plurals: Plurals, namespace: str, reference: Json, stored: Mapping[str, str]) -> str:
    """The uid of the object that *reference* names: one of *stored*, or a living one; raises LabError."""
    mark = f"{reference['kind']}/{reference['name']}"
    if mark in stored:
        return stored[mark]
    resource = plurals.find(reference["apiVersion"], reference["kind"])
    root = f"/apis/{reference['apiVersion']}" if "/" in reference["apiVersion"] else f"/api/{reference['apiVersion']}"
    middle = f"/namespaces/{namespace}" if resource["namespaced"] else ""
    try:
        found = client.object(f"{root}{middle}/{resource['name']}/{reference['name']}")
    except Refused:
        raise LabError(f"owner {mark} in {namespace} is neither stored nor alive") from None
    return str(found["metadata"]["uid"])


def store(instance: Instance, client: Client, items: Iterable[Json]) -> int:
    """Put *items* into a living cluster: uids are made where they lack, owners' uids are looked up."""
    plurals, pairs = Plurals(client), []
    wanted = list(items)
    for item in wanted:
        item["metadata"].setdefault("uid", identity(item))
    for item in wanted:
        metadata = item["metadata"]
        stored = {
            f"{other['kind']}/{other['metadata']['name']}": other["metadata"]["uid"]
            for other in wanted
            if other["metadata"].get("namespace") in (None, metadata.get("namespace"))
        }
        for reference in metadata.get("ownerReferences", []):
            if "uid" not in reference:
                reference["uid"] = owner_uid(client, plurals, metadata.get("namespace", ""), reference, stored)
        resource = plurals.find(item["apiVersion"], item["kind"])
        namespace = metadata.get("namespace", "") if resource["namespaced"] else ""
        pairs.append((key(group_of(item), resource["name"], namespace, metadata["name"]), item))
    return put(instance, pairs)
