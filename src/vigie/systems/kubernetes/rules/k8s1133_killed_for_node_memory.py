from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import oom
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
from vigie.systems.kubernetes.mending import named


@rule(
    "K8S1133", on="Pod", signal="container-ended", causes=("oom-node",), severity="high", since="0.1.0", strength=0.96
)
def killed_for_node_memory(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container was killed because its node, and not its own limit, ran out of memory.

    ## Why is this bad
    The kernel chooses by use beyond request: the next to go may be any pod of the node, or the kubelet itself.

    ## Fix
    Give the containers of the node requests and limits that tell the truth, move some away, or make the node larger.
    """
    name = pod[Pod.node]
    if not name:
        return
    node = graph.get("Node", "", name)
    for row in pod.rows(Container):
        part, reason = row[Container.name] or "", row[Container.ended]
        if reason != "OOMKilled" and row[Container.exit] != oom.KILLED:
            continue
        told = oom.near(node, row)
        free = oom.unlimited(pod, part)
        if told is None and not (free and reason == "OOMKilled"):
            continue
        if not free:
            continue
        proofs = [row.proof(Container.ended if reason == "OOMKilled" else Container.exit, row[Container.ended_at])]
        proofs += [told.prove()] if told else []
        memory = node[Node.allocatable].get("memory")
        proofs += [Proof(node, "status.allocatable.memory", str(memory), None, node.pointer)] if memory else []
        yield found(
            "oom-node",
            node,
            *proofs,
            part=part,
            via="schedules-on",
            strength=0.96 if told and reason == "OOMKilled" else 0.85 if reason == "OOMKilled" else 0.7,
            fix=f"Free memory on node {name}, or set limits.memory of container {part} in {named(pod.holder)}.",
        )
