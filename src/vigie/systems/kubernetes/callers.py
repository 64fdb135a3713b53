"""What callers say of Services: pods in their logs, the API server of webhooks and aggregated APIs."""

import re
from collections.abc import Iterator

from vigie.kit import Entity, Graph, Provable, Signal, Table
from vigie.systems.kubernetes import guards, services, workloads
from vigie.systems.kubernetes.joins import Mask, ailing, none, once
from vigie.systems.kubernetes.kinds.network import Service

_REFUSED = "connection refused"
_SILENT = re.compile(r"deadline exceeded|i/o timeout|Client\.Timeout|no route to host|timed out")
_PORT = re.compile(r"\.svc(?:\.[\w.-]+)?:(\d+)")
Refusal = tuple[Provable, int]
Address = tuple[str, str, str, str]


def refused(service: Entity, port: int) -> list[Provable]:
    """The last word of each caller in trouble which says that a Service refused a connection to one of its ports."""
    said = once(service.graph, "refusals", lambda: _index(service.graph)).get(service.address, [])
    return [proof for proof, asked in said if asked in (port, 0)]


def unevenly_served(table: Table) -> Mask:
    """The Services that refused a caller in trouble, and of which not all pods declare the port."""
    out = none(table)
    if table.key == Service.key:
        for address in once(table.graph, "refusals", lambda: _index(table.graph)):
            service = table.graph.get("Service", address[-2], address[-1])
            if service.read and any(services.uneven(service)):
                out[service.id - table.base] = True
    return out


def unanswered(subject: Entity, graph: Graph) -> Iterator[tuple[Signal, Entity, int | None]]:
    """The calls of the API server for a subject that got no answer in time: the Service and the port called."""
    call = guards.standing(subject, "webhook-call-failed")
    if call is not None and _SILENT.search(call.text):
        service, _ = guards.webhook_service(graph, call)
        port = _PORT.search(call.text)
        if service is not None:
            yield call, service, int(port[1]) if port else 443
    for said in subject.signals("api-unavailable")[-1:]:
        for edge in subject.out("routes-to") if _SILENT.search(said.text) else ():
            yield said, edge.target, None


def _index(graph: Graph) -> dict[Address, list[Refusal]]:
    out: dict[Address, list[Refusal]] = {}
    for service, proof, port in (*_in_logs(graph), *_by_server(graph)):
        out.setdefault(service.address, []).append((proof, port))
    return out


def _in_logs(graph: Graph) -> Iterator[tuple[Entity, Provable, int]]:
    """The Services that pods in trouble could not reach, each once a pod."""
    pods = graph.table("Pod")
    if pods is None or not len(graph.logs):
        return
    for pod in graph.where("Pod", ailing(pods)):
        seen: set[Entity] = set()
        for log in pod.logs():
            for record in log.troubled():
                for said in record.addresses if record.trouble == "refused" else ():
                    target = graph.resolve(str(said), near=pod)
                    if target is not None and target.kind == "Service" and target not in seen:
                        seen.add(target)
                        yield target, record, said.port or 0


def _by_server(graph: Graph) -> Iterator[tuple[Entity, Provable, int]]:
    """The Services that the API server could not reach for a webhook or an aggregated API."""
    for kind in ("apps/ReplicaSet", "apps/StatefulSet", "apps/DaemonSet", "batch/Job"):
        table = graph.table(kind)
        for owner in graph.where(kind, workloads.unwell(table)) if table is not None else ():
            call = guards.standing(owner, "webhook-call-failed")
            if call is not None and _REFUSED in call.text:
                service, _ = guards.webhook_service(graph, call)
                if service is not None:
                    yield service, call, 0
    for api in graph.all("APIService"):
        for said in api.signals("api-unavailable"):
            if _REFUSED in said.text:
                for edge in api.out("routes-to"):
                    yield edge.target, said, 0
