"""When a claim or an attachment is unwell."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Health, Table, clock
from vigie.systems.kubernetes import claims, mounts
from vigie.systems.kubernetes.joins import MINUTE, none, since, told
from vigie.systems.kubernetes.kinds.storage import (
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from vigie.systems.kubernetes.kinds.workloads import Pod

Mask = npt.NDArray[np.bool_]
_RESIZE = 600 * clock.SECOND
_AGAIN = 5


def claim_unwell(table: Table) -> Mask:
    """Lost; or without a volume for a minute, or with a stated error, while nothing it may wait for is to come."""
    out = np.asarray(table[PersistentVolumeClaim.phase].isin("Lost") & table.exists)
    pending = table[PersistentVolumeClaim.phase].isin("Pending") & table.exists & ~table.deleted.known
    failed = told(table, ("ProvisioningFailed", "VolumeMismatch", "ClaimMisbound"), "Warning") != clock.MISSING
    late = table.age() > MINUTE
    for row in np.flatnonzero(pending & (failed | late)):
        claim = _entity(table, int(row))
        out[row] = bool(failed[row]) or not waits_for_pod(claim)
    out |= _stuck_resize(table)
    return out


def waits_for_pod(claim: Entity) -> bool:
    """Whether a claim rightly waits: its class binds it only when a pod that mounts it is placed."""
    wanted = claims.storage_class(claim)
    if wanted is None or not wanted.read:
        return bool(claim.signals("claim-waits-for-pod")) and not claim.signals("provisioner-awaited")
    return wanted[StorageClass.binding] == claims.LATE and not claim[PersistentVolumeClaim.chosen_node]


def _stuck_resize(table: Table) -> Mask:
    """A resize that failed, or has gone on for ten minutes, while the claim still wants more than it has."""
    failed = told(table, ("VolumeResizeFailed", "FileSystemResizeFailed"), "Warning") != clock.MISSING
    slow = none(table)
    for type in ("Resizing", "FileSystemResizePending"):
        state = table.condition(type)
        slow |= (state.status == "True") & (since(state.since.data, table.as_of) > _RESIZE)
    out = none(table)
    for row in np.flatnonzero((failed | slow) & table.exists):
        out[row] = wants_more(_entity(table, int(row)))
    return out


def wants_more(claim: Entity) -> bool:
    """Whether a bound claim asks for more than its volume has."""
    wanted, has = claims.sizes(claim)
    return wanted is not None and has is not None and wanted > has


def _entity(table: Table, row: int) -> Entity:
    entity: Entity = table.graph.entity(table.base + row)
    return entity


def attachment_unwell(table: Table) -> Mask:
    """Not attached, with an error or for a minute; or not detached, with an error."""
    away = ~table[VolumeAttachment.attached].isin(True) & ~table.deleted.known
    refused = away & table[VolumeAttachment.attach_error].known
    stuck = table.deleted.known & table[VolumeAttachment.detach_error].known
    return np.asarray((refused | stuck | (away & (table.age() > MINUTE))) & table.exists)


def volume_unwell(table: Table) -> Mask:
    """The volume controller gave it up."""
    return np.asarray(table[PersistentVolume.phase].isin("Failed") & table.exists)


def mount_refused(pods: Table) -> Mask:
    """The pods that have been told again and again, in the same words, why a volume cannot be mounted.

    One such sentence is everyday noise while a node or a driver comes up; five of them are a stated error.
    """
    failed = told(pods, ("FailedMount", "FailedMapVolume"), "Warning") != clock.MISSING
    out = none(pods)
    for row in np.flatnonzero(failed & pods[Pod.phase].isin("Pending") & pods.exists & ~pods.deleted.known):
        pod = _entity(pods, int(row))
        mount = mounts.failed(pod) if mounts.unstarted(pod) else None
        out[row] = mount is not None and mount.signal.count >= _AGAIN
    return out


def _mount_says(pod: Any) -> str:
    mount = mounts.failed(pod)
    return f"waits for volume {mount.volume}: {mount.why}" if mount else "waits for a volume"


def _claim_says(claim: Any) -> str:
    told = claim.signals()
    tail = f": {told[-1].text}" if told else ""
    return f"{claim[PersistentVolumeClaim.phase]}{tail}"


def _attachment_says(attachment: Any) -> str:
    error = attachment[VolumeAttachment.attach_error] or attachment[VolumeAttachment.detach_error]
    where = f"{attachment[VolumeAttachment.volume]} and {attachment[VolumeAttachment.node]}"
    return f"{where}: {error}" if error else f"{where}: not attached yet"


def _volume_says(volume: Any) -> str:
    return f"Failed: {volume[PersistentVolume.message] or volume[PersistentVolume.reason] or 'no reason given'}"


HEALTH = (
    Health("Pod", mount_refused, _mount_says, "A volume could not be mounted five times, for the same stated reason."),
    Health(
        "PersistentVolumeClaim",
        claim_unwell,
        _claim_says,
        "It has lost its volume; it has none for a minute or with a stated error, and does not wait for a pod to be "
        "placed; or it was to grow and does not.",
    ),
    Health(
        "PersistentVolume",
        volume_unwell,
        _volume_says,
        "The volume could not be reclaimed, and is in the phase Failed.",
    ),
    Health(
        "storage.k8s.io/VolumeAttachment",
        attachment_unwell,
        _attachment_says,
        "The volume is not attached after a minute or with an error, or cannot be detached.",
    ),
)
