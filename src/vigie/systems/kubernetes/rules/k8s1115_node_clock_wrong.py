from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, clock, found, rule
from vigie.systems.kubernetes.clocks import skews
from vigie.systems.kubernetes.kinds.nodes import Lease


@rule("K8S1115", on="Node", causes=("clock-skew",), severity="medium", since="0.1.0", strength=0.8)
def node_clock_wrong(node: Entity, graph: Graph) -> Iterator[Outcome]:
    """The clock of a node is wrong: its kubelet renews its lease with times that the others are far from.

    ## Why is this bad
    Certificates seem expired or not yet valid, tokens are refused, and the order of events and log lines deceives.

    ## Fix
    Start or mend the time service (NTP, chrony) of the node.
    """
    skew = skews(graph).get(node.name)
    if skew is None:
        return
    ready = [c.prove() for c in node.conditions if c.type == "Ready"]
    side = "ahead of" if skew.by > 0 else "behind"
    yield found(
        "clock-skew",
        node,
        *ready,
        skew.lease.proof(Lease.renewed, skew.lease[Lease.renewed]),
        skew.other.proof(Lease.renewed, skew.other[Lease.renewed]),
        fix=(
            f"Set the clock of node {node.name}, which is {clock.age(abs(skew.by))} {side} the others, by its time "
            "service."
        ),
    )
