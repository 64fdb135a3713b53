from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Graph, Outcome, Table, Unknown, rule
from vigie.systems.kubernetes import provisioning, unbound
from vigie.systems.kubernetes.health.storage import claim_unwell
from vigie.systems.kubernetes.joins import Mask
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim


def unserved(claims: Table) -> Mask:
    """The claims that are unwell, and those that the scheduler finds no volume for."""
    return np.asarray(claim_unwell(claims) | unbound.left_by_scheduler(claims), np.bool_)


@rule(
    "K8S1202",
    on="PersistentVolumeClaim",
    where=unserved,
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
    refused = claim.signals("provisioning-failed", "class-not-found") and not unbound.class_has_none(claim)
    if phase != "Pending" or refused:
        return
    near = provisioning.nearest(claim)
    told = claim.signals("claim-unbound", "claim-mismatch", "provisioner-awaited", "provisioning-failed")[-1:]
    proofs = [*(s.prove() for s in told), claim.proof(PersistentVolumeClaim.phase, claim.created)]
    name = provisioning.driver(claim)
    if near is not None and near.why:
        yield from unbound.unfit(claim, near, proofs)
    elif name:
        yield from unbound.by_provisioner(claim, name, proofs)
    elif near is None and unbound.needs_volume(claim):
        if graph.covers("PersistentVolume"):
            yield from unbound.unfit(claim, None, proofs)
        else:
            yield Unknown(claim, "list:PersistentVolume", "kubectl get persistentvolumes -o json")
