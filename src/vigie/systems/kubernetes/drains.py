"""Drains: which budget keeps which pod on a node that is to be emptied."""

from collections.abc import Iterator

from vigie.kit import Entity, clock
from vigie.systems.kubernetes.kinds.controllers import PodDisruptionBudget
from vigie.systems.kubernetes.kinds.nodes import Node, Taint
from vigie.systems.kubernetes.kinds.workloads import Pod

CORDON = "node.kubernetes.io/unschedulable"
_GRACE = 60 * clock.SECOND


def blocked(budget: Entity) -> Iterator[tuple[Entity, Entity]]:
    """The pods that a budget without room keeps on a drained node, each with the node.

    A node is being drained when it is cordoned, for a minute, and all that a drain takes away is gone from it but
    pods that budgets without room keep. A cordon alone empties no node.
    """
    for edge in sorted(budget.out("guards"), key=lambda e: e.target.name):
        pod = edge.target
        node = node_of(pod)
        if node is not None and cordoned(node) and pod.deleted is None and not _ended(pod) and drained(node):
            yield pod, node


def node_of(pod: Entity) -> Entity | None:
    """The node that a pod is bound to."""
    return next((edge.target for edge in pod.out("schedules-on") if edge.target.read), None)


def cordoned(node: Entity) -> bool:
    """Whether a node has been cordoned for a minute."""
    if not node[Node.unschedulable]:
        return False
    added = next((row[Taint.added] for row in node.rows(Taint) if row[Taint.taint] == CORDON), None)
    return added is None or node.graph.as_of - added > _GRACE


def drained(node: Entity) -> bool:
    """Whether only those pods are left on a node that a drain leaves, or that a budget without room keeps."""
    return all(_stays(edge.source) for edge in node.into("schedules-on"))


def _stays(pod: Entity) -> bool:
    if _ended(pod) or pod.deleted is not None:
        return True
    owner = pod.owner
    if owner is not None and owner.kind in ("DaemonSet", "Node"):
        return True
    return any(edge.source[PodDisruptionBudget.allowed] == 0 for edge in pod.into("guards"))


def _ended(pod: Entity) -> bool:
    return pod[Pod.phase] in ("Succeeded", "Failed")
