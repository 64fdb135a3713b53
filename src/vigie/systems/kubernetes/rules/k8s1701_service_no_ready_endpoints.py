from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, leans, rule
from vigie.systems.kubernetes import commands, labels, services, workloads
from vigie.systems.kubernetes.joins import MINUTE
from vigie.systems.kubernetes.kinds.network import Service
from vigie.systems.kubernetes.kinds.workloads import Pod


@rule(
    "K8S1701",
    on="Service",
    where=services.unserved,
    causes=("service-no-ready-endpoints",),
    severity="high",
    since="0.1.0",
    strength=0.8,
)
def service_no_ready_endpoints(service: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Service selects pods, or would, and none of them is ready.

    ## Why is this bad
    Every call through the Service fails. The fault is not the Service's: its pods have one, or are not made.

    ## Fix
    Mend the pods.
    """
    pods, makers = services.pods(service), services.makers(service)
    wanted = service[Service.selector]
    selector = Proof(service, "spec.selector", labels.spelled(wanted, list(wanted)), None, service.pointer)
    if pods:
        for pod in sorted(pods, key=lambda p: (not workloads.is_unwell(p), p.name)):
            yield leans(pod, "selects", pod.proof(Pod.phase), selector)
        unready = [pod.condition("Ready") for pod in pods]
        shown, ready = pods[0], unready[0]
        if not all(c is not None and c.since is not None and graph.as_of - c.since > MINUTE for c in unready):
            return
        yield found(
            "service-no-ready-endpoints", service, selector, ready or shown.proof(Pod.phase),
            fix=f"Make the pods behind Service {service.namespace}/{service.name} ready, {shown.name} first.",
            command=commands.kubectl("describe", shown),
        )  # fmt: skip
        return
    for maker in makers:
        if workloads.wanted(maker):
            yield leans(maker, "selects", selector)
