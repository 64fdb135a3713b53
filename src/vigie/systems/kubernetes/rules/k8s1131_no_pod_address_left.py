from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import network
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Pod


@rule(
    "K8S1131",
    on="*",
    signal=("no-address-left", "no-pod-range"),
    causes=("ip-exhausted",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def no_pod_address_left(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """No address of the node's range, or of the pool, is left for the pod.

    ## Why is this bad
    The scheduler goes on placing pods there, for it counts pods and not addresses.

    ## Fix
    Give the node a larger range, lower its `maxPods` to what the range holds, or free addresses that ended pods left
    behind.
    """
    told = subject.signals("no-address-left", "no-pod-range")[-1]
    name = subject.name if subject.kind == "Node" else subject[Pod.node]
    if not name or subject[Pod.ip]:
        return
    node = graph.get("Node", "", name)
    known = network.addresses(node)
    proofs = [node.proof(Node.pod_range)] if known else []
    proofs += (
        [Proof(node, "status.allocatable.pods", str(node[Node.allocatable].get("pods")), None, node.pointer)]
        if known
        else []
    )
    room = f" ({known[0]} has room for {known[1]})" if known else ""
    yield found(
        "ip-exhausted",
        node,
        told,
        *proofs,
        via="schedules-on",
        fix=f"Give node {name} more pod addresses{room}, or lower its maxPods to what it has.",
    )
