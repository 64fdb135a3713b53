from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import evictions
from vigie.systems.kubernetes.kinds.workloads import Pod

_CLASSES = {"memory": "evicted-memory", "disk": "evicted-disk", "pid": "evicted-pid"}
_CONDITIONS = {"memory": "MemoryPressure", "disk": "DiskPressure", "pid": "PIDPressure"}
_NEEDS = {"memory": "memory", "disk": "disk space or inodes", "pid": "process numbers"}


@rule(
    "K8S1121",
    on="*",
    signal=("evicted", "node-pressure"),
    causes=("evicted-memory", "evicted-disk", "evicted-pid"),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def evicted_by_node(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """The kubelet evicted pods because its node ran out of memory, disk or process numbers.

    ## Why is this bad
    Evicted pods go elsewhere and may do the same there; the node takes no new ones while the pressure lasts.

    ## Fix
    Find what uses the resource on the node (the message names the container that used most beyond its request), set
    requests that tell the truth, or make the node larger.
    """
    if subject.kind == "Node":
        yield from _node(subject)
        return
    eviction = evictions.of(subject)
    name = subject[Pod.node]
    if eviction is None or eviction.resource == "ephemeral" or not name:
        return
    node = graph.get("Node", "", name)
    yield _found(node, eviction, [eviction.signal.prove(), *_pressure(node, eviction.resource)])


def _node(node: Entity) -> Iterator[Outcome]:
    """A node under pressure that has evicted pods for it: one cause, not two."""
    for edge in node.into("schedules-on"):
        eviction = evictions.of(edge.source) if edge.source[Pod.reason] == "Evicted" else None
        if eviction is not None and eviction.resource != "ephemeral":
            pressure = _pressure(node, eviction.resource)
            if pressure:
                yield _found(node, eviction, [*pressure, eviction.signal.prove()])
                return


def _pressure(node: Entity, resource: str) -> list[Proof]:
    state = node.condition(_CONDITIONS[resource])
    return [state.prove()] if state is not None and state.status == "True" else []


def _found(node: Entity, eviction: evictions.Eviction, proofs: list[Proof]) -> Outcome:
    most = f": container {eviction.part} used {eviction.used}" if eviction.part and eviction.used else ""
    return found(
        _CLASSES[eviction.resource],
        node,
        *proofs,
        via="schedules-on",
        fix=f"Free {_NEEDS[eviction.resource]} on node {node.name}, or move pods away from it{most}.",
    )
