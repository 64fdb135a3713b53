"""How a pod that fits nowhere can be made to fit: one sentence for each reason, and the command where one exists."""

from typing import Any

from vigie.kit import Entity, Proof, valid_name
from vigie.systems.kubernetes import affinity, shapes
from vigie.systems.kubernetes.capacity import asked
from vigie.systems.kubernetes.fit import Failure, amount
from vigie.systems.kubernetes.verdicts import Blocked, units

_SETTABLE = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")
_RESOURCES = ("cpu", "memory", "resource")
_DEMANDS = {
    "affinity": "affinity.nodeAffinity",
    "pod-affinity": "affinity",
    "spread": "topologySpreadConstraints",
    "node-name": "nodeName",
}


def named(holder: Entity) -> str:
    """KIND NAMESPACE/NAME, as a sentence says it."""
    return f"{holder.kind} {holder.namespace}/{holder.name}" if holder.namespace else f"{holder.kind} {holder.name}"


def mend(blocked: Blocked, holder: Entity) -> tuple[str, tuple[str, ...] | None]:
    """The sentence and the command for the decisive reason."""
    failure = blocked.decisive
    where = f"node {blocked.nearest.node.name}" if blocked.nearest else "any node"
    who = named(holder)
    match blocked.filter:
        case "cpu" | "memory" | "resource":
            return _resources(blocked, holder)
        case "pods":
            return (
                f"Add a node, or move pods away from {where}: {failure.says if failure else 'too many pods run'}.",
                None,
            )
        case "affinity" | "node-name" | "features":
            wanted = affinity.said(shapes.spec(blocked.pod)) or "what it requires of a node"
            near = f"; the nearest is {where}" if blocked.nearest else ""
            return f"Change the node selector or affinity of {who} ({wanted}), which no node meets{near}.", None
        case "taint":
            return _taint(blocked, failure, who, where)
        case "pod-affinity":
            why = f": on {where} {failure.says}" if failure else ""
            return f"Relax the pod affinity of {who}, run fewer of its pods, or add a node{why}.", None
        case "spread":
            why = f": on {where} {failure.says}" if failure else ""
            return f"Relax the topologySpreadConstraints of {who}, or label or add nodes that meet them{why}.", None
        case "port":
            why = f": {failure.says}" if failure else ""
            return f"Drop hostPort from {who}, choose another, or free it on {where}{why}.", None
        case _:
            return f"Change {who} so that it fits {where}.", None


def _taint(blocked: Blocked, failure: Failure | None, who: str, where: str) -> tuple[str, None]:
    words = ", ".join(map(str, failure.marks)) if failure else ""
    key = words or next((r.key for r in blocked.said.reasons if r.filter == "taint" and r.key), "the taint")
    more = f" or {blocked.alike[0].node.name}" if blocked.alike else ""
    return f"Add a toleration for {key} to {who}, or take the taint off {where}{more}.", None


def _resources(blocked: Blocked, holder: Entity) -> tuple[str, tuple[str, ...] | None]:
    wants = asked(shapes.spec(blocked.pod))
    short = [f for f in blocked.failures if f.filter in _RESOURCES]
    if not blocked.nearest or not short:
        resource = blocked.reason.resource if blocked.reason else blocked.filter
        amounts = f" ({amount(resource, wants[resource])})" if resource in wants else ""
        return (
            f"Lower the request for {resource}{amounts} in {named(holder)}, or add a node that has as much left.",
            None,
        )
    node = blocked.nearest.node.name
    first = next((f for f in short if f.filter == blocked.filter), short[0])
    if first.whole == 0:
        return (
            f"Provide a node that offers {first.resource}, or drop the request from {named(holder)}: no node has any.",
            None,
        )
    lacking = " and ".join(f"{amount(f.resource, f.lacks)} {f.resource}" for f in short)
    has = f"{amount(first.resource, first.has)} of {amount(first.resource, first.whole)} left"
    value = units(first.resource, first.has)
    sentence = (
        f"Lower the request for {first.resource} in {named(holder)} from {amount(first.resource, first.wants)} "
        f"to {value}, "
        f"or free as much elsewhere: node {node} has {has} and lacks {lacking}."
    )
    return sentence, _command(blocked.pod, holder, first, value) if len(short) == 1 and first.has > 0 else None


def _command(pod: Entity, holder: Entity, first: Failure, value: str) -> tuple[str, ...] | None:
    """The kubectl command that lowers the request, where one container alone has it."""
    containers = shapes.spec(pod).get("containers") or []
    names = [c.get("name") for c in containers if first.resource in ((c.get("resources") or {}).get("requests") or {})]
    if (
        holder.kind not in _SETTABLE
        or len(names) != 1
        or not valid_name(holder.name)
        or not valid_name(holder.namespace)
    ):
        return None
    return (
        "kubectl", "set", "resources", f"{holder.kind.lower()}/{holder.name}", "-n", holder.namespace,
        "-c", str(names[0]), f"--requests={first.resource}={value}",
    )  # fmt: skip


def prefix(holder: Entity) -> str:
    """The path of the pod's specification in the object that holds its template."""
    if holder.kind == "Pod":
        return "spec"
    return "spec.jobTemplate.spec.template.spec" if holder.kind == "CronJob" else "spec.template.spec"


def template(holder: Entity) -> dict[str, Any]:
    """The pod's specification as its holder has it; empty where the holder was not read."""
    at: Any = holder.body
    for key in prefix(holder).split("."):
        at = at.get(key) if isinstance(at, dict) else None
    return shapes.shaped(at, shapes.SPEC) or {}


def on_template(holder: Entity, path: str, value: Any) -> Proof:
    """The proof that a field of the pod template is."""
    return Proof(holder, f"{prefix(holder)}.{path}", str(value), None, holder.pointer)


def storage_limit(pod: Entity, part: str) -> list[Proof]:
    """The limit on local storage that a pod went beyond, in its template."""
    spec = template(pod.holder)
    if part.startswith("emptyDir "):
        for at, volume in enumerate(spec.get("volumes") or []):
            if isinstance(volume, dict) and volume.get("name") == part.removeprefix("emptyDir "):
                limit = (volume.get("emptyDir") or {}).get("sizeLimit")
                return [on_template(pod.holder, f"volumes[{at}].emptyDir.sizeLimit", limit)]
    for at, container in enumerate(spec.get("containers") or []):
        limit = ((container.get("resources") or {}).get("limits") or {}).get("ephemeral-storage")
        if limit is not None and part in ("", container.get("name")):
            return [on_template(pod.holder, f'containers[{at}].resources.limits["ephemeral-storage"]', limit)]
    return []


def demanded(blocked: Blocked) -> list[Proof]:
    """The field of the pod's template that asks for what no node has."""
    holder = blocked.pod.holder
    spec = template(holder)
    resource = blocked.reason.resource if blocked.reason else ""
    decisive = blocked.decisive
    resource = decisive.resource if decisive and decisive.resource else resource
    if resource and blocked.filter in _RESOURCES:
        for at, container in enumerate(spec.get("containers") or []):
            for kind in ("requests", "limits"):
                value = ((container.get("resources") or {}).get(kind) or {}).get(resource)
                if value is not None:
                    return [on_template(holder, f'containers[{at}].resources.{kind}["{resource}"]', value)]
    path = _DEMANDS.get(blocked.filter, "")
    demand: Any = spec
    for key in path.split(".") if path else []:
        demand = demand.get(key) if isinstance(demand, dict) else None
    if blocked.filter == "affinity" and spec.get("nodeSelector"):
        path, demand = "nodeSelector", spec["nodeSelector"]
    if path and demand:
        return [on_template(holder, path, demand)]
    if spec and blocked.filter == "taint":
        return [on_template(holder, "tolerations", spec.get("tolerations") or "none")]
    return []
