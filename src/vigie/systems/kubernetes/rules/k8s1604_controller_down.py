from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Graph, Outcome, Proof, Table, found, leans, rule
from vigie.systems.kubernetes import commands, controlplane, finalizers, namespaces, operators, schedules, workloads
from vigie.systems.kubernetes.joins import Mask, dig
from vigie.systems.kubernetes.kinds.config import Namespace
from vigie.systems.kubernetes.kinds.controllers import CronJob

_COUNTED = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "CronJob")


def unattended(table: Table) -> Mask:
    """What nobody acts on: custom objects whose controller is down, and all that a controller-manager without a kept
    lease should have acted on.
    """
    if controlplane.stale_lease(table.graph, controlplane.MANAGER) is None:
        return operators.unseen(table)
    out = np.asarray(finalizers.held(table), np.bool_)
    for row in np.flatnonzero(out):
        names = table.graph.entity(table.base + int(row)).finalizers
        out[row] = all(finalizers.component(name) == controlplane.MANAGER for name in names)
    out |= operators.unseen(table)
    if table.kind in workloads.KINDS:
        out |= workloads.frozen(table)
    elif table.kind is Namespace:
        out |= namespaces.stuck(table)
    elif table.kind is CronJob:
        for number, cron in enumerate(table.graph.all(CronJob)):
            out[number] |= schedules.missed(cron) is not None
    return out


@rule(
    "K8S1604",
    on="*",
    where=unattended,
    causes=("controller-down",),
    severity="critical",
    since="0.1.0",
    strength=0.94,
)
def controller_down(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """Nobody acts on an object: the part of the control plane that should does not renew its lease.

    ## Why is this bad
    Nothing changes any more. Pods that end are not replaced, EndpointSlices keep addresses of pods that are gone, and
    every status goes on saying what was true before: the cluster looks healthy.

    ## Fix
    Start the component again, on the machine or in the static pod in which it runs.
    """
    idle = operators.idle(subject) if subject.group.count(".") and subject.deleted is None else []
    for workload in idle:
        yield leans(workload, "managed-by", _unseen(subject))
        wanted = Proof(workload, "spec.replicas", str(workloads.wanted(workload)), None, workload.pointer)
        yield found(
            "controller-down", workload, _unseen(subject), wanted, via="managed-by",
            fix=f"Bring back {workload.kind} {workload.namespace}/{workload.name}, which is to act on objects of kind "
            f"{subject.kind}.",
            command=commands.kubectl("describe", workload),
        )  # fmt: skip
    stale = controlplane.stale_lease(graph, controlplane.MANAGER)
    if stale is None or idle:
        return
    component = controlplane.component(graph, controlplane.MANAGER)
    proofs = controlplane.lease_proofs(stale)
    if component.kind == "Pod":
        yield leans(component, "managed-by", *proofs)
    yield found(
        "controller-down", component, *proofs, _unseen(subject), via="managed-by",
        fix=f"Start {controlplane.MANAGER} again: its lease was last renewed at {proofs[0].value}.",
        command=("kubectl", "get", "lease", controlplane.MANAGER, "-n", "kube-system", "-o", "yaml"),
    )  # fmt: skip


def _unseen(subject: Entity) -> Proof:
    """What the subject shows of it: a specification not looked at, or a status that counts what is not there."""
    if subject.stale:
        generation = dig(subject.body, "metadata", "generation")
        seen = dig(subject.body, "status", "observedGeneration")
        said = f"{seen}, and metadata.generation is {generation}"
        return Proof(subject, "status.observedGeneration", said, None, subject.pointer)
    if subject.deleted is not None:
        return Proof(subject, "metadata.deletionTimestamp", "not acted on", subject.deleted, subject.pointer)
    if subject.kind not in _COUNTED:
        return Proof(subject, "status", None, None, subject.pointer, stated=False)
    return Proof(subject, "status", "counts pods that are not there", None, subject.pointer, stated=False)
