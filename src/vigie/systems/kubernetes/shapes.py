"""The parts of a pod's specification that the fit reads, in the types that they should have.

Evidence is hostile: any field may hold anything. What has another type than it should is left out here, once, so that
everything after may rely on the shape.
"""

from collections.abc import Mapping
from typing import Any

from vigie.kit import Entity
from vigie.systems.kubernetes.joins import once

_TEXT, _NUMBER, _FLAG, _MAP, _ANY = "text", "number", "flag", "map", "any"
_REST = "*"

_EXPRESSION = {"key": _TEXT, "operator": _TEXT, "values": [_TEXT]}
_SELECTOR = {"matchLabels": _MAP, "matchExpressions": [_EXPRESSION]}
_RESOURCES = {"requests": _MAP, "limits": _MAP}
_TERM = {
    "topologyKey": _TEXT,
    "labelSelector": _SELECTOR,
    "namespaceSelector": _SELECTOR,
    "namespaces": [_TEXT],
    "matchLabelKeys": [_TEXT],
    "mismatchLabelKeys": [_TEXT],
}
TERMS = [_TERM]
_NEAR = {"requiredDuringSchedulingIgnoredDuringExecution": TERMS}
_CONTAINER = {
    "name": _TEXT,
    "restartPolicy": _TEXT,
    "command": [_TEXT],
    "args": [_TEXT],
    "env": [{"name": _TEXT, "value": _TEXT}],
    "resources": _RESOURCES,
    "ports": [{"hostPort": _NUMBER, "containerPort": _NUMBER, "hostIP": _TEXT, "protocol": _TEXT}],
}
NODE_SELECTOR = {"nodeSelectorTerms": [{"matchExpressions": [_EXPRESSION], "matchFields": [_EXPRESSION]}]}
SPEC = {
    "nodeName": _TEXT,
    "hostNetwork": _FLAG,
    "containers": [_CONTAINER],
    "initContainers": [_CONTAINER],
    "overhead": _MAP,
    "resources": _RESOURCES,
    "nodeSelector": _MAP,
    "tolerations": [{"key": _TEXT, "operator": _TEXT, "value": _TEXT, "effect": _TEXT}],
    "schedulingGates": [{"name": _TEXT}],
    "affinity": {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": NODE_SELECTOR},
        "podAffinity": _NEAR,
        "podAntiAffinity": _NEAR,
    },
    "topologySpreadConstraints": [
        {
            "maxSkew": _NUMBER,
            "minDomains": _NUMBER,
            "topologyKey": _TEXT,
            "whenUnsatisfiable": _TEXT,
            "labelSelector": _SELECTOR,
            "matchLabelKeys": [_TEXT],
            "nodeAffinityPolicy": _TEXT,
            "nodeTaintsPolicy": _TEXT,
        }
    ],
    "volumes": [
        {
            "name": _TEXT,
            "persistentVolumeClaim": {"claimName": _TEXT},
            "ephemeral": {_REST: _ANY},
            "hostPath": {"path": _TEXT, _REST: _ANY},
            "emptyDir": {"sizeLimit": _TEXT, _REST: _ANY},
            _REST: _ANY,
        }
    ],
}


def shaped(value: Any, shape: Any) -> Any:
    """A JSON value cut down to a shape; None for one that has another type altogether."""
    if isinstance(shape, list):
        return _list(value, shape[0])
    if isinstance(shape, dict):
        return _fields(value, shape)
    match shape:
        case "text":
            return value if isinstance(value, str) else None
        case "number":
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case "flag":
            return value if isinstance(value, bool) else None
        case "map":
            if not isinstance(value, Mapping):
                return None
            return {k: v for k, v in value.items() if isinstance(v, str | int | float) and not isinstance(v, bool)}
        case _:
            return value


def _list(value: Any, shape: Any) -> list[Any] | None:
    """Elements of another type are left out, save where a position is told of: then they stand as empty ones."""
    if not isinstance(value, list):
        return None
    cut = [shaped(item, shape) for item in value]
    return (
        [({} if item is None else item) for item in cut]
        if isinstance(shape, dict)
        else [i for i in cut if i is not None]
    )


def _fields(value: Any, shape: Mapping[str, Any]) -> dict[str, Any] | None:
    if not isinstance(value, Mapping):
        return None
    out: dict[str, Any] = {}
    for name, item in value.items():
        known = shape.get(name, shape.get(_REST))
        cut = shaped(item, known) if known is not None else None
        if cut is not None:
            out[name] = cut
    return out


def spec(pod: Entity) -> dict[str, Any]:
    """The specification of a pod, in shape; empty where it was not read."""

    def cut() -> dict[str, Any]:
        found: dict[str, Any] = shaped(pod.body.get("spec"), SPEC) or {}
        return found

    return once(pod.graph, f"spec {pod.namespace}/{pod.name}", cut)
