"""Jobs by the ones that came after them."""

import re

from vigie.kit import Entity
from vigie.systems.kubernetes.kinds.controllers import CronJob, Job

_RUN = re.compile(r"-(?:\d+|[bcdfghjklmnpqrstvwxz2456789]{5})$")


def finished(job: Entity) -> int | None:
    """When a Job ended, well or not."""
    for type in ("Failed", "Complete"):
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
