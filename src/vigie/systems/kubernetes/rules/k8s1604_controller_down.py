from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, leans, rule
from vigie.systems.kubernetes import attention, commands, controlplane, operators, workloads


@rule(
    "K8S1604",
    on="*",
    where=attention.unattended,
    causes=("controller-down",),
    severity="critical",
    since="0.1.0",
    strength=0.94,
)
def controller_down(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """Nobody acts on an object: the part of the control plane that should does not renew its lease.

    ## Why is this bad
    Nothing changes any more. Pods that end are not replaced, EndpointSlices keep addresses of pods that are gone, and
    every status goes on saying what was true before: the cluster looks healthy.

    ## Fix
    Start the component again, on the machine or in the static pod in which it runs.
    """
    idle = operators.idle(subject) if subject.group.count(".") and subject.deleted is None else []
    for workload in idle:
        yield leans(workload, "managed-by", attention.unseen(subject))
        wanted = Proof(workload, "spec.replicas", str(workloads.wanted(workload)), None, workload.pointer)
        yield found(
            "controller-down", workload, attention.unseen(subject), wanted, via="managed-by",
            fix=f"Bring back {workload.kind} {workload.namespace}/{workload.name}, which is to act on objects of kind "
            f"{subject.kind}.",
            command=commands.kubectl("scale", workload, "--replicas=1")
            if workloads.wanted(workload) == 0 else commands.kubectl("describe", workload),
        )  # fmt: skip
    stale = controlplane.stale_lease(graph, controlplane.MANAGER)
    if stale is None or idle:
        return
    component = controlplane.component(graph, controlplane.MANAGER)
    proofs = controlplane.lease_proofs(stale)
    if component.kind == "Pod":
        yield leans(component, "managed-by", *proofs)
    yield found(
        "controller-down", component, *proofs, attention.unseen(subject), via="managed-by",
        fix=f"Start {controlplane.MANAGER} again: its lease was last renewed at {proofs[0].value}.",
        command=("kubectl", "get", "lease", controlplane.MANAGER, "-n", "kube-system", "-o", "yaml"),
    )  # fmt: skip
