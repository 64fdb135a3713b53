from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, leans, rule
from vigie.systems.kubernetes.health.nodes import on_ailing_node
from vigie.systems.kubernetes.kinds.workloads import Container, Pod


@rule("K8S1116", on="Pod", where=on_ailing_node, severity="high", since="0.1.0", strength=0.98)
def pod_on_unready_node(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The pod is not ready, and neither is the node that it is on.

    ## Why is this bad
    Whatever else is told of the pod (a probe that failed, a restart) came before the node went, or because of it.

    ## Fix
    Mend the node.
    """
    waiting = {row[Container.waiting] for row in pod.rows(Container)}
    if waiting - {None, "ContainerCreating", "PodInitializing"}:
        return
    node = graph.get("Node", "", pod[Pod.node] or "")
    ready = pod.condition("Ready")
    proof = ready.prove() if ready is not None else Proof(pod, "spec.nodeName", node.name, None, pod.pointer)
    yield leans(node, "schedules-on", proof)
