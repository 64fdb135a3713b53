"""Jobs by the ones that came after them."""

import re

from vigie.kit import Condition, Entity, Table
from vigie.systems.kubernetes.joins import Mask, none
from vigie.systems.kubernetes.kinds.controllers import CronJob, Job
from vigie.systems.kubernetes.kinds.workloads import Pod

_RUN = re.compile(r"-(?:\d+|[bcdfghjklmnpqrstvwxz2456789]{5})$")

_AGAIN = 2
FAILED = ("FailureTarget", "Failed")
"""The conditions of a Job that has failed: the first while its last pods are still ending (Kubernetes 1.31 on)."""


def failure(job: Entity) -> Condition | None:
    """The condition that says why a Job failed; None where it has not."""
    held = (job.condition(type) for type in reversed(FAILED))
    return next((one for one in held if one is not None and one.status == "True"), None)


def has_failed(table: Table) -> Mask:
    """The Jobs that have failed, or will have once their last pods are gone."""
    out = none(table)
    for type in FAILED:
        out |= table.condition(type).status == "True"
    return out


def finished(job: Entity) -> int | None:
    """When a Job ended, well or not."""
    for type in (*FAILED, "SuccessCriteriaMet", "Complete"):
        condition = job.condition(type)
        if condition is not None and condition.status == "True":
            return condition.since or job.created
    return None


def succeeded(job: Entity) -> bool:
    condition = job.condition("Complete")
    return condition is not None and condition.status == "True"


def siblings(job: Entity) -> list[Entity]:
    """The other runs of the same work: of one CronJob, or of one name but for what was appended to it."""
    owner = job.owner
    if owner is not None:
        return [other for other in owner.owned() if other.kind == "Job" and other != job]
    stem = _RUN.sub("", job.name)
    if stem == job.name:
        return []
    others = (other for other in job.graph.all(Job) if other.namespace == job.namespace and other != job)
    return [other for other in others if _RUN.sub("", other.name) == stem and other.owner is None]


def failing(job: Entity) -> bool:
    """Whether a Job that has not given up fails again and again: at least two pods failed, and the newest did."""
    pods = [pod for pod in job.owned() if pod.kind == "Pod"]
    if finished(job) is not None or job[Job.suspended] or sum(pod[Pod.phase] == "Failed" for pod in pods) < _AGAIN:
        return False
    newest = max(pods, key=lambda pod: (pod.created or 0, pod.name))
    return newest[Pod.phase] == "Failed" and not job[Job.succeeded]


def superseded(job: Entity) -> bool:
    """Whether the work of a failed Job has been done since, or failed again in a newer run that speaks for it."""
    when = finished(job)
    if when is None:
        return False
    owner = job.owner
    if owner is not None and (owner[CronJob.last_succeeded] or 0) > when:
        return True
    born = job.created or 0
    return any(finished(other) is not None and (other.created or 0) > born for other in siblings(job))
