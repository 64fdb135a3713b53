"""When a pod that no node has is unwell: the scheduler says that it fits nowhere, or says nothing for a minute."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Health, Table, clock
from vigie.systems.kubernetes.controlplane import stale_lease
from vigie.systems.kubernetes.joins import MINUTE
from vigie.systems.kubernetes.kinds.workloads import Pod

Mask = npt.NDArray[np.bool_]

SCHEDULER = "kube-scheduler"
_MOMENT = 10 * clock.SECOND


def waiting(pods: Table) -> Mask:
    """The pods that are to run and have no node."""
    done = pods[Pod.phase].isin("Succeeded", "Failed", "Running")
    return np.asarray(pods.exists & ~pods[Pod.node].known & ~done & ~pods.deleted.known)


def unplaced(pods: Table) -> Mask:
    """A stated error counts at once; a gate that stays, and silence, after a minute.

    While the lease of the scheduler is stale, its silence is no matter of patience.
    """
    placed = pods.condition("PodScheduled")
    stated = (placed.status == "False") & placed.reason.isin("Unschedulable", "SchedulerError")
    late = pods.age() > MINUTE
    if stale_lease(pods.graph, SCHEDULER) is not None:
        late |= ~placed.status.known & (pods.age() > _MOMENT)
    return np.asarray(waiting(pods) & (stated | (late & ~(placed.status == "True"))))


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
