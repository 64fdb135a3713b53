from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import claims
from vigie.systems.kubernetes.health.storage import claim_unwell
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim, StorageClass


@rule(
    "K8S1201",
    on="PersistentVolumeClaim",
    where=claim_unwell,
    causes=("volume-class-missing",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def storage_class_absent(claim: Entity, graph: Graph) -> Iterator[Outcome]:
    """The claim names a StorageClass that does not exist, or names none and there is no default.

    ## Why is this bad
    Nobody makes a volume for it, and its pods are not placed.

    ## Fix
    Create the StorageClass, or make the claim name one that exists; `storageClassName` of a claim cannot be changed,
    so the claim is made anew.
    """
    if claim[PersistentVolumeClaim.phase] != "Pending" or claim[PersistentVolumeClaim.volume]:
        return
    name = claims.class_name(claim)
    if name is None:
        yield from _no_default(claim, graph)
        return
    if not name:
        return
    wanted = graph.get("storage.k8s.io/StorageClass", "", name)
    told = claim.signals("class-not-found")
    if wanted.exists or (wanted.exists is None and not told) or claims.borne(graph, name):
        return
    others = sorted(c.name for c in graph.all(StorageClass))
    instead = f", or claim one that exists ({', '.join(others[:4])})" if others else ""
    yield found(
        "volume-class-missing",
        wanted,
        wanted.absence(),
        *told[-1:],
        _named(claim),
        via="provisions-from",
        fix=f"Create StorageClass {name}{instead} for PersistentVolumeClaim {claim.namespace}/{claim.name}.",
    )


def _named(claim: Entity) -> Proof:
    old = claim[PersistentVolumeClaim.old_class] is not None
    return claim.proof(PersistentVolumeClaim.old_class if old else PersistentVolumeClaim.storage_class)


def _no_default(claim: Entity, graph: Graph) -> Iterator[Outcome]:
    if claims.default_class(graph) is not None or not graph.covers("storage.k8s.io/StorageClass"):
        return
    told = claim.signals("claim-unbound")[-1:]
    lacking = Proof(claim, "spec.storageClassName", None, claim.created, claim.pointer)
    yield found(
        "volume-class-missing",
        claim,
        lacking,
        *told,
        fix=(
            "Mark a StorageClass as default, or set storageClassName of PersistentVolumeClaim "
            f"{claim.namespace}/{claim.name}."
        ),
    )
