from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule, valid_name
from vigie.systems.kubernetes.network import is_network
from vigie.systems.kubernetes.unready import advice


@rule(
    "K8S1111",
    on="Node",
    signal="node-not-ready",
    causes=("node-not-ready",),
    severity="critical",
    since="0.1.0",
    strength=0.96,
)
def node_unready(node: Entity, graph: Graph) -> Iterator[Outcome]:
    """The kubelet posts its status and says that the node is not ready.

    ## Why is this bad
    The node takes no new pods, and those on it are evicted after five minutes by default.

    ## Fix
    The message says what is missing: the container runtime, a hanging runtime (PLEG), or that the machine is being
    shut down.
    """
    signal = node.signals("node-not-ready")[-1]
    if is_network(signal.text):
        return
    command = ("kubectl", "describe", "node", node.name) if valid_name(node.name) else None
    more = [s.prove() for s in node.signals("node-shutdown", "kubelet-failed")[-1:]]
    yield found("node-not-ready", node, signal, *more, fix=advice(node.name, signal.text), command=command)
