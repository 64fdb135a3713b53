from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, leans, rule
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
from vigie.systems.kubernetes.restarts import down_since


@rule("K8S1117", on="Pod", where=down_since, severity="medium", since="0.1.0", strength=0.3)
def pod_down_since_node_restart(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A pod is down since its node was restarted, for no other known reason.

    ## Why is this bad
    What the pod needs (a volume, a network, another pod of the same node) may not have come back with the node.

    ## Fix
    Look at what else was on the node when it was restarted.
    """
    node = graph.get("Node", "", pod[Pod.node] or "")
    for row in pod.rows(Container):
        if row[Container.ended_at] is not None and not row[Container.ready]:
            yield leans(node, "schedules-on", row.proof(Container.ended, row[Container.ended_at]))
            return
