from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import claims, clouds, provisioning, unbound
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim, StorageClass


@rule(
    "K8S1203",
    on="PersistentVolumeClaim",
    signal="provisioning-failed",
    causes=("volume-provision-failed",),
    severity="high",
    since="0.1.0",
    strength=0.93,
)
def volume_not_made(claim: Entity, graph: Graph) -> Iterator[Outcome]:
    """The provisioner was asked for a volume and answered with an error.

    ## Why is this bad
    It goes on trying, and every claim of the class fails alike.

    ## Fix
    Mend what the error names: usually a parameter of the StorageClass, or the backend behind the provisioner.
    """
    if claim[PersistentVolumeClaim.phase] != "Pending":
        return
    if unbound.class_has_none(claim):
        return
    told = [s for s in claim.signals("provisioning-failed") if s.evidence not in _absent(claim)]
    if not told or clouds.refusal(told[-1].text):
        return
    name = provisioning.driver(claim)
    for worker in provisioning.workers(graph, name):
        yield leans(worker, "provisioned-by", told[-1])
    wanted = claims.storage_class(claim)
    at = wanted if wanted is not None else claim
    proofs = [wanted.proof(StorageClass.provisioner)] if wanted is not None and wanted.read else []
    yield found(
        "volume-provision-failed",
        at,
        told[-1],
        *proofs,
        via="provisions-from",
        fix=f"Mend what keeps {name or 'the provisioner'} of {at} from making volumes: {_why(told[-1].text)}.",
    )


def _absent(claim: Entity) -> set[str]:
    """The events that say no more than that the class is not there."""
    return {s.evidence for s in claim.signals("class-not-found")}


def _why(text: str) -> str:
    words = " ".join(text.split()).rstrip(". ")
    return words if len(words) <= 200 else words[:197] + "..."
