from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes.kinds.controllers import Job
from vigie.systems.kubernetes.kinds.workloads import Container, Pod


@rule(
    "K8S1403",
    on="batch/Job",
    signal="job-overdue",
    causes=("job-deadline",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def job_deadline(job: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Job was ended because it ran longer than its `activeDeadlineSeconds`.

    ## Why is this bad
    Its pods were removed in the middle of their work, and it does not start again.

    ## Fix
    Raise `spec.activeDeadlineSeconds`, or make the work shorter than it.
    """
    ended = job.signals("job-overdue")[-1]
    for pod in sorted((p for p in job.owned() if p.kind == "Pod"), key=lambda p: p.name):
        if any(row[Container.waiting] for row in pod.rows(Container)):
            yield leans(pod, "owns", pod.proof(Pod.phase), ended)
    holder = job.holder
    field = "spec.activeDeadlineSeconds" if holder == job else "spec.jobTemplate.spec.activeDeadlineSeconds"
    seconds = job[Job.deadline]
    now = f" (now {int(seconds)})" if seconds is not None else ""
    again = ", and make the Job anew: it does not start again" if holder == job else ""
    yield found(
        "job-deadline", holder, ended, job.proof(Job.deadline),
        fix=f"Raise {field}{now} of {holder.kind} {holder.namespace}/{holder.name}, or shorten its work{again}.",
    )  # fmt: skip
