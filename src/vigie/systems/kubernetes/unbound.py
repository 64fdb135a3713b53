"""Claims without a volume: those whose volume is gone, and those whose provisioner does not act."""

from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Outcome, Proof, Table, found, leans, quantity, valid_name
from vigie.systems.kubernetes import claims, provisioning
from vigie.systems.kubernetes.joins import Mask, none
from vigie.systems.kubernetes.kinds.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from vigie.systems.kubernetes.mending import named
from vigie.systems.kubernetes.scheduling import parse


def class_has_none(claim: Entity) -> bool:
    """Whether the claim's class makes no volumes by itself.

    Of such a class the volume controller always says that it has no plug-in of that name: it only waits for a volume.
    So it is with a class that is but a name which volumes bear.
    """
    wanted = claims.storage_class(claim)
    if wanted is not None and wanted.read:
        return wanted[StorageClass.provisioner] == claims.NO_PROVISIONER
    if wanted is not None and wanted.exists is False and claims.borne(claim.graph, wanted.name):
        return True
    return any(s.text.rstrip(". ").endswith(claims.NO_PROVISIONER) for s in claim.signals("provisioning-failed"))


def needs_volume(claim: Entity) -> bool:
    """Whether somebody must make the claim's volume by hand: it is of no class, of one that makes none, or asks for
    one by name.
    """
    return claims.class_name(claim) == "" or class_has_none(claim) or bool(claim[PersistentVolumeClaim.volume])


def left_by_scheduler(table: Table) -> Mask:
    """The claims that wait for a pod, of a class that makes no volumes, where the scheduler finds none for the pod."""
    out = none(table)
    if table.key != PersistentVolumeClaim.key:
        return out
    for row in np.flatnonzero(table[PersistentVolumeClaim.phase].isin("Pending") & table.exists & ~table.deleted.known):
        claim: Entity = table.graph.entity(table.base + int(row))
        wanted = claims.storage_class(claim)
        if wanted is not None and wanted[StorageClass.binding] == claims.LATE and class_has_none(claim):
            out[row] = any(_refused(edge.source) for edge in claim.into("mounts"))
    return out


def _refused(pod: Entity) -> bool:
    told = pod.signals("unschedulable") if pod.kind == "Pod" else []
    return bool(told) and "volume-unbound" in parse(told[-1].text).filters


def unfit(claim: Entity, near: provisioning.Near | None, proofs: list[Proof]) -> Iterator[Outcome]:
    """No volume serves the claim: its own one is to be mended, and where it has none it asks for what there is not."""
    who = f"PersistentVolumeClaim {claim.namespace}/{claim.name}"
    asked = claims.volume(claim)
    if near is None:
        at = asked if asked is not None and asked.exists is False else claim
        more = [at.absence()] if at != claim else []
        yield found(
            "volume-unbound", at, *proofs, *more, via="" if at == claim else "binds",
            fix=f"Make a PersistentVolume that fits {who}: there is none{_elsewhere(claim)}." if at == claim
            else f"Make the PersistentVolume {at.name}, which {who} asks for by name.",
        )  # fmt: skip
        return
    volume = near.volume
    held = Proof(volume, "fit of " + str(claim), near.why, None, volume.pointer, stated=False)
    if near.own and _freed(claim, volume):
        yield found(
            "volume-unbound", volume, *proofs, volume.proof(PersistentVolume.phase),
            volume.proof(PersistentVolume.claim_uid), via="wants",
            fix=f"Remove spec.claimRef of PersistentVolume {volume.name}, so that {who} can have it: it is still kept "
            "for the deleted claim of the same name, and its data stays.",
            command=_release(volume),
        )  # fmt: skip
        return
    at = volume if near.own else claim
    yield found(
        "volume-unbound", at, *proofs, held, volume.proof(PersistentVolume.phase), via="wants" if near.own else "",
        fix=f"Make a volume that fits {who}: {volume.name} does not, for {near.why}.",
    )  # fmt: skip


def _elsewhere(claim: Entity) -> str:
    """The free volumes that would do but for their class, as a sentence adds them."""
    asked = quantity(claim[PersistentVolumeClaim.requests].get("storage")) or 0
    free = [
        volume
        for volume in claim.graph.all(PersistentVolume)
        if volume[PersistentVolume.phase] == "Available"
        and volume[PersistentVolume.claim_name] is None
        and (quantity(volume[PersistentVolume.capacity].get("storage")) or 0) >= asked
    ]
    names = [f"{one.name} of class {one[PersistentVolume.storage_class] or 'none'}" for one in free]
    return f" of its class (free are {', '.join(sorted(names)[:3])})" if names else ""


def _freed(claim: Entity, volume: Entity) -> bool:
    """Whether nothing but the memory of a deleted claim keeps a volume from a claim of the same name."""
    kept = (volume[PersistentVolume.claim_namespace], volume[PersistentVolume.claim_name])
    return (
        volume[PersistentVolume.phase] == "Released"
        and kept == (claim.namespace, claim.name)
        and volume[PersistentVolume.claim_uid] is not None
        and volume.deleted is None
    )


def _release(volume: Entity) -> tuple[str, ...] | None:
    if not valid_name(volume.name):
        return None
    return ("kubectl", "patch", "persistentvolume", volume.name, "--type=merge", "-p", '{"spec":{"claimRef":null}}')


def lost(claim: Entity) -> Iterator[Outcome]:
    """The volume that the claim was bound to does not exist any more."""
    volume = claims.volume(claim)
    told = claim.signals("claim-lost")[-1:]
    at = volume if volume is not None else claim
    proofs = [volume.absence()] if volume is not None and not volume.read else []
    yield found(
        "volume-unbound",
        at,
        claim.proof(PersistentVolumeClaim.phase),
        claim.proof(PersistentVolumeClaim.volume),
        *proofs,
        *told,
        via="binds",
        fix=f"Restore the volume {at.name} of PersistentVolumeClaim {claim.namespace}/{claim.name}, or claim another.",
    )


def by_provisioner(claim: Entity, name: str, proofs: list[Proof]) -> Iterator[Outcome]:
    """The provisioner does not act: its workload where one is found, else the class that names it."""
    workers = provisioning.workers(claim.graph, name)
    for worker in workers:
        yield leans(worker, "provisioned-by", *proofs)
    wanted = claims.storage_class(claim)
    if workers:
        yield found(
            "volume-unbound",
            workers[0],
            *proofs,
            via="provisioned-by",
            strength=0.6,
            fix=(
                f"Find out why {named(workers[0])} makes no volume for PersistentVolumeClaim "
                f"{claim.namespace}/{claim.name}."
            ),
        )
    elif wanted is not None and wanted.read and not name.startswith(provisioning.IN_TREE) and claim.graph.covers("Pod"):
        yield found(
            "volume-unbound",
            wanted,
            *proofs,
            wanted.proof(StorageClass.provisioner),
            via="provisions-from",
            strength=0.8,
            fix=f"Install the provisioner {name} that StorageClass {wanted.name} names, or claim another class.",
        )
