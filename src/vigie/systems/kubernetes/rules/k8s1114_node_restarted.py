from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Container
from vigie.systems.kubernetes.restarts import restarts

_HOUR = 3600 * 1_000_000


@rule("K8S1114", on="Node", causes=("node-restarted",), severity="info", since="0.1.0", strength=0.5)
def node_restarted(node: Entity, graph: Graph) -> Iterator[Outcome]:
    """A machine or its runtime was started again: its containers all ended in one moment, unseen.

    ## Why is this bad
    High restart counts on such a node say nothing about the pods. Once they are ready again the restart is history;
    it is only told, not blamed.

    ## Fix
    Find out why the machine restarts, if it does so often.
    """
    seen = restarts(graph).get(node.name)
    rebooted = [s for s in node.signals("node-rebooted") if s.time is not None and graph.as_of - s.time < _HOUR]
    if seen is None and not rebooted:
        return
    proofs = [s.prove() for s in rebooted[-1:]]
    if seen is not None:
        proofs.insert(0, Proof(node, "restarts of its containers", str(seen), seen.when, node.pointer, stated=False))
        pods = graph.table("Pod")
        first = graph.entity(pods.base + seen.pods[0]) if pods is not None else None
        proofs += [row.proof(Container.ended, seen.when) for row in (first.rows(Container)[:1] if first else [])]
    yield found(
        "node-restarted",
        node,
        *proofs,
        node.proof(Node.boot),
        fix=f"Find out why node {node.name} was restarted" + (f": {seen}." if seen else "."),
    )
