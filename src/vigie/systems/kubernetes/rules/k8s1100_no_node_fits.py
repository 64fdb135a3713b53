from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Unknown, found, leans, rule, valid_name
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.mending import demanded, mend
from vigie.systems.kubernetes.verdicts import CLASSES, Blocked, blocked, message


@rule(
    "K8S1100",
    on="Pod",
    signal=("unschedulable", "failed-scheduling"),
    causes=(
        "unschedulable-cpu",
        "unschedulable-memory",
        "unschedulable-resource",
        "unschedulable-affinity",
        "unschedulable-taint",
        "unschedulable-pod-affinity",
        "unschedulable-spread",
        "unschedulable-port",
        "unschedulable-cordoned",
    ),
    per="template",
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def no_node_fits(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """No node takes the pod: each lacks something, is closed, or is ruled out by what pods demand.

    ## Why is this bad
    The pod stays Pending for as long as nothing changes; the scheduler only counts the reasons and names no node.

    ## Fix
    The nearest node is named with all that keeps the pod off it. Make the smallest of the changes that lets it fit.
    """
    said = message(pod)
    why = blocked(pod)
    if said is None or why is None:
        return
    for node in why.ailing():
        yield leans(node, "fits-on", said)
    cause = CLASSES.get(why.filter)
    if cause is None:
        return
    if why.filter == "cordoned":
        yield from _cordoned(why, said.prove())
        return
    if why.filter == "taint" and why.nearest is None and not (why.reason and why.reason.key):
        yield _nodes_needed(pod)
        return
    fix, command = mend(why, pod.holder)
    strength = 0.95 if why.nearest or len(why.said.filters) == 1 else 0.8
    proofs = [said.prove(), *demanded(why), *why.proofs(), *(s.prove() for s in pod.signals("no-scale-up")[-1:])]
    yield found(cause, pod.holder, *proofs, fix=fix, command=command, strength=strength, via="owned-by")


def _cordoned(why: Blocked, said: Proof) -> Iterator[Outcome]:
    """The first cordoned node, by name, on which nothing else keeps the pod off."""
    if why.nearest is None:
        yield _nodes_needed(why.pod)
        return
    node = why.nearest.node
    command = ("kubectl", "uncordon", node.name) if valid_name(node.name) else None
    yield found(
        "unschedulable-cordoned",
        node,
        said,
        node.proof(Node.unschedulable),
        via="fits-on",
        command=command,
        fix=f"Uncordon node {node.name}: nothing else keeps the pod off it.",
    )


def _nodes_needed(pod: Entity) -> Unknown:
    return Unknown(pod, "list:Node", "kubectl get nodes -o json", "which node would do is not in the evidence")
