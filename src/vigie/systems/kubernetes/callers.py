"""What callers say in their logs of the Services that they call."""

from vigie.kit import Entity, Graph, Record
from vigie.systems.kubernetes.joins import ailing, once


def refused(service: Entity, port: int) -> list[Record]:
    """The last record of each pod in trouble which says that a Service refused a connection to one of its ports."""
    records = once(service.graph, "refusals", lambda: _index(service.graph)).get(service.address, [])
    return [record for record, said in records if said in (port, 0)]


def _index(graph: Graph) -> dict[tuple[str, str, str, str], list[tuple[Record, int]]]:
    out: dict[tuple[str, str, str, str], list[tuple[Record, int]]] = {}
    pods = graph.table("Pod")
    if pods is None or not len(graph.logs):
        return out
    for pod in graph.where("Pod", ailing(pods)):
        seen: set[object] = set()
        for log in pod.logs():
            for record in log.troubled():
                for said in record.addresses if record.trouble == "refused" else ():
                    target = graph.resolve(str(said), near=pod)
                    if target is not None and target.kind == "Service" and target.address not in seen:
                        seen.add(target.address)
                        out.setdefault(target.address, []).append((record, said.port or 0))
    return out
