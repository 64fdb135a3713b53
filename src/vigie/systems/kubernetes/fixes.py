"""Words and commands for the way out, with names that are safe to type."""

from vigie.kit import Entity, valid_name

_KINDS = {
    "Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset", "Pod": "pod", "Job": "job",
    "CronJob": "cronjob", "ConfigMap": "configmap", "Secret": "secret", "Service": "service",
    "ReplicaSet": "replicaset",
    "NetworkPolicy": "networkpolicy", "Role": "role", "ClusterRole": "clusterrole", "RoleBinding": "rolebinding",
    "ServiceAccount": "serviceaccount",
}  # fmt: skip


def called(entity: Entity) -> str:
    """An object as a sentence names it: `Deployment web in namespace shop`."""
    where = f" in namespace {entity.namespace}" if entity.namespace else ""
    return f"{entity.kind} {entity.name}{where}"


def kubectl(verb: str, entity: Entity, *words: str) -> tuple[str, ...] | None:
    """`kubectl VERB KIND/NAME -n NAMESPACE WORDS`, or None where a name could not be one of Kubernetes."""
    kind = _KINDS.get(entity.kind)
    names = (entity.name, entity.namespace) if entity.namespace else (entity.name,)
    if kind is None or not all(map(valid_name, names)):
        return None
    space = ("-n", entity.namespace) if entity.namespace else ()
    return ("kubectl", *verb.split(), f"{kind}/{entity.name}", *space, *words)


def rollback(holder: Entity) -> tuple[str, ...] | None:
    """The command that puts a workload's former revision back; None where the evidence shows none."""
    kept = {"Deployment": "ReplicaSet", "StatefulSet": "ControllerRevision", "DaemonSet": "ControllerRevision"}
    if sum(child.kind == kept.get(holder.kind) for child in holder.owned()) < 2:
        return None
    return kubectl("rollout undo", holder)


def edit(entity: Entity) -> tuple[str, ...] | None:
    """The command that opens an object for a change."""
    return kubectl("edit", entity)
