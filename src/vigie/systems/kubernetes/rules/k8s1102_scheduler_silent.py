from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Unknown, found, leans, rule
from vigie.systems.kubernetes import controlplane
from vigie.systems.kubernetes.health.scheduling import SCHEDULER
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.schedulers import DEFAULT, acts, known, renewed, unseen


@rule("K8S1102", on="Pod", where=unseen, causes=("scheduler-down",), severity="critical", since="0.1.0", strength=0.97)
def scheduler_silent(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """No scheduler has looked at the pod: it is Pending and has no condition at all.

    ## Why is this bad
    Nothing new is placed in the whole cluster: rollouts stand still, pods of lost nodes are not replaced, and no
    event tells of it.

    ## Fix
    Start the scheduler. The lease `kube-system/kube-scheduler` says who held it last and when it was renewed last.
    """
    name = pod[Pod.scheduler] or DEFAULT
    silence = Proof(pod, "status.conditions", None, pod.created, pod.pointer, stated=False)
    if name != DEFAULT:
        if acts(graph, name, pod.created or 0):
            return
        named = pod.proof(Pod.scheduler)
        for worker in known(graph, name):
            yield leans(worker, "scheduled-by", named)
        if known(graph, name) or not graph.covers("Pod"):
            how = f"kubectl logs -A -l app={name}"
            yield Unknown(pod, f"logs:{name}", how, f"whether the scheduler {name} acts is not in the evidence")
            return
        at = controlplane.component(graph, name)
        yield found(
            "scheduler-down",
            at,
            named,
            silence,
            strength=0.8,
            via="scheduled-by",
            fix=f"Start the scheduler {name}, or remove spec.schedulerName from the pod's template.",
        )
        return
    stale = controlplane.stale_lease(graph, SCHEDULER)
    if stale is None and (renewed(graph) or acts(graph, name, pod.created or 0)):
        how = "kubectl logs -n kube-system -l component=kube-scheduler"
        yield Unknown(pod, "logs:kube-scheduler", how, "the scheduler acts, and has not come to this pod")
        return
    at = controlplane.component(graph, SCHEDULER)
    proofs = controlplane.lease_proofs(stale) if stale else ()
    yield leans(at, "scheduled-by", silence)
    last = f", which last renewed its lease at {proofs[0].value}" if proofs else ""
    yield found(
        "scheduler-down",
        at,
        *proofs,
        silence,
        strength=0.97 if stale else 0.7,
        via="scheduled-by",
        fix=f"Start kube-scheduler{last}.",
    )
