"""Words and commands for the way out, with names that are safe to type."""

from vigie.kit import Entity, Record, valid_name
from vigie.systems.kubernetes import workloads
from vigie.systems.kubernetes.kinds.controllers import (
    ControllerRevision,
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)
from vigie.systems.kubernetes.kinds.workloads import Pod

_KINDS = {
    "Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset", "Pod": "pod", "Job": "job",
    "CronJob": "cronjob", "ConfigMap": "configmap", "Secret": "secret", "Service": "service",
    "ReplicaSet": "replicaset", "ReplicationController": "replicationcontroller",
    "NetworkPolicy": "networkpolicy", "Role": "role", "ClusterRole": "clusterrole", "RoleBinding": "rolebinding",
    "ServiceAccount": "serviceaccount",
}  # fmt: skip

_SHORT, _FEW = 160, 30
_GRAVITY = {"fatal": 3, "error": 3, "": 2, "warn": 1, "info": 0, "debug": 0}


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


def rollback(pod: Entity, *, image: bool = False) -> tuple[str, ...] | None:
    """The command that puts the former revision of a pod's workload back; where the evidence shows none, or the pod is
    of a former revision itself, the one that opens the workload for a change. Of a bare pod the image can be changed.
    """
    holder = pod.holder
    if image and holder == pod and pod.owner is None:
        return kubectl("edit", pod)
    return kubectl("rollout undo", holder) if _former(pod, holder) else edit(holder)


def _former(pod: Entity, holder: Entity) -> bool:
    """Whether a workload has a revision older than that of a pod, which is its newest."""
    owner = pod.owner
    if holder.key == Deployment.key:
        kept = [child for child in holder.owned() if child.key == ReplicaSet.key and child[ReplicaSet.revision]]
        newest = max(kept, key=workloads.revision_of, default=None)
        return len(kept) > 1 and (newest == owner or pod == holder)
    if holder.key in (StatefulSet.key, DaemonSet.key):
        held = [child for child in holder.owned() if child.key == ControllerRevision.key]
        newest = max(held, key=lambda child: child[ControllerRevision.revision] or 0, default=None)
        mine = pod.labels.get("controller-revision-hash")
        return len(held) > 1 and newest is not None and mine is not None and newest.name.endswith(mine)
    return False


def restart(holder: Entity) -> tuple[str, ...] | None:
    """The command that makes the pods of a workload anew."""
    anew = holder.key in (Deployment.key, StatefulSet.key, DaemonSet.key)
    return kubectl("rollout restart", holder) if anew else None


def unsaid(pod: Entity, part: str) -> str:
    """Where a program has a name from that nothing of its configuration says now: it may have read it before."""
    who = called(pod.holder)
    return f"container {part} of {who}; nothing that it reads says it now, so if that was changed, restart {who}"


LOCKED = "; make it anew under another name, for it is immutable"
"""What is added to a sentence about a ConfigMap or Secret that is locked."""


def locked(entity: Entity) -> bool:
    """Whether a ConfigMap or Secret says that it may not be changed."""
    return entity.body.get("immutable") is True


def edit(entity: Entity) -> tuple[str, ...] | None:
    """The command that opens an object for a change; None for what the API server keeps as it is."""
    if entity.key in (Job.key, Pod.key) or locked(entity):
        return None
    return kubectl("edit", entity)


def sentence(text: str, pod: Entity, *, image: bool = False) -> str:
    """A change of a pod's template as one sentence, with what else it takes for a pod to come of it.

    `text` has no full stop. Templates of Jobs and most of a pod cannot be changed; what an operator makes it will set
    back; and not every controller replaces a broken pod by itself.
    """
    if image and pod.holder == pod and pod.owner is None:
        return f"{text}."
    return f"{text}{_moreover(pod, pod.holder)}."


def _moreover(pod: Entity, holder: Entity) -> str:
    owner = holder.owner
    if holder == pod and owner is not None and owner.kind == "Node":
        return f"; its manifest is a file on node {owner.name}"
    if owner is not None:
        return f"; change it in {called(owner)}, which makes it"
    if holder == pod:
        return "; the pod must be made anew for it"
    if holder.key == Job.key:
        return "; the Job must be made anew, for its template cannot be changed"
    return _by_hand(pod, holder)


def _by_hand(pod: Entity, holder: Entity) -> str:
    """What is said where a pod stays as it is until somebody deletes it."""
    if pod[Pod.phase] in ("Succeeded", "Failed"):
        return ""
    strategy = {StatefulSet.key: StatefulSet.strategy, DaemonSet.key: DaemonSet.strategy}.get(holder.key)
    if strategy is not None and holder[strategy] == "OnDelete":
        return f"; delete pod {pod.name} then, for the strategy is OnDelete"
    if holder.key in (ReplicaSet.key, ReplicationController.key):
        return f"; delete pod {pod.name} then, for a {holder.kind} changes no pod that it has"
    ready = pod.condition("Ready")
    unready = ready is not None and ready.status != "True"
    if holder.key == StatefulSet.key and unready and holder.read and holder[StatefulSet.policy] != "Parallel":
        return f"; delete pod {pod.name} then, for a StatefulSet does not replace it while it is not ready"
    return ""


def told(*said: Record) -> str:
    """What a program said, short enough for a sentence: the line that names the root, without its time and level.

    Of several records, the newest of the gravest that are more than a few words; "" without one.
    """
    if not said:
        return ""
    record = max(said, key=lambda one: (_GRAVITY[one.level], len(one.telling.message) >= _FEW))
    text = " ".join(record.telling.message.split())
    return f"{text[:_SHORT].rstrip()} ..." if len(text) > _SHORT else text.rstrip(" .;")
