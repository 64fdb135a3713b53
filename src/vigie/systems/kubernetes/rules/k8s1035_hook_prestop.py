from collections.abc import Iterator
from typing import Any

from vigie.kit import Entity, Graph, Outcome, Proof, Table, clock, found, rule
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.fixes import called, edit
from vigie.systems.kubernetes.joins import dig
from vigie.systems.kubernetes.kinds.workloads import Container, Pod


def ending(pods: Table) -> Any:
    """The pods that are asked to end."""
    return pods.deleted.known


@rule(
    "K8S1035",
    on="Pod",
    where=ending,
    causes=("hook-prestop",),
    severity="medium",
    since="0.1.0",
    strength=0.9,
)
def hook_prestop(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A pod does not end because its preStop hook fails or lasts.

    ## Why is this bad
    The container goes on until its hook is done or its grace period is over. Where the next pod waits for its place,
    nobody does the work meanwhile.

    ## Fix
    Shorten the preStop hook, or lower `terminationGracePeriodSeconds`.
    """
    grace = int(pod[Pod.ending_grace] or 0)
    asked = (pod.deleted or 0) - grace * clock.SECOND
    if graph.as_of - asked < 60 * clock.SECOND:
        return
    for row in pod.rows(Container):
        part = containers.name(row)
        hook = dig(containers.spec(pod, part), "lifecycle", "preStop")
        if not hook or row[Container.running_since] is None:
            continue
        failed = [s for s in pod.signals("hook-failed", "grace-exceeded") if s.part in (part, "")]
        terminating = Proof(pod, "metadata.deletionTimestamp", clock.show(pod.deleted), asked, pod.pointer)
        yield found(
            "hook-prestop",
            pod.holder,
            terminating,
            *failed[-1:],
            row.proof(Container.running_since, row[Container.running_since]),
            part=part,
            fix=f"Shorten lifecycle.preStop of container {part} of {called(pod.holder)}, or lower "
            f"terminationGracePeriodSeconds.",
            command=edit(pod.holder),
        )
