"""Objects that nobody acts on, and what each of them shows of it."""

import numpy as np

from vigie.kit import Entity, Proof, Table
from vigie.systems.kubernetes import controlplane, finalizers, namespaces, operators, schedules, workloads
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


def unseen(subject: Entity) -> Proof:
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
