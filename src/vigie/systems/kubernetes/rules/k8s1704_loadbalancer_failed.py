from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import commands, controlplane
from vigie.systems.kubernetes.health.services import without_address
from vigie.systems.kubernetes.kinds.network import Service


@rule(
    "K8S1704",
    on="Service",
    where=without_address,
    causes=("loadbalancer-failed",),
    severity="high",
    since="0.1.0",
    strength=0.8,
)
def loadbalancer_failed(service: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Service of type LoadBalancer has no load balancer.

    ## Why is this bad
    It is not reached from outside, though all behind it is well.

    ## Fix
    Do what the event of the cloud controller (or of the address pool) asks for; where nobody makes load balancers,
    install who does, or use another type.
    """
    told = service.signals("load-balancer-failed")[-1:]
    stale = controlplane.stale_lease(graph, controlplane.CLOUD)
    if stale is not None:
        component = controlplane.component(graph, controlplane.CLOUD)
        yield leans(component, "served-by", *controlplane.lease_proofs(stale))
    why = f": {told[0].text}" if told else ", and nothing says why"
    yield found(
        "loadbalancer-failed", service, *told, service.proof(Service.type), strength=0.93 if told else 0.8,
        fix=f"Mend what keeps Service {service.namespace}/{service.name} from getting a load balancer{why}.",
        command=commands.kubectl("describe", service),
    )  # fmt: skip
