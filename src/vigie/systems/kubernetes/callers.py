"""What callers say of Services: pods in their logs, the API server of webhooks and aggregated APIs."""

from collections.abc import Iterator

from vigie.kit import Entity, Graph, Provable
from vigie.systems.kubernetes import guards, workloads
from vigie.systems.kubernetes.joins import ailing, once

_REFUSED = "connection refused"
Refusal = tuple[Provable, int]
Address = tuple[str, str, str, str]


def refused(service: Entity, port: int) -> list[Provable]:
    """The last word of each caller in trouble which says that a Service refused a connection to one of its ports."""
    said = once(service.graph, "refusals", lambda: _index(service.graph)).get(service.address, [])
    return [proof for proof, asked in said if asked in (port, 0)]


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
