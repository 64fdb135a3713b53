"""Whether the parts of the control plane act: their leases against the other leases of the same evidence."""

from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Graph, Proof, clock
from vigie.systems.kubernetes.joins import edges, once
from vigie.systems.kubernetes.kinds.events import Event
from vigie.systems.kubernetes.kinds.nodes import Lease

MANAGER = "kube-controller-manager"
CLOUD = "cloud-controller-manager"
_SYSTEM = "kube-system"
_CONTROLLERS = (
    "deployment-controller", "replicaset-controller", "statefulset-controller", "daemonset-controller",
    "job-controller", "cronjob-controller", "endpoint-slice-controller", "endpoint-controller",
    "horizontal-pod-autoscaler",
    "node-controller", "taint-eviction-controller", "persistentvolume-controller", "attachdetach-controller",
    "garbage-collector-controller", "namespace-controller", "disruption-controller", "replication-controller",
    "controllermanager",
)  # fmt: skip
_LEAST = 45 * clock.SECOND


def newest_lease(graph: Graph) -> Entity | None:
    """The lease that was renewed last."""
    table = graph.table(Lease)
    if table is None or not table.real:
        return None
    renewed = table[Lease.renewed].data[: table.real]
    row = int(np.argmax(renewed))
    if renewed[row] == clock.MISSING:
        return None
    return next(graph.where(Lease, np.arange(len(table)) == row))


def stale_lease(graph: Graph, name: str) -> tuple[Entity, Entity] | None:
    """The lease of a part of the control plane that nobody renews, and the one that shows it; None while it is kept.

    A lease is compared with the newest lease of the same evidence, not with a clock: it is stale when it lies three
    of its own durations behind, and at least 45 s. A controller-manager that acted later runs without a lease.
    """
    return once(graph, f"stale lease {name}", lambda: _stale(graph, name))


def _stale(graph: Graph, name: str) -> tuple[Entity, Entity] | None:
    lease, newest = graph.get("Lease", _SYSTEM, name), newest_lease(graph)
    renewed = lease[Lease.renewed] if lease.read else None
    last = newest[Lease.renewed] if newest is not None else None
    if renewed is None or newest is None or last is None:
        return None
    bound = max(_LEAST, 3 * int(lease[Lease.duration] or 15) * clock.SECOND)
    if last - renewed <= bound or (name == MANAGER and _acted(graph, renewed + bound)):
        return None
    return lease, newest


def _acted(graph: Graph, after: int) -> bool:
    """Whether a controller of the controller-manager told or made something after a time, lease or no lease."""
    events, pods = graph.table(Event), graph.table("Pod")
    if events is not None:
        told = np.maximum(events[Event.last].data, events.created.data) > after
        if (told & events[Event.component].isin(*_CONTROLLERS)).any():
            return True
    sets = graph.table("apps/ReplicaSet")
    if pods is None or sets is None:
        return False
    _, made = edges(sets, "owns", pods)
    return bool((pods.created.data[made] > after).any())


def processes(graph: Graph, name: str) -> Iterator[Entity]:
    """The pods in which a part of the control plane runs, where it runs in pods."""
    for pod in graph.all("Pod"):
        if pod.namespace == _SYSTEM and (pod.labels.get("component") == name or pod.name.startswith(f"{name}-")):
            yield pod


def component(graph: Graph, name: str) -> Entity:
    """What is to be mended when a part of the control plane does not act: its pod, or the process by its name."""
    return next(processes(graph, name), graph.get("Component", _SYSTEM, name))


def lease_proofs(stale: tuple[Entity, Entity]) -> tuple[Proof, Proof]:
    """The stale lease, and the newest one beside it."""
    lease, newest = stale
    return (
        Proof(lease, "spec.renewTime", clock.show(lease[Lease.renewed]), lease[Lease.renewed], lease.pointer),
        Proof(newest, "spec.renewTime", clock.show(newest[Lease.renewed]), newest[Lease.renewed], newest.pointer),
    )
