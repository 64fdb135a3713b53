"""Workloads as whole tables: which pods are theirs, which of them ail, and which wait for a controller that is gone."""

from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Graph, Table
from vigie.systems.kubernetes import controlplane
from vigie.systems.kubernetes.joins import (
    MINUTE,
    Mask,
    Rows,
    ailing,
    count,
    covered,
    dig,
    edges,
    ended,
    none,
    once,
    since,
)
from vigie.systems.kubernetes.kinds.controllers import (
    DaemonSet,
    Deployment,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)

KINDS = (Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController)
_TEMPLATES = {"Job": ("spec", "template"), "CronJob": ("spec", "jobTemplate", "spec", "template")}
_IN_PROGRESS = ("NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated", "ReplicaSetCreated")


def with_ailing(table: Table) -> Mask:
    """The workloads that own a pod which is unhealthy, directly or through the ReplicaSets of a Deployment."""
    pods = table.graph.table("Pod")
    if pods is None:
        return none(table)
    out = none(table)
    parents, children = edges(table, "owns", pods)
    out[parents[ailing(pods)[children]]] = True
    sets = table.graph.table(ReplicaSet)
    if table.kind is Deployment and sets is not None:
        parents, children = edges(table, "owns", sets)
        out[parents[with_ailing(sets)[children]]] = True
    return out


def ill(table: Table, short: Mask) -> Mask:
    """The workloads with an unhealthy pod that have fewer than they want.

    While nobody renews the controller-manager's lease their own count proves nothing, and the pod is enough.
    """
    doubted = controlplane.stale_lease(table.graph, controlplane.MANAGER) is not None
    return np.asarray(with_ailing(table) & (short | doubted), np.bool_)


def rolling(table: Table) -> Mask:
    """The Deployments whose rollout goes on, within its deadline and without an error."""
    progress = table.condition("Progressing")
    return np.asarray((progress.status == "True") & progress.reason.isin(*_IN_PROGRESS), np.bool_)


def unavailable(table: Table) -> Mask:
    """The Deployments that have not been available for a minute, and are not being rolled out."""
    available = table.condition("Available")
    gone = (available.status == "False") & (since(available.since.data, table.as_of) > MINUTE)
    return np.asarray(gone & ~rolling(table) & ~table.stale, np.bool_)


def frozen(table: Table) -> Mask:
    """The workloads whose controller does not act: it has not looked, or counts pods that are not there.

    Both are said only while the lease of the controller-manager is stale, for a moment of either is normal.
    """
    if controlplane.stale_lease(table.graph, controlplane.MANAGER) is None:
        return none(table)
    behind = table.stale & (table.age() > MINUTE)
    return np.asarray((behind | miscounted(table)) & table.exists, np.bool_)


def miscounted(table: Table) -> Mask:
    """The workloads whose status counts more pods than there are, where all pods of their namespace were read."""
    graph = table.graph
    pods, sets = graph.table("Pod"), graph.table(ReplicaSet)
    if pods is None:
        return none(table)
    if table.kind is Deployment:
        out = none(table)
        if sets is not None:
            parents, children = edges(table, "owns", sets)
            out[parents[miscounted(sets)[children]]] = True
        return out
    held = {ReplicaSet: ReplicaSet.current, StatefulSet: StatefulSet.current, DaemonSet: DaemonSet.current}
    field = held.get(table.kind or ReplicaSet, ReplicationController.current)
    return np.asarray((table[field].numbers() > living(table)) & covered(table, "Pod"), np.bool_)


def living(table: Table) -> Rows:
    """How many pods each row owns that have not ended."""
    pods = table.graph.table("Pod")
    if pods is None:
        return np.zeros(len(table), np.int64)
    parents, children = edges(table, "owns", pods)
    return count(table, parents, ~ended(pods)[children])


def pods_of(workload: Entity) -> list[Entity]:
    """The pods of a workload, those of a Deployment through its ReplicaSets; the newest revision's first."""
    if workload.kind == "Deployment":
        sets = sorted(workload.owned(), key=lambda s: (-revision_of(s), s.name))
        return [pod for owner in sets if owner.kind == "ReplicaSet" for pod in pods_of(owner)]
    pods = [pod for pod in workload.owned() if pod.kind == "Pod"]
    return sorted(pods, key=lambda pod: pod.name)


def revision_of(entity: Entity) -> int:
    """The number of a ReplicaSet's revision, 0 where it says none."""
    said = entity[ReplicaSet.revision] or ""
    return int(said) if said.isdigit() else 0


def templates(graph: Graph) -> Iterator[tuple[Entity, dict[str, str]]]:
    """The workloads that nobody else makes, with the labels of the pods that they make."""
    for kind in (Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController):
        for entity in graph.all(kind):
            if kind is ReplicaSet and entity.into("owns"):
                continue
            yield entity, {str(key): str(value) for key, value in entity[kind.pod_labels].items()}
    yield from _other_templates(graph)


def _other_templates(graph: Graph) -> Iterator[tuple[Entity, dict[str, str]]]:
    """Jobs, CronJobs, and objects of undeclared kinds that hold a pod template (rollouts, operators' workloads)."""
    for table in graph.tables.values():
        path = _TEMPLATES.get(table.key.kind) if table.key.group == "batch" else ("spec", "template")
        if path is None or (table.kind is not None and table.key.group != "batch"):
            continue
        for row in range(table.real):
            entity = graph.entity(table.base + row)
            held = dig(entity.body, *path, "metadata", "labels")
            if not isinstance(held, dict):
                if table.kind is None and row == 0:
                    break
                continue
            yield entity, {str(key): str(value) for key, value in held.items()}


def wanted(workload: Entity) -> int | None:
    """How many pods a workload wants; None where that cannot be told."""
    field = {
        "Deployment": Deployment.replicas, "ReplicaSet": ReplicaSet.replicas, "StatefulSet": StatefulSet.replicas,
        "ReplicationController": ReplicationController.replicas, "DaemonSet": DaemonSet.desired,
    }.get(workload.kind)  # fmt: skip
    if field is None or not workload.read:
        return None
    value = workload[field]
    if value is None:
        return 1 if workload.kind != "DaemonSet" else None
    return int(value)


def is_unwell(entity: Entity) -> bool:
    """Whether the declarations of health of its kind hold an object for unhealthy."""
    table = entity.graph.tables.get(entity.key)
    return table is not None and entity.read and bool(unwell(table)[entity.id - table.base])


def unwell(table: Table) -> Mask:
    """The objects of a kind that its declarations of health hold for unhealthy, decided once."""

    def test() -> Mask:
        schema = table.graph.schema
        out = none(table)
        for health in schema.health:
            if health.on != "*" and schema.resolve(health.on) == table.key:
                out |= np.asarray(health.test(table), np.bool_)
        out[table.real :] = False
        return out

    return once(table.graph, f"unwell {table.key}", test)
