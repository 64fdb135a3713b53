from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import shapes


@rule(
    "K8S1101",
    on="Pod",
    signal="scheduling-gated",
    causes=("unschedulable-gated",),
    severity="medium",
    since="0.1.0",
    strength=0.97,
)
def scheduling_gate_left(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A scheduling gate of the pod has not been removed, so no scheduler looks at it.

    ## Why is this bad
    Gates are put on a pod by whoever has to prepare something for it (a quota, a queue, a volume) and are taken off
    by the same controller. While one is left the pod waits, and nothing else will ever say why.

    ## Fix
    Look at the controller that owns the gate: it does not run, or what it waits for has not come.
    """
    gated = pod.signals("scheduling-gated")[-1]
    gates = [g.get("name") for g in shapes.spec(pod).get("schedulingGates") or []]
    names = ", ".join(str(name) for name in gates)
    proofs = [
        Proof(pod, f"spec.schedulingGates[{at}].name", str(name), pod.created, pod.pointer)
        for at, name in enumerate(gates)
    ]
    yield found(
        "unschedulable-gated",
        pod,
        *proofs,
        gated,
        fix=(
            f"Make the controller that owns the scheduling gate {names or 'of the pod'} act, or take the gate off "
            "the pod."
        ),
    )
