from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import claims
from vigie.systems.kubernetes.health.storage import claim_unwell, wants_more
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim, StorageClass


@rule(
    "K8S1207",
    on="PersistentVolumeClaim",
    where=claim_unwell,
    causes=("volume-resize",),
    severity="medium",
    since="0.1.0",
    strength=0.93,
)
def resize_stuck(claim: Entity, graph: Graph) -> Iterator[Outcome]:
    """A claim was made larger, and its volume does not follow.

    ## Why is this bad
    The pods go on with the old size until they run out of it.

    ## Fix
    Mend what the error names. Where only the file system is left to grow, start the claim's pods again.
    """
    errors = claim.signals("resize-failed")
    running = claim.signals("resizing")
    if not wants_more(claim) or not (errors or running):
        return
    wanted = claims.storage_class(claim)
    fixed = wanted is not None and wanted.read and wanted[StorageClass.expands] is not True
    proofs: list[Proof] = [wanted.proof(StorageClass.expands)] if fixed and wanted is not None else []
    asked, has = (
        claim[field].get("storage") for field in (PersistentVolumeClaim.requests, PersistentVolumeClaim.capacity)
    )
    proofs += [
        Proof(claim, "spec.resources.requests.storage", str(asked), None, claim.pointer),
        Proof(claim, "status.capacity.storage", str(has), None, claim.pointer),
    ]
    what = f"PersistentVolumeClaim {claim.namespace}/{claim.name} from {has} to {asked}"
    if not errors and any(c.type == "FileSystemResizePending" and c.status == "True" for c in claim.conditions):
        fix = f"Start the pods of {what.partition(' from')[0]} again, so that its file system grows to {asked}."
    elif fixed and wanted is not None:
        fix = (
            f"Set allowVolumeExpansion of StorageClass {wanted.name}, or ask no more than {has}: it does not let "
            f"{what} grow."
        )
    else:
        fix = f"Mend what keeps {what} from growing: {(errors or running)[-1].text.rstrip('. ')}."
    yield found("volume-resize", claim, (errors or running)[-1], *proofs, fix=fix)
