from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.refusals import since_refused, words


@rule(
    "K8S1113",
    on="Pod",
    signal="kubelet-refused",
    causes=("node-refused",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def kubelet_refuses_pod(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The kubelet refused the pod when it came: its node has not what the pod needs.

    ## Why is this bad
    The scheduler saw room, or a label, that the kubelet does not see (a device that died, a static pod, an agent
    that places pods by `spec.nodeName`). The owner makes the next pod and it is refused as well.

    ## Fix
    Take away what the message names from the node, or keep such pods off it.
    """
    refused = pod.signals("kubelet-refused")[-1]
    name = pod[Pod.node]
    if not name or not since_refused(pod):
        return
    node = graph.get("Node", "", name)
    resource = next((s.said("resource") for s in pod.signals("kubelet-refused") if s.said("resource")), "")
    offered = node[Node.allocatable].get(resource)
    proofs = [Proof(node, f'status.allocatable["{resource}"]', str(offered), None, node.pointer)] if offered else []
    reason = pod.proof(Pod.reason, refused.time)
    yield found(
        "node-refused",
        node,
        reason,
        refused,
        *proofs,
        via="schedules-on",
        fix=f"Free on node {name} what its kubelet refuses pods for, or keep them off it: {words(pod)}.",
    )
