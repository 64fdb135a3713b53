from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import commands
from vigie.systems.kubernetes.kinds.controllers import Job
from vigie.systems.kubernetes.kinds.workloads import Pod


@rule(
    "K8S1402",
    on="batch/Job",
    signal="job-gave-up",
    causes=("job-backoff",),
    severity="high",
    since="0.1.0",
    strength=0.85,
)
def job_backoff(job: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Job gave up: its pods failed more often than it bears, and no later run has succeeded.

    ## Why is this bad
    A Job that has failed does not try again; its work stays undone until somebody starts it anew.

    ## Fix
    Mend what its pods ended with (their logs say it), and run the Job again.
    """
    ended = job.signals("job-gave-up")[-1]
    for pod in sorted((p for p in job.owned() if p.kind == "Pod"), key=lambda p: (-(p.created or 0), p.name)):
        yield leans(pod, "owns", pod.proof(Pod.phase), ended)
    holder = job.holder
    yield found(
        "job-backoff", holder, ended, job.proof(Job.failed),
        fix=f"Read why the pods of Job {job.namespace}/{job.name} fail, mend the template of {holder.kind} "
        f"{holder.name}, "
        "and run it again.",
        command=commands.logs(job),
    )  # fmt: skip
