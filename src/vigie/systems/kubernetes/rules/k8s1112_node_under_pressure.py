from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule, valid_name

_WORDS = {
    "MemoryPressure": "memory",
    "DiskPressure": "disk space or inodes",
    "PIDPressure": "process numbers",
}


@rule(
    "K8S1112",
    on="Node",
    signal="node-pressure",
    causes=("node-pressure",),
    severity="high",
    since="0.1.0",
    strength=0.9,
)
def node_under_pressure(node: Entity, graph: Graph) -> Iterator[Outcome]:
    """The kubelet says that memory, disk or process numbers run out.

    ## Why is this bad
    The node takes no new pods, and the kubelet is about to evict some of those that it has.

    ## Fix
    Free what runs out, or move pods away.
    """
    states = [c for c in node.conditions if c.type in _WORDS and c.status == "True"]
    if not states:
        return
    told = [s.prove() for s in node.signals("eviction-threshold", "disk-full")[-2:]]
    what = " and ".join(_WORDS[state.type] for state in states)
    command = ("kubectl", "describe", "node", node.name) if valid_name(node.name) else None
    yield found(
        "node-pressure",
        node,
        *(state.prove() for state in states),
        *told,
        command=command,
        fix=f"Free {what} on node {node.name}, or move pods away from it.",
    )
