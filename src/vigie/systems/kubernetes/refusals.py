"""Pods that a kubelet refused at the door: what it said, and whether that still matters."""

from vigie.kit import Entity
from vigie.systems.kubernetes.kinds.workloads import Pod


def words(pod: Entity) -> str:
    """The kubelet's sentence, without its full stop."""
    return (pod[Pod.message] or pod[Pod.reason] or "").strip().rstrip(".")


def since_refused(pod: Entity) -> bool:
    """Whether nothing of the pod's owner has run since."""
    owner = pod.owner
    if owner is None:
        return True
    born = pod.created or 0
    for other in owner.owned():
        if other.kind == "Pod" and other != pod and (other.created or 0) >= born:
            ready = other.condition("Ready")
            if other[Pod.phase] == "Succeeded" or (ready is not None and ready.status == "True"):
                return False
    return True
