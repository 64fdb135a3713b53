from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, leans, rule
from vigie.systems.kubernetes import commands, controlplane, schedules
from vigie.systems.kubernetes.kinds.controllers import CronJob, Job


@rule(
    "K8S1404",
    on="batch/CronJob",
    where=lambda table: ~table[CronJob.suspended].isin(True),
    causes=("cron-missed",),
    severity="high",
    since="0.1.0",
    strength=0.85,
)
def cron_missed(cron: Entity, graph: Graph) -> Iterator[Outcome]:
    """Runs that a CronJob's schedule asked for were not started.

    ## Why is this bad
    Nothing fails and nothing is red: a run that does not begin leaves no pod, no log and hardly an event.

    ## Fix
    End the run that hangs (and set `spec.jobTemplate.spec.activeDeadlineSeconds`), or correct the schedule, the time
    zone or `startingDeadlineSeconds`.
    """
    missed = schedules.missed(cron)
    if missed is None or controlplane.stale_lease(graph, controlplane.MANAGER) is not None:
        return
    told = cron.signals("run-missed", "run-skipped", schedules.UNREADABLE)[-1:]
    where = f"{cron.namespace}/{cron.name}"
    proofs: list[Proof] = [signal.prove() for signal in told]
    if cron[CronJob.last_scheduled] is not None:
        proofs.append(cron.proof(CronJob.last_scheduled, cron[CronJob.last_scheduled]))
    if missed.why == "unreadable":
        yield found(
            "cron-missed", cron, *proofs, cron.proof(CronJob.schedule), strength=0.96,
            fix=f"Correct spec.schedule or spec.timeZone of CronJob {where}.",
            command=commands.kubectl("edit", cron),
        )  # fmt: skip
        return
    if missed.why == "active":
        running = sorted((e.target for e in cron.out("runs-now")), key=lambda j: j.name)
        for job in running:
            yield leans(job, "runs-now", *proofs, cron.proof(CronJob.concurrency))
        name = running[0].name
        proofs += [running[0].proof(Job.started, running[0][Job.started])] if running[0].read else []
        yield found(
            "cron-missed", cron, *proofs, cron.proof(CronJob.concurrency), strength=0.9,
            fix=f"Find out why Job {cron.namespace}/{name} does not end, and set "
            f"spec.jobTemplate.spec.activeDeadlineSeconds "
            f"of CronJob {where}: while it runs, concurrencyPolicy Forbid skips every run.",
            command=commands.logs(running[0]),
        )  # fmt: skip
        return
    yield found(
        "cron-missed", cron, *proofs, cron.proof(CronJob.schedule),
        fix=f"Find out why CronJob {where} was not started when due: spec.startingDeadlineSeconds, spec.timeZone, "
        f"its events.",
        command=commands.kubectl("describe", cron),
    )  # fmt: skip
