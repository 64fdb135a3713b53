from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.mending import named, template
from vigie.systems.kubernetes.refusals import ELSEWHERE, beyond, by_node, since_refused, words

_UNMET = ("NodeAffinity", "NodeName", "PodOSSelectorNodeLabelDoesNotMatch")


@rule(
    "K8S1113",
    on="Pod",
    signal="kubelet-refused",
    where=by_node,
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
    told = pod.signals("kubelet-refused")
    name = pod[Pod.node]
    if not told or not name or pod[Pod.reason] in ELSEWHERE or not since_refused(pod):
        return
    node = graph.get("Node", "", name)
    resource = next((s.said("resource") for s in pod.signals("kubelet-refused") if s.said("resource")), "")
    offered = node[Node.allocatable].get(resource)
    proofs = [Proof(node, f'status.allocatable["{resource}"]', str(offered), None, node.pointer)] if offered else []
    reason = pod.proof(Pod.reason, told[-1].time)
    yield found(
        "node-refused",
        node,
        reason,
        told[-1],
        *proofs,
        via="schedules-on",
        fix=_fix(pod, name),
    )


def _fix(pod: Entity, node: str) -> str:
    """What is to be done: where no node of that size could take the pod, it is the pod that asks for too much."""
    why = words(pod)
    named_by = pod.holder != pod and template(pod.holder).get("nodeName")
    bound = "; its template names the node itself, past the scheduler" if named_by else ""
    if beyond(pod):
        return f"Lower what {named(pod.holder)} asks for, or place it on a larger node than {node}: {why}{bound}."
    if pod[Pod.reason] in _UNMET:
        who = named(pod.holder)
        return f"Place {who} on a node that meets its selector and affinity, or give {node} those labels: {why}{bound}."
    return f"Free on node {node} what its kubelet refuses pods for, or keep them off it: {why}{bound}."
