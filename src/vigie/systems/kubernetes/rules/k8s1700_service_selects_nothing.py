from collections.abc import Iterator, Mapping

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import commands, labels, services
from vigie.systems.kubernetes.kinds.network import Service


@rule(
    "K8S1700",
    on="Service",
    where=services.unserved,
    causes=("service-selects-nothing",),
    severity="high",
    since="0.1.0",
    strength=0.92,
)
def service_selects_nothing(service: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Service's selector matches no pod, and no workload makes pods that it would match.

    ## Why is this bad
    The pods run and are ready, the Service has an address, and every call through it is refused or lost.

    ## Fix
    Give `spec.selector` the labels that the pods have.
    """
    if services.pods(service) or services.makers(service):
        return
    selector = service[Service.selector]
    shown = labels.spelled(selector, list(selector))
    proof = Proof(service, "spec.selector", shown, None, service.pointer)
    near = services.meant(service)
    if near is None:
        yield found(
            "service-selects-nothing", service, proof, strength=0.7,
            fix=f"Correct spec.selector ({shown}) of Service {service.namespace}/{service.name}: no pod has these "
            f"labels.",
        )  # fmt: skip
        return
    owner, held = near
    wanted = {key: held[key] for key in selector if key in held} or dict([next(iter(_named(held)))])
    gone: dict[str, str | None] = {key: None for key in selector if key not in wanted}
    path = "metadata.labels" if owner.kind == "Pod" else "spec.template.metadata.labels"
    yield found(
        "service-selects-nothing", service, proof, Proof(owner, path, labels.spelled(held), None, owner.pointer),
        fix=f"Set spec.selector of Service {service.namespace}/{service.name} to {labels.spelled(wanted, wanted)}, "
        f"as the pods "
        f"of {owner.kind} {owner.name} are labelled; it selects {shown}, which no pod has.",
        command=commands.patch(service, {"spec": {"selector": {**gone, **wanted}}}),
    )  # fmt: skip


def _named(held: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = labels.spelled(held).split(",")
    return [(key, value) for key, _, value in (pair.partition("=") for pair in pairs)]
