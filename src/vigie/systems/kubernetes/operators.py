"""Objects of custom kinds whose controller does not act: which were not looked at, and which workload should have."""

import numpy as np

from vigie.kit import Entity, Table, clock
from vigie.systems.kubernetes import finalizers, workloads
from vigie.systems.kubernetes.joins import MINUTE, Mask, dig, none, once
from vigie.systems.kubernetes.kinds.access import CustomResourceDefinition

_LONG = 600 * clock.SECOND


def unseen(table: Table) -> Mask:
    """The objects of a custom kind that its controller has not looked at, where that controller was found and is down.

    Not looked at: a status of an older generation for a minute, or ten minutes without any status although the kind
    has one. Either proves nothing alone; the workload whose identity may change the kind must have no ready pod.
    """
    out = none(table)
    if table.kind is not None or "." not in table.key.group or not table.real:
        return out
    behind = table.stale & (table.age() > MINUTE)
    blank = ~table.observed.known & (table.age() > _LONG) & table.exists
    candidates = np.flatnonzero((behind | blank) & table.exists & ~table.deleted.known)
    if len(candidates) and idle(table.graph.entity(table.base + int(candidates[0]))):
        for row in candidates:
            out[row] = bool(behind[row]) or _blank(table.graph.entity(table.base + int(row)))
    return out


def _blank(entity: Entity) -> bool:
    """Whether an object has no status at all, although its kind keeps one."""
    return not dig(entity.body, "status") and _reports(entity)


def _reports(entity: Entity) -> bool:
    for definition in entity.graph.all(CustomResourceDefinition):
        if (
            definition[CustomResourceDefinition.served_group] == entity.group
            and definition[CustomResourceDefinition.served_kind] == entity.kind
        ):
            versions = dig(definition.body, "spec", "versions")
            return isinstance(versions, list) and any(dig(v, "subresources", "status") is not None for v in versions)
    return False


def idle(entity: Entity) -> list[Entity]:
    """The workloads that should act on an object of a custom kind, where none of them has a ready pod; else none."""
    graph, group = entity.graph, entity.group

    def look() -> list[Entity]:
        found = [w for w in finalizers.controllers(graph, group, group) if w.holds or w.kind == "Pod"]
        return found if found and not any(map(_serves, found)) else []

    return once(graph, f"idle controllers of {group}", look)


def _serves(workload: Entity) -> bool:
    """Whether a pod of a workload is ready; a workload of which that cannot be told counts as serving."""
    if workload.kind == "Pod":
        ready = workload.condition("Ready")
        return ready is None or ready.status == "True"
    pods = workloads.pods_of(workload)
    if pods:
        return any((c := pod.condition("Ready")) is not None and c.status == "True" for pod in pods)
    return workloads.wanted(workload) != 0 and not workloads.is_unwell(workload)
