"""Claims without a volume: those whose volume is gone, and those whose provisioner does not act."""

from collections.abc import Iterator

from vigie.kit import Entity, Outcome, Proof, found, leans
from vigie.systems.kubernetes import claims, provisioning
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim, StorageClass
from vigie.systems.kubernetes.mending import named


def class_has_none(claim: Entity) -> bool:
    """Whether the claim's class makes no volumes by itself."""
    wanted = claims.storage_class(claim)
    return wanted is not None and wanted[StorageClass.provisioner] == claims.NO_PROVISIONER


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
