"""When a pod is not well now: what its containers state at once, and what is absent for too long."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Health, RowTable, Table, clock
from vigie.systems.kubernetes.containers import describe
from vigie.systems.kubernetes.dependencies import healed
from vigie.systems.kubernetes.joins import none
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
from vigie.systems.kubernetes.rollouts import excused, failed_for_good, held_up_by

Mask = npt.NDArray[np.bool_]

PATIENCE = 60 * clock.SECOND
_HOUR = 3600 * clock.SECOND
_LOOP = 600 * clock.SECOND
_INIT, _EPHEMERAL = 1, 2


def unwell(pods: Table) -> Mask:
    """The pods that are unhealthy now."""
    live = pods.exists & ~pods.deleted.known & ~pods[Pod.phase].isin("Succeeded", "Failed")
    containers = pods.rows(Container)
    stated = containers.any((containers.at != _EPHEMERAL) & (_refused(containers) | _ended(pods, containers)))
    stated |= containers.any(_again(pods, containers, _looping(pods, containers)))
    unready = pods.condition("Ready").status.isin("False", "Unknown") & pods[Pod.node].known
    waited = _since(pods.condition("Ready").since.data, pods.as_of) > PATIENCE
    out = live & stated
    for row in np.flatnonzero(live & ~stated & unready):
        out[row] = not excused(_entity(pods, int(row)), waited=bool(waited[row]))
    return np.asarray(out | _failed(pods) | _ending(pods))


def _entity(pods: Table, row: int) -> Entity:
    entity: Entity = pods.graph.entity(pods.base + row)
    return entity


def _since(times: npt.NDArray[np.int64], as_of: int) -> npt.NDArray[np.int64]:
    known = times != clock.MISSING
    return np.where(known, as_of - np.where(known, times, as_of), 0)


def _refused(containers: RowTable) -> Mask:
    """Containers that wait for another reason than that they are being made."""
    waiting = containers[Container.waiting]
    return np.asarray(waiting.known & ~waiting.isin("ContainerCreating", "PodInitializing"))


def _ended(pods: Table, containers: RowTable) -> Mask:
    """Containers that lie ended although they should run: with an error, or again and again without one."""
    code = containers[Container.exit_now]
    always = ~pods[Pod.restart_policy].isin("Never", "OnFailure")[containers.parent]
    done = (code.numbers(0) == 0) & always & (containers.at == 0) & (containers[Container.restarts].numbers() >= 1)
    return np.asarray(code.known & ((code.numbers(0) != 0) | done))


def _looping(pods: Table, containers: RowTable) -> Mask:
    """Containers that run, and have ended so often and so lately that they will again.

    One that is not ready and ended within the longest back-off; one that was started again at least twice and has not
    outlived its last run twice over; one that ended at least three times, the last within the hour (flapping). An end
    of which the kubelet knows nothing (the machine restarted) counts for none of them.
    """
    running = containers[Container.running_since]
    restarts = containers[Container.restarts].numbers()
    ended = containers[Container.ended_at].data
    known = (
        running.known
        & (ended != clock.MISSING)
        & ~containers[Container.ended].isin("Unknown", "ContainerStatusUnknown")
    )
    known &= containers.at != _EPHEMERAL
    ago = _since(ended, pods.as_of)
    lived = _since(running.data, pods.as_of)
    began = containers[Container.began_at].data
    before = np.where(began != clock.MISSING, ended - np.where(began != clock.MISSING, began, 0), 0)
    unready = ~(containers[Container.ready] == True) & (containers.at == 0)  # noqa: E712 - a column
    by_error = containers[Container.exit].numbers(0) != 0
    return np.asarray(
        known
        & (
            ((restarts >= 1) & unready & by_error & (ago < _LOOP))
            | ((restarts >= 2) & (lived <= np.maximum(2 * before, before + 10 * clock.SECOND)))
            | ((restarts >= 3) & (ago < _HOUR))
        )
    )


def _again(pods: Table, containers: RowTable, looping: Mask) -> Mask:
    """Of the containers that end again and again those that are not ready, or did not end for what is well since."""
    out = looping.copy()
    for at in np.flatnonzero(looping & (containers[Container.ready] == True)):  # noqa: E712 - a column
        pod = _entity(pods, int(containers.parent[at]))
        row = next((r for r in pod.rows(Container) if r[Container.name] == containers[Container.name][int(at)]), None)
        out[at] = row is None or not healed(pod, row)
    return out


def _failed(pods: Table) -> Mask:
    """Failed pods that nobody makes good: bare ones, and those whose owner shows no younger one that is well."""
    out = none(pods)
    for row in np.flatnonzero(pods.exists & pods[Pod.phase].isin("Failed") & ~pods.deleted.known):
        out[row] = failed_for_good(_entity(pods, int(row)))
    return out


def _ending(pods: Table) -> Mask:
    """Pods that should be gone: a minute past the end of their grace, or while their successor waits for them."""
    out = none(pods)
    for row in np.flatnonzero(pods.exists & pods.deleted.known):
        pod = _entity(pods, int(row))
        late = pods.as_of - (pod.deleted or 0)
        asked = late + int(pod[Pod.ending_grace] or 0) * clock.SECOND
        out[row] = late > PATIENCE or (asked > PATIENCE and held_up_by(pod))
    return out


def _says(pod: Any) -> str:
    return describe(pod)


HEALTH = (
    Health(
        "Pod",
        unwell,
        _says,
        "A container waits with an error, has ended although it should run, or ends again and again; the pod is not "
        "ready for a minute (in a rollout: until its deadline, unless an error is stated); it failed for good; or it "
        "should be gone.",
    ),
)
