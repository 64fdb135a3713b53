"""References in objects of undeclared kinds: any field that looks like an object reference is one."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_REFERENCE = re.compile(r"(?i)(ref|reference|selector)s?$")
_NAMED = {
    "secretName": "Secret",
    "configMapName": "ConfigMap",
    "serviceName": "Service",
    "serviceAccountName": "ServiceAccount",
    "persistentVolumeClaimName": "PersistentVolumeClaim",
    "claimName": "PersistentVolumeClaim",
    "storageClassName": "StorageClass",
    "ingressClassName": "IngressClass",
    "priorityClassName": "PriorityClass",
    "nodeName": "Node",
}
_KINDS = {"secret": "Secret", "configMap": "ConfigMap", "service": "Service", "serviceAccount": "ServiceAccount"}
_DEPTH = 24


class Reference(NamedTuple):
    """One reference: where it stands, and what it names; `namespace` None is the referrer's own."""

    path: str
    api: str
    kind: str
    namespace: str | None
    name: str


def references(value: Any, path: str = "spec", depth: int = 0) -> Iterator[Reference]:
    """Every reference below a decoded JSON value, in the order of the document."""
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(item, f"{path}[{index}]", depth + 1)
        return
    if not isinstance(value, dict):
        return
    found = _reference(value, path)
    if found:
        yield found
    for key, item in value.items():
        if isinstance(item, str) and item and key in _NAMED:
            yield Reference(f"{path}.{key}", "", _NAMED[key], None, item)
        else:
            yield from references(item, f"{path}.{key}", depth + 1)


def _reference(value: dict[str, Any], path: str) -> Reference | None:
    name, kind = value.get("name"), value.get("kind")
    if not isinstance(name, str) or not name:
        return None
    field = path.rpartition(".")[2].partition("[")[0]
    if not isinstance(kind, str) or not kind:
        stem = _REFERENCE.sub("", field)
        kind = next((k for word, k in _KINDS.items() if stem == word or stem.endswith(word[0].upper() + word[1:])), "")
        if not kind or stem == field:
            return None
    api = value.get("apiVersion") or value.get("apiGroup") or value.get("group") or ""
    namespace = value.get("namespace")
    return Reference(
        path,
        api if isinstance(api, str) else "",
        kind,
        namespace if isinstance(namespace, str) and namespace else None,
        name,
    )
