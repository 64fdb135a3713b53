from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Signal, found, rule
from vigie.systems.kubernetes.displaced import displaced
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.mending import named


@rule(
    "K8S1103",
    on="Pod",
    signal=("preempted", "unschedulable", "failed-scheduling"),
    causes=("priority-preempted",),
    severity="medium",
    since="0.1.0",
    strength=0.96,
)
def displaced_by_priority(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The scheduler ended a pod to make room for one of higher priority, and its successor finds no place.

    ## Why is this bad
    Preemption does not stop at what a Deployment needs to serve: it may take all of its pods, and they come back only
    when there is room.

    ## Fix
    Add room, give the workload a priority of its own, or make the displacing class not preempt
    (`preemptionPolicy: Never`).
    """
    told = displaced(pod)
    if told is None:
        return
    victim, signal = told
    by = _by(graph, signal, pod.namespace)
    priority = f" (priority {int(pod[Pod.priority] or 0)})"
    who = f"{by} with priority {int(by[Pod.priority] or 0)}" if by is not None else "a pod of higher priority"
    proofs = [signal.prove(), *([by.proof(Pod.priority)] if by is not None else [])]
    if pod.signals("unschedulable") and pod != victim:
        proofs.append(pod.signals("unschedulable")[-1].prove())
    yield found(
        "priority-preempted",
        pod.holder,
        *proofs,
        via="owned-by",
        fix=f"Add room for both, or raise the priority of {named(pod.holder)}{priority}: {who} took its place.",
    )


def _by(graph: Graph, signal: Signal, namespace: str) -> Entity | None:
    """The pod that took the place, where the text names it by name or uid."""
    said = signal.said("by")
    if "/" in said:
        found_ = graph.get("Pod", *said.split("/", 1))
        return found_ if found_.read else None
    if not said:
        return None
    return next((p for p in graph.all("Pod") if p[Pod.priority] and p.uid == said), None)
