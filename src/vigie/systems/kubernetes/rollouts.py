"""Pods in time: whether one that is not ready may still become so, and whether a failed one was made good."""

import re
from collections import Counter

from vigie.kit import Entity, clock
from vigie.systems.kubernetes import workloads
from vigie.systems.kubernetes.kinds.controllers import Deployment, Job, StatefulSet
from vigie.systems.kubernetes.kinds.events import EVENTS, Event
from vigie.systems.kubernetes.kinds.workloads import Container, Pod

_PATIENCE = 60 * clock.SECOND
_NOISE = 20 * clock.SECOND
_BLOCKED = (
    "FailedMount",
    "FailedMapVolume",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "FailedCreatePodContainer",
)
_PASSING = re.compile(
    r"failed to sync .* cache|not registered|timed out waiting for the condition|Multi-Attach", re.IGNORECASE
)
_ALIKE = re.compile(r"\b[0-9a-f]{12,64}\b")
_AGAIN = 3
_LACKING = re.compile(
    r"not found(?! in the list of registered CSI drivers)|non-existent|couldn't find key", re.IGNORECASE
)


def excused(pod: Entity, *, waited: bool) -> bool:
    """Whether a pod that is not ready, and of which no container states an error, is still well.

    It is for its first minute, unless it was ready before or an event says what it lacks; and in a rollout that
    its old revision serves
    through, until the rollout's deadline, unless an error is told beyond its first seconds. (Kubelets send only so many
    events of a kind: the last one is not the last failure.)
    """
    told = _told(pod)
    if _making(pod) and (_hindered(pod) or _mounts_nothing(pod)):
        return False
    if not waited:
        return not (
            _lost(pod, told) or (_probed(pod, told) and any(log.recent() for log in pod.logs() if not log.previous))
        )
    ready = pod.condition("Ready")
    if ready is not None and ready.reason == "ReadinessGatesNotReady":
        return False
    return in_rollout(pod) and not _complaint(pod, told)


def _lost(pod: Entity, told: list[tuple[str, str, int]]) -> bool:
    """Whether a pod was ready, and an event says why it no longer is."""
    ready = pod.condition("Ready")
    begun = max((row[Container.running_since] or 0 for row in pod.rows(Container)), default=0)
    if ready is None or ready.since is None or not begun or ready.since <= begun:
        return False
    if not pod.graph.covers("Event", pod.namespace):
        return True
    return any(reason == "Unhealthy" and when >= ready.since - 2 * _PATIENCE for reason, _, when in told)


def _hindered(pod: Entity) -> bool:
    """Whether an event says what a container's making lacks, or says again and again what stands in its way."""
    times: Counter[str] = Counter()
    for edge in pod.into(EVENTS.about):
        event = edge.source
        if event[Event.reason] in _BLOCKED:
            message = event[Event.message] or ""
            if _LACKING.search(message):
                return True
            if not _PASSING.search(message):
                times[_ALIKE.sub("", message)] += int(event[Event.count] or 1)
    return max(times.values(), default=0) >= _AGAIN


def _mounts_nothing(pod: Entity) -> bool:
    """Whether a volume must have a ConfigMap or Secret that is proven not to exist: no container is made before it."""
    return any(
        edge.target.kind in ("ConfigMap", "Secret") and edge.target.exists is False and not edge.optional
        for edge in pod.out("mounts")
    )


def _making(pod: Entity) -> bool:
    return any(row[Container.waiting] in ("ContainerCreating", "PodInitializing") for row in pod.rows(Container))


def _told(pod: Entity) -> list[tuple[str, str, int]]:
    """Reason, message and last time of every warning about a pod."""
    out = []
    for edge in pod.into(EVENTS.about):
        event = edge.source
        if event[Event.type] == "Warning":
            when = event[Event.last] or event.created or 0
            out.append((event[Event.reason] or "", event[Event.message] or "", when))
    return out


def _complaint(pod: Entity, told: list[tuple[str, str, int]]) -> bool:
    """Whether something says, beyond the first seconds, why the pod does not become ready."""
    if _making(pod):
        return any(reason in _BLOCKED for reason, _, _ in told)
    probed = _probed(pod, told)
    logs = [log for log in pod.logs() if not log.previous]
    if not probed and not pod.graph.covers("Event", pod.namespace):
        return any(log.recent() for log in logs)
    return probed and (not logs or any(log.recent() for log in logs) or _structural(told))


def _probed(pod: Entity, told: list[tuple[str, str, int]]) -> bool:
    """Whether a probe failed beyond the first seconds of what runs now."""
    since = max((row[Container.running_since] or 0 for row in pod.rows(Container)), default=0)
    return any(
        reason == "Unhealthy" and not message.startswith("Startup") and when - since > _NOISE
        for reason, message, when in told
    )


_STRUCTURAL = re.compile(
    r"statuscode: (?:40\d|3\d\d)|connection refused|executable file not found|no such file|malformed HTTP|tls:"
)


def _structural(told: list[tuple[str, str, int]]) -> bool:
    return any(reason == "Unhealthy" and _STRUCTURAL.search(message) for reason, message, _ in told)


def in_rollout(pod: Entity) -> bool:
    """Whether a pod is of a revision that is being rolled out within its deadline while the workload serves."""
    holder = pod.holder
    if holder.key != Deployment.key or not holder.read:
        return False
    progressing, available = holder.condition("Progressing"), holder.condition("Available")
    if progressing is None or progressing.status != "True" or progressing.reason == "NewReplicaSetAvailable":
        return False
    first = (holder[Deployment.revision] or "1") == "1"
    return first or (available is not None and available.status == "True")


def place_is_freed(pod: Entity) -> bool:
    """Whether a pod of a rollout that goes on waits for the place of one of its own workload that is still ending."""
    if not in_rollout(pod):
        return False
    leaving = [other for other in workloads.pods_of(pod.holder) if other.deleted is not None and other[Pod.node]]
    return any(pod.graph.as_of - (other.deleted or 0) <= _PATIENCE for other in leaving)


def failed_for_good(pod: Entity) -> bool:
    """Whether a failed pod is a trouble of its own: nothing that was read stands for it or has replaced it."""
    owner = pod.owner
    if owner is None or owner.kind == "Node":
        return True
    if owner.read:
        return False
    return not any(_better(pod, other) for other in owner.owned())


def _better(pod: Entity, other: Entity) -> bool:
    """Whether another pod of the same owner is younger and well."""
    if other == pod or (other.created or 0) < (pod.created or 0):
        return False
    ready = other.condition("Ready")
    return other[Pod.phase] == "Succeeded" or (ready is not None and ready.status == "True")


def held_up_by(pod: Entity) -> bool:
    """Whether the next pod of its workload cannot be made before this one is gone."""
    holder = pod.holder
    if pod[Pod.phase] in ("Succeeded", "Failed"):
        return False
    if holder.key == Deployment.key:
        available = holder.condition("Available")
        return holder[Deployment.strategy] == "Recreate" and available is not None and available.status != "True"
    return holder.key == StatefulSet.key


def done(job: Entity) -> bool:
    """Whether a Job has succeeded."""
    return any(c.type in ("Complete", "SuccessCriteriaMet") and c.status == "True" for c in job.conditions) or (
        job[Job.completed] is not None
    )
