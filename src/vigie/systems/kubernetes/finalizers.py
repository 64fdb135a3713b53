"""Deletions that do not end: which finalizer holds an object, what it rightly waits for, and who should remove it."""

from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Graph, Table, clock
from vigie.systems.kubernetes import namespaces
from vigie.systems.kubernetes.joins import Mask, dig, listed, none, once, words
from vigie.systems.kubernetes.kinds.workloads import Pod

_CHANGES = frozenset({"update", "patch", "*"})
GRACE = 60 * clock.SECOND
_BUILT_IN = {
    "foregroundDeletion": "kube-controller-manager",
    "orphan": "kube-controller-manager",
    "kubernetes.io/pvc-protection": "kube-controller-manager",
    "kubernetes.io/pv-protection": "kube-controller-manager",
    "batch.kubernetes.io/job-tracking": "kube-controller-manager",
    "service.kubernetes.io/load-balancer-cleanup": "cloud-controller-manager",
}


def held(table: Table) -> Mask:
    """The objects whose deletion was asked for more than a minute ago and that a finalizer still holds."""
    graph = table.graph
    deleted = table.deleted
    out = none(table)
    if not deleted.known.any():
        return out
    parents = graph.finalizers.parent
    mine = parents[(parents >= table.base) & (parents < table.base + len(table))] - table.base
    out[np.unique(mine)] = True
    out &= deleted.known & (table.as_of - np.where(deleted.known, deleted.data, table.as_of) > GRACE)
    for row in np.flatnonzero(out):
        out[row] = not rightly_waits(graph.entity(table.base + int(row)))
    return out


def rightly_waits(entity: Entity) -> bool:
    """Whether all that holds an object is its protection while it is in use, or pods that are still ending in time."""
    return all(_in_use(entity, name) for name in entity.finalizers)


def _in_use(entity: Entity, finalizer: str) -> bool:
    if finalizer == "kubernetes.io/pvc-protection":
        users = [e.source for e in entity.into("mounts")]
        return any(pod[Pod.phase] not in ("Succeeded", "Failed") for pod in users if pod.kind == "Pod")
    if finalizer == "foregroundDeletion":
        return any(_ending(other) for other in dependents(entity))
    if finalizer == "kubernetes.io/pv-protection":
        return any(edge.source.kind == "PersistentVolumeClaim" and edge.source.read for edge in entity.into("binds"))
    return False


def _ending(entity: Entity, depth: int = 4) -> bool:
    """Whether a pod, or one that is made by what is to go with its owner, may still take its time to end."""
    if namespaces.ending(entity):
        return True
    return depth > 0 and any(_ending(edge.target, depth - 1) for edge in entity.out("owns") if edge.target.read)


def dependents(entity: Entity) -> list[Entity]:
    """What a foreground deletion waits for: the objects that an object owns and that are there still."""
    return sorted((e.target for e in entity.out("owns") if e.target.read), key=lambda e: e.address)


def component(finalizer: str) -> str:
    """The part of the control plane that removes a finalizer of Kubernetes' own; "" for one of somebody else's."""
    return _BUILT_IN.get(finalizer, "")


def controllers(graph: Graph, finalizer: str, group: str) -> list[Entity]:
    """The workloads that may remove a finalizer: their identity has rights on the API group that it is named after.

    A finalizer `lab.example/cleanup` belongs to the group `lab.example` or to one below it; else the object's own
    group counts. Workloads are found by the roles that are bound to their ServiceAccounts.
    """
    domain = finalizer.partition("/")[0] if "/" in finalizer else finalizer
    accounts = {
        account
        for named, account in once(graph, "rights by group", lambda: list(_rights(graph)))
        if named and (named in (group, domain) or named.endswith("." + domain) or domain.endswith("." + named))
    }
    found = {pod.holder for account in accounts for edge in account.into("uses-identity") if (pod := edge.source).read}
    found |= {workload for workload, account in _accounts(graph) if account in accounts}
    return sorted(found, key=lambda e: e.address)


def _accounts(graph: Graph) -> list[tuple[Entity, Entity]]:
    """The workloads that name a ServiceAccount in their template, also those without pods."""

    def index() -> list[tuple[Entity, Entity]]:
        out = []
        for kind in ("apps/Deployment", "apps/StatefulSet"):
            for workload in graph.all(kind):
                name = dig(workload.body, "spec", "template", "spec", "serviceAccountName")
                if isinstance(name, str):
                    out.append((workload, workload.near("ServiceAccount", name)))
        return out

    return once(graph, "template accounts", index)


def _rights(graph: Graph) -> Iterator[tuple[str, Entity]]:
    """Each API group that is named in a role, with each ServiceAccount that the role is bound to."""
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in graph.all(kind):
            accounts = [e.target for e in binding.out("grants-to") if e.target.kind == "ServiceAccount"]
            for edge in binding.out("grants") if accounts else ():
                for group in _groups(edge.target):
                    for account in accounts:
                        yield group, account


def _groups(role: Entity) -> set[str]:
    """The API groups, other than those of Kubernetes, in which a role allows objects to be changed."""
    return {
        group
        for rule in listed(role.body, "rules")
        if _CHANGES.intersection(words(rule, "verbs"))
        for group in words(rule, "apiGroups")
        if "." in group and not group.endswith(".k8s.io")
    }
