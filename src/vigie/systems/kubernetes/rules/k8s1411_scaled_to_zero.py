from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import commands, services, workloads
from vigie.systems.kubernetes.kinds.network import Service


@rule(
    "K8S1411",
    on="Service",
    where=services.podless,
    causes=("scaled-to-zero",),
    severity="info",
    since="0.1.0",
    strength=0.9,
)
def scaled_to_zero(service: Entity, graph: Graph) -> Iterator[Outcome]:
    """The workload behind a Service is scaled to zero.

    ## Why is this bad
    On purpose it is nothing to mend. It is when somebody calls the Service and fails: the caller is loud, and what is
    scaled to zero says nothing at all.

    ## Fix
    Scale the workload up again.
    """
    makers = services.makers(service)
    if services.pods(service) or not makers or any(workloads.wanted(maker) != 0 for maker in makers):
        return
    maker = min(makers, key=lambda m: m.address)
    field = "status.desiredNumberScheduled" if maker.kind == "DaemonSet" else "spec.replicas"
    zero = Proof(maker, field, "0", None, maker.pointer)
    yield found(
        "scaled-to-zero", maker, zero, service.proof(Service.selector), via="selects",
        fix=f"Scale {maker.kind} {maker.namespace}/{maker.name} up: Service {service.name} has no other pods.",
        command=commands.kubectl("scale", maker, "--replicas=1") if maker.kind != "DaemonSet" else None,
    )  # fmt: skip
