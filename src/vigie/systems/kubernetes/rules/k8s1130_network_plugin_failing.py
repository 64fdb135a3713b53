import re
from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Signal, found, leans, rule
from vigie.systems.kubernetes import network
from vigie.systems.kubernetes.kinds.workloads import Pod

_ON_POD = ("network-not-ready", "network-plugin-failed")
_PORT_TAKEN = re.compile(r"(?i)host ?port.{0,200}(?:already in use|already allocated)", re.DOTALL)


@rule(
    "K8S1130",
    on="*",
    signal=("node-not-ready", "node-network-unavailable", *_ON_POD),
    causes=("network-plugin",),
    severity="critical",
    since="0.1.0",
    strength=0.95,
)
def network_plugin_failing(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """The network plug-in of a node is not ready, or cannot connect pods.

    ## Why is this bad
    No pod with a network of its own can start on the node; those that run keep theirs until they are replaced.

    ## Fix
    Look at the plug-in's pods on the node (the DaemonSet that writes `/etc/cni/net.d`), and install the plug-in if
    there is none.
    """
    signal = _signal(subject)
    node = subject if subject.kind == "Node" else _node(subject)
    if signal is None or node is None:
        return
    for pod in network.plugin_pods(node):
        if pod != subject:
            yield leans(pod, "networked-by", signal)
    for holder in network.plugin_sets(graph):
        yield leans(holder, "networked-by", signal)
    proofs = [s.prove() for s in node.signals("node-not-ready", "node-network-unavailable") if node != subject]
    yield found(
        "network-plugin",
        node,
        signal,
        *proofs,
        via="schedules-on",
        fix=f"Install or start the network plug-in (CNI) on node {node.name}: {_short(signal.text)}.",
    )


def _signal(subject: Entity) -> Signal | None:
    if subject.kind == "Node":
        stated = [s for s in subject.signals("node-not-ready") if network.is_network(s.text)]
        stated += subject.signals("node-network-unavailable")
        return stated[-1] if stated else None
    if subject.signals("no-address-left") or bool(subject[Pod.ip]):
        return None
    told = [s for s in subject.signals(*_ON_POD) if not _PORT_TAKEN.search(s.text)]
    return told[-1] if told else None


def _node(pod: Entity) -> Entity | None:
    name = pod[Pod.node]
    return pod.graph.get("Node", "", name) if name else None


def _short(text: str) -> str:
    """The end of a wrapped error: its cause."""
    words = text.rstrip(". ")
    return words if len(words) <= 160 else "..." + words[-157:]
