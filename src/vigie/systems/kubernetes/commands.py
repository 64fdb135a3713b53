"""kubectl commands about one object, given only where its names are ones that Kubernetes accepts."""

import json
from typing import Any

from vigie.kit import Entity, valid_name

_BUILT_IN = (".k8s.io", "apps", "batch", "policy", "autoscaling", "extensions")


def kubectl(verb: str, entity: Entity, *words: str) -> tuple[str, ...] | None:
    """`kubectl VERB KIND NAME -n NAMESPACE WORDS`; None where a name is none of Kubernetes."""
    names = [entity.name, entity.namespace] if entity.namespace else [entity.name]
    if not all(map(valid_name, names)):
        return None
    return ("kubectl", *verb.split(), resource(entity), entity.name, *space(entity), *words)


def resource(entity: Entity) -> str:
    """The kind as kubectl takes it: with its group where it is not built in."""
    group = entity.group
    own = not group or group.endswith(_BUILT_IN[0]) or group in _BUILT_IN
    return entity.kind.lower() if own else f"{entity.kind.lower()}.{group}"


def space(entity: Entity) -> tuple[str, ...]:
    """`-n NAMESPACE` for an object that is in one."""
    return ("-n", entity.namespace) if entity.namespace else ()


def patch(entity: Entity, change: Any, type: str = "merge") -> tuple[str, ...] | None:
    """The command that changes fields of an object; `change` is the patch as JSON values."""
    return kubectl("patch", entity, f"--type={type}", "-p", json.dumps(change, separators=(",", ":")))


def logs(job: Entity) -> tuple[str, ...] | None:
    """The command that shows the last words of a Job's pods."""
    if not valid_name(job.name):
        return None
    return ("kubectl", "logs", f"job/{job.name}", *space(job), "--all-containers", "--tail=50")


def endpoints(service: Entity) -> tuple[str, ...] | None:
    """The command that lists what is behind a Service."""
    if not (valid_name(service.name) and valid_name(service.namespace)):
        return None
    return ("kubectl", "get", "endpointslices", *space(service), "-l", f"kubernetes.io/service-name={service.name}")
