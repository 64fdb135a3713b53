from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import claims
from vigie.systems.kubernetes.kinds.storage import PersistentVolume
from vigie.systems.kubernetes.mending import named
from vigie.systems.kubernetes.verdicts import Blocked, blocked, message


@rule(
    "K8S1206",
    on="Pod",
    signal=("unschedulable", "failed-scheduling"),
    causes=("volume-zone",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def volume_elsewhere(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The pod's volume is in a zone, or on a node, where the pod cannot run.

    ## Why is this bad
    The pod must go where its data is; a new node elsewhere does not help.

    ## Fix
    Bring a node to the volume's zone, or move the data.
    """
    if not claims.claimed(pod):
        return
    said, why = message(pod), blocked(pod)
    if said is None or why is None or why.filter != "volume-zone":
        return
    volume = why.decisive.at if why.decisive else _only(pod)
    if volume is None:
        return
    where = claims.place(volume)
    affinity = volume[PersistentVolume.node_affinity]
    proofs = [volume.proof(PersistentVolume.node_affinity)] if affinity else []
    proofs += [
        Proof(volume, f'metadata.labels["{k}"]', volume.labels[k], None, volume.pointer)
        for k in claims.ZONES
        if k in volume.labels
    ]
    yield found(
        "volume-zone",
        volume,
        *proofs,
        said,
        *why.proofs(),
        via="mounts",
        fix=_fix(volume, where, why),
    )


def _fix(volume: Entity, where: str, why: Blocked) -> str:
    """What is to be done: where the pod's own demands keep it off the volume's nodes, they may give way."""
    there = [one for one in why.fits if claims.reachable(volume, one.node)]
    kept = [one for one in there if {f.filter for f in one.failures} & {"affinity", "node-name"}]
    if there and len(kept) == len(there):
        return (
            f"Let {named(why.pod.holder)} run on node {there[0].node.name}, where its volume {volume.name} is, or give "
            "it another volume: its own selector or affinity keeps it off that node."
        )
    return (
        f"Provide a node that takes the pod where volume {volume.name} is ({where or 'its zone'}), or move its data."
    )


def _only(pod: Entity) -> Entity | None:
    """The one volume of the pod, where the nodes are not in the evidence."""
    bound = [volume for claim in claims.claimed(pod) if (volume := claims.volume(claim)) is not None]
    return bound[0] if len(bound) == 1 else None
