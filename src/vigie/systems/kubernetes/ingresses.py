"""Ingresses joined with what they name: which Service, port or Secret is not there."""

from collections.abc import Iterator
from dataclasses import dataclass

from vigie.kit import Entity, Proof
from vigie.systems.kubernetes.kinds.network import Ingress, IngressCertificate, IngressPath, Service, ServicePort


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that an Ingress names and that is not there: the Service or Secret, and what to say of it."""

    entity: Entity
    what: str
    proof: Proof
    other: Proof


def missing(ingress: Entity) -> Iterator[Missing]:
    """What an Ingress names and what is proven not to be there."""
    for row in ingress.rows(IngressPath):
        name = row[IngressPath.service]
        if name:
            port = row[IngressPath.port] or row[IngressPath.port_name] or row[IngressPath.old_port]
            yield from _backend(ingress, name, port, row.proof(IngressPath.service))
    name = ingress[Ingress.default_service]
    if name:
        port = ingress[Ingress.default_port] or ingress[Ingress.default_port_name]
        yield from _backend(ingress, name, port, ingress.proof(Ingress.default_service))
    for row in ingress.rows(IngressCertificate):
        secret = row[IngressCertificate.secret]
        held = ingress.near("Secret", secret) if secret else None
        if held is not None and held.exists is False:
            yield Missing(held, f"Secret {held.name}", row.proof(IngressCertificate.secret), held.absence())


def _backend(ingress: Entity, name: str, port: object, proof: Proof) -> Iterator[Missing]:
    service = ingress.near("Service", name)
    if service.exists is False:
        yield Missing(service, f"Service {name}", proof, service.absence())
        return
    ports = service.rows(ServicePort)
    if not service.read or not ports or port is None or service[Service.type] == "ExternalName":
        return
    number = int(port) if isinstance(port, (int, float)) or (isinstance(port, str) and port.isdigit()) else None
    if number is not None and all(row[ServicePort.port] != number for row in ports):
        yield Missing(service, f"port {number} of Service {name}", proof, ports[0].proof(ServicePort.port))
    elif number is None and all(row[ServicePort.name] != port for row in ports):
        shown = ports[0].proof(ServicePort.name if ports[0][ServicePort.name] else ServicePort.port)
        yield Missing(service, f"port {port} of Service {name}", proof, shown)
