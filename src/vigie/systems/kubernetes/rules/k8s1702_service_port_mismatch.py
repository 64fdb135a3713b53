from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Row, found, rule
from vigie.systems.kubernetes import callers, commands, services
from vigie.systems.kubernetes.kinds.network import ServicePort
from vigie.systems.kubernetes.kinds.workloads import ContainerSpec


@rule(
    "K8S1702",
    on="Service",
    where=lambda table: services.mismatched(table) | callers.unevenly_served(table),
    causes=("service-port-mismatch",),
    severity="high",
    since="0.1.0",
    strength=0.9,
)
def service_port_mismatch(service: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Service sends to a port that its pods do not serve.

    ## Why is this bad
    The pods are ready, the Service has endpoints (or silently none for that port), and every call is refused.

    ## Fix
    Set `targetPort` to the name or number of the port on which the pods listen.
    """
    yield from _uneven(service)
    wrong = list(services.wrong_ports(service))
    total = len(service.rows(ServicePort))
    for row, proven in wrong:
        refusals = callers.refused(service, int(row[ServicePort.port] or 0))
        if not refusals and not (proven and len(wrong) == total):
            continue
        pod = next((pod for pod in services.pods(service) if pod.rows(ContainerSpec)), service)
        names, numbers = services.declared_ports(pod)
        fitting = sorted(numbers) if not names else sorted(names)
        listening = ", ".join(map(str, sorted(numbers))) or "none"
        served = Proof(pod, "spec.containers[].ports", listening, None, pod.pointer)
        target = row[ServicePort.target]
        said = target if target is not None else int(row[ServicePort.port] or 0)
        yield found(
            "service-port-mismatch", service, row.proof(ServicePort.port if target is None else ServicePort.target),
            served, *refusals[:3], strength=0.95 if proven else 0.9,
            fix=f"Set targetPort of port {int(row[ServicePort.port] or 0)} of Service "
            f"{service.namespace}/{service.name} to "
            f"{' or '.join(map(str, fitting)) or 'the port that its pods serve'}; it is {said}, which the pods do "
            f"not have.",
            command=_command(service, row, fitting),
        )  # fmt: skip
        return


def _uneven(service: Entity) -> Iterator[Outcome]:
    """Some of its pods serve the port and some serve another: every so many calls are refused."""
    for row, lacking in services.uneven(service):
        refusals = callers.refused(service, int(row[ServicePort.port] or 0))
        odd = lacking[0].holder
        numbers = ", ".join(map(str, sorted(services.declared_ports(lacking[0])[1])))
        if refusals:
            yield found(
                "service-port-mismatch", service, row.proof(ServicePort.target), *refusals[:3], strength=0.85,
                fix=f"Let {odd.kind} {odd.name} serve the port to which Service {service.namespace}/{service.name} "
                f"sends (it declares {numbers}), or take its pods out of the selector.",
            )  # fmt: skip


def _command(service: Entity, row: Row, fitting: "list[str] | list[int]") -> tuple[str, ...] | None:
    if len(fitting) != 1:
        return None
    patch = [{"op": "replace", "path": f"/spec/ports/{row.index}/targetPort", "value": fitting[0]}]
    return commands.patch(service, patch, "json")
