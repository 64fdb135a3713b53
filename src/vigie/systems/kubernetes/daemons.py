"""DaemonSets and the nodes that they are meant for."""

import numpy as np

from vigie.kit import Entity, Table
from vigie.systems.kubernetes import affinity, shapes
from vigie.systems.kubernetes.fit import places
from vigie.systems.kubernetes.joins import MINUTE, Mask, refused
from vigie.systems.kubernetes.kinds.controllers import DaemonSet
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.mending import template

# A DaemonSet's pods tolerate these by themselves.
_OWN = [
    {"key": key, "operator": "Exists"}
    for key in (
        "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/memory-pressure", "node.kubernetes.io/pid-pressure", "node.kubernetes.io/unschedulable",
        "node.kubernetes.io/network-unavailable",
    )
]  # fmt: skip


def short(table: Table) -> Mask:
    """The DaemonSets with fewer pods than nodes that want one, a minute old, whose pods nobody refuses."""
    fewer = table[DaemonSet.current].numbers() < table[DaemonSet.desired].numbers()
    return np.asarray(
        fewer & ~table.stale & (table.age() > MINUTE) & ~refused(table) & ~table.deleted.known & table.exists
    )


def wanted_on(daemons: Entity) -> list[Entity]:
    """The nodes that a DaemonSet is meant for, by its template."""
    spec = dict(template(daemons))
    spec["tolerations"] = [*(spec.get("tolerations") or []), *_OWN]
    return [
        place.node
        for place in places(daemons.graph)
        if affinity.admits(spec, place.labels, place.node.name) and not affinity.untolerated(spec, place.marks)
    ]


def absent_on(daemons: Entity) -> list[Entity] | None:
    """The nodes on which a DaemonSet's pod is missing; None where the evidence shows a pod for each."""
    if not daemons.graph.covers("Pod", daemons.namespace):
        return []
    there = set()
    for pod in daemons.owned():
        there.add(pod[Pod.node] or next(iter(affinity.named(shapes.spec(pod))), ""))
    missing = [node for node in wanted_on(daemons) if node.name not in there]
    return missing or None
