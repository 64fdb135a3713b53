"""When a pod that no node has is unwell: the scheduler says that it fits nowhere, or says nothing for a minute."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Health, Table, clock
from vigie.systems.kubernetes.claims import claimed
from vigie.systems.kubernetes.controlplane import stale_lease
from vigie.systems.kubernetes.health.storage import claim_unwell
from vigie.systems.kubernetes.joins import MINUTE, once
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.rollouts import place_is_freed
from vigie.systems.kubernetes.scheduling import parse

Mask = npt.NDArray[np.bool_]

SCHEDULER = "kube-scheduler"
_MOMENT = 10 * clock.SECOND


def waiting(pods: Table) -> Mask:
    """The pods that are to run and have no node."""
    done = pods[Pod.phase].isin("Succeeded", "Failed", "Running")
    return np.asarray(pods.exists & ~pods[Pod.node].known & ~done & ~pods.deleted.known)


def unplaced(pods: Table) -> Mask:
    """A stated error counts at once; a gate that stays, and silence, after a minute.

    While the lease of the scheduler is stale, its silence is no matter of patience; and what is said of volumes that
    are being made is no error in their first minute.
    """
    placed = pods.condition("PodScheduled")
    stated = (placed.status == "False") & placed.reason.isin("Unschedulable", "SchedulerError")
    late = pods.age() > MINUTE
    if stale_lease(pods.graph, SCHEDULER) is not None:
        late |= ~placed.status.known & (pods.age() > _MOMENT)
    out = np.asarray(waiting(pods) & (stated | (late & ~(placed.status == "True"))))
    for row in np.flatnonzero(out & ~late):
        out[row] = not _being_made(pods.graph.entity(pods.base + int(row)))
    for row in np.flatnonzero(out):
        out[row] = not place_is_freed(pods.graph.entity(pods.base + int(row)))
    return out


def _being_made(pod: Entity) -> bool:
    """Whether a young pod waits for nothing but volumes that are being made, none of them with an error."""
    told = pod.signals("unschedulable")
    if not told or parse(told[-1].text).filters != {"volume-unbound"}:
        return False
    table = pod.graph.table(PersistentVolumeClaim)
    mounted = [claim for claim in claimed(pod) if claim.read]
    if table is None or not mounted:
        return False
    ailing = once(pod.graph, "ailing claims", lambda: claim_unwell(table))
    return not any(ailing[claim.id - table.base] for claim in mounted)


def _says(pod: Any) -> str:
    return says(pod)


def says(pod: Entity) -> str:
    """What one sees of a pod without a node."""
    placed = pod.condition("PodScheduled")
    if placed is None:
        return "Pending, and no scheduler has looked at it"
    return f"Pending, {placed.reason}: {placed.message}" if placed.message else f"Pending, {placed.reason}"


HEALTH = (
    Health(
        "Pod",
        unplaced,
        _says,
        "The scheduler says that no node fits; or a minute has passed and a scheduling gate is still there, or no "
        "scheduler has said anything.",
    ),
)
