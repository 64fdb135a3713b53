from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, clock, found, rule, valid_name
from vigie.systems.kubernetes.kinds.nodes import Lease


@rule(
    "K8S1110", on="Node", signal="node-silent", causes=("node-lost",), severity="critical", since="0.1.0", strength=0.97
)
def node_silent(node: Entity, graph: Graph) -> Iterator[Outcome]:
    """The kubelet of a node has stopped posting: machine, kubelet or network are gone.

    ## Why is this bad
    Its pods look Running and are unreachable. They are replaced only after five minutes by default, those of
    StatefulSets and those with volumes attached not at all.

    ## Fix
    Bring the machine, its kubelet or its network back. If it will not come back, delete the Node or taint it
    `node.kubernetes.io/out-of-service`, so that its pods and volumes are let go.
    """
    silent = next(s for s in node.signals("node-silent"))
    lease = graph.get("Lease", "kube-node-lease", node.name)
    proofs = [lease.proof(Lease.renewed, lease[Lease.renewed])] if lease.read else []
    last = clock.show(lease[Lease.renewed]) if lease.read else None
    heard = f"; its lease was last renewed at {last}" if last else ""
    command = ("kubectl", "describe", "node", node.name) if valid_name(node.name) else None
    yield found(
        "node-lost",
        node,
        silent,
        *proofs,
        command=command,
        fix=f"Bring back the machine, the kubelet or the network of node {node.name}{heard}.",
    )
