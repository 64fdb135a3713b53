from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import claims, provisioning, unbound
from vigie.systems.kubernetes.health.storage import claim_unwell
from vigie.systems.kubernetes.kinds.storage import PersistentVolume, PersistentVolumeClaim


@rule(
    "K8S1202",
    on="PersistentVolumeClaim",
    where=claim_unwell,
    causes=("volume-unbound",),
    severity="high",
    since="0.1.0",
    strength=0.9,
)
def claim_without_volume(claim: Entity, graph: Graph) -> Iterator[Outcome]:
    """No volume fits the claim, its volume is gone, or the provisioner that should make one does not act.

    ## Why is this bad
    The claim's pods wait, and nothing tells them more than that it is unbound.

    ## Fix
    Make a volume that fits (size, class, access modes, labels), or start the provisioner that the class names.
    """
    phase = claim[PersistentVolumeClaim.phase]
    if phase == "Lost":
        yield from unbound.lost(claim)
        return
    if phase != "Pending" or claim.signals("provisioning-failed", "class-not-found"):
        return
    near = provisioning.nearest(claim)
    told = claim.signals("claim-unbound", "claim-mismatch", "provisioner-awaited")[-1:]
    state = claim.proof(PersistentVolumeClaim.phase, claim.created)
    if near is not None and near[1]:
        volume, why = near
        held = Proof(volume, "fit of " + str(claim), why, None, volume.pointer, stated=False)
        yield found(
            "volume-unbound",
            volume,
            *told,
            state,
            held,
            volume.proof(PersistentVolume.phase),
            via="wants",
            fix=(
                f"Make a volume that fits PersistentVolumeClaim {claim.namespace}/{claim.name}: {volume.name} does "
                f"not, for {why}."
            ),
        )
        return
    name = provisioning.driver(claim)
    if name:
        yield from unbound.by_provisioner(claim, name, [*(s.prove() for s in told), state])
    elif graph.covers("PersistentVolume") and (claims.class_name(claim) == "" or unbound.class_has_none(claim)):
        yield found(
            "volume-unbound",
            claim,
            *told,
            state,
            fix=(
                f"Make a PersistentVolume that fits PersistentVolumeClaim {claim.namespace}/{claim.name}: there is "
                "none."
            ),
        )
