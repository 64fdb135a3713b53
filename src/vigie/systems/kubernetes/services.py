"""Services joined with the pods that they select: who serves, who should, and whose port fits."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from vigie.kit import Entity, Graph, Row, Table, matches
from vigie.systems.kubernetes import labels, workloads
from vigie.systems.kubernetes.joins import MINUTE, Mask, Rows, ailing, count, covered, edges, ended, none, once, ready
from vigie.systems.kubernetes.kinds.network import (
    Endpoint,
    Endpoints,
    EndpointSlice,
    ReadyAddress,
    Service,
    ServicePort,
)
from vigie.systems.kubernetes.kinds.workloads import ContainerSpec, Pod


def selected(table: Table) -> tuple[Rows, Rows, Table | None]:
    """The living pods that each Service selects, as row numbers of both tables."""
    pods = table.graph.table("Pod")
    services, members = edges(table, "selects", pods)
    if pods is None:
        return services, members, None
    live = ~ended(pods)[members]
    return services[live], members[live], pods


def selecting(table: Table) -> Mask:
    """The Services whose endpoints come from a selector."""
    out = none(table)
    for row in range(table.real):
        out[row] = table[Service.type][row] != "ExternalName" and bool(table[Service.selector][row])
    return out


def unserved(table: Table) -> Mask:
    """The Services with a selector and without a pod that is ready.

    Where not every pod of their namespace was read, only those of which a pod was read.
    """

    def test() -> Mask:
        services, members, pods = selected(table)
        serving = none(table)
        if pods is not None:
            serving = count(table, services, ready(pods)[members]) > 0
        seen = covered(table, "Pod") | (count(table, services) > 0)
        return np.asarray(selecting(table) & seen & ~serving & table.exists, np.bool_)

    return once(table.graph, "unserved services", test)


def unwell(table: Table) -> Mask:
    """The Services without an endpoint although they should have one, a minute after they were made.

    That is: all selected pods are not ready and one of them is unhealthy; or there are none, while a workload whose
    template matches wants some, or while other pods come so near to the selector that it must be wrong; or no port
    of the Service is one that the ready pods name.
    """
    services, members, pods = selected(table)
    old = table.age() > MINUTE
    idle = unserved(table) & covered(table, "Pod") & old
    some = count(table, services) > 0
    ill = none(table)
    if pods is not None:
        ill = count(table, services, ailing(pods)[members]) > 0
    out = idle & some & ill
    for row in np.flatnonzero(idle & ~some):
        service = table.graph.entity(table.base + int(row))
        out[row] = bool(expected(service)) or meant(service) is not None
    for row in np.flatnonzero(old & named_targets(table) & ~idle & ~table[Service.publishes_unready].isin(True)):
        service = table.graph.entity(table.base + int(row))
        out[row] = all_ports_wrong(service)
    return np.asarray(out & ~table.deleted.known, np.bool_)


def named_targets(table: Table) -> Mask:
    """The Services of which a port is sent to a named port."""
    ports = table.rows(ServicePort)
    return ports.any(ports[ServicePort.target].matching(lambda value: isinstance(value, str)))


def templates(graph: Graph, namespace: str) -> list[tuple[Entity, dict[str, str]]]:
    """As `workloads.templates`, read once for the whole graph."""

    def index() -> dict[str, list[tuple[Entity, dict[str, str]]]]:
        out: dict[str, list[tuple[Entity, dict[str, str]]]] = {}
        for entity, held in workloads.templates(graph):
            out.setdefault(entity.namespace, []).append((entity, held))
        return out

    return once(graph, "templates", index).get(namespace, [])


def makers(service: Entity) -> list[Entity]:
    """The workloads whose pods a Service would select."""
    selector = service[Service.selector]
    return [entity for entity, held in templates(service.graph, service.namespace) if matches(held, selector)]


def expected(service: Entity) -> list[Entity]:
    """Of a Service's workloads those that want pods, are older than a minute, and are unhealthy."""
    return [e for e in makers(service) if (workloads.wanted(e) or 0) > 0 and workloads.is_unwell(e)]


def pods(service: Entity) -> list[Entity]:
    """The pods that a Service selects and that have not ended, by name."""
    living = [e.target for e in service.out("selects") if e.target[Pod.phase] not in ("Succeeded", "Failed")]
    return sorted(living, key=lambda pod: pod.name)


def meant(service: Entity) -> tuple[Entity, Mapping[str, str]] | None:
    """The workload that a Service which selects nothing was probably meant for: near, and behind no other Service."""
    if makers(service):
        return None
    graph, space = service.graph, service.namespace
    sets: list[tuple[Entity, Mapping[str, str]]] = [*templates(graph, space)]
    sets += [(pod, pod.labels) for pod in _bare(graph, space)]
    free = [(entity, held) for entity, held in sets if not _taken(graph, space, held, service)]
    return labels.nearest(service[Service.selector], service.name, free)


def _bare(graph: Graph, namespace: str) -> list[Entity]:
    """The pods of a namespace whose owner was not read."""

    def index() -> dict[str, list[Entity]]:
        out: dict[str, list[Entity]] = {}
        table = graph.table("Pod")
        if table is not None:
            live = table.exists & ~ended(table)
            for pod in graph.where("Pod", live):
                if pod.labels and (not pod.holder.read or pod.holder == pod):
                    out.setdefault(pod.namespace, []).append(pod)
        return out

    return once(graph, "bare pods", index).get(namespace, [])


def _taken(graph: Graph, namespace: str, held: Mapping[str, str], service: Entity) -> bool:
    """Whether another Service selects pods with these labels."""

    def index() -> dict[str, list[Entity]]:
        out: dict[str, list[Entity]] = {}
        for other in graph.all("Service"):
            out.setdefault(other.namespace, []).append(other)
        return out

    others = once(graph, "services", index).get(namespace, [])
    selectors = (other[Service.selector] for other in others if other != service)
    return any(selector and matches(held, selector) for selector in selectors)


def declared_ports(pod: Entity) -> tuple[set[str], set[int]]:
    """The names and the numbers of the ports that a pod's containers declare."""
    names: set[str] = set()
    numbers: set[int] = set()
    for row in pod.rows(ContainerSpec):
        for port in _ports(row[ContainerSpec.ports]):
            if isinstance(port.get("name"), str):
                names.add(port["name"])
            if isinstance(port.get("containerPort"), int):
                numbers.add(port["containerPort"])
    return names, numbers


def _ports(value: Any) -> list[dict[str, Any]]:
    return [port for port in value if isinstance(port, dict)] if isinstance(value, list) else []


def wrong_ports(service: Entity) -> Iterator[tuple[Row, bool]]:
    """The ports of a Service that none of its ready pods declares, each with whether that proves that it is wrong.

    A port named that no container has is wrong. A number that no container declares is legal: it only may be.
    """
    serving = [pod for pod in pods(service) if _ready(pod)]
    if not serving:
        return
    ports = [declared_ports(pod) for pod in serving]
    for row in service.rows(ServicePort):
        target = row[ServicePort.target]
        if isinstance(target, str) and not target.isdigit():
            if not any(target in names for names, _ in ports):
                yield row, True
            continue
        number = int(target) if isinstance(target, (int, str)) and target else int(row[ServicePort.port] or 0)
        if all(numbers for _, numbers in ports) and not any(number in numbers for _, numbers in ports):
            yield row, False


def all_ports_wrong(service: Entity) -> bool:
    """Whether no port of a Service leads anywhere."""
    rows = service.rows(ServicePort)
    return bool(rows) and sum(1 for _, proven in wrong_ports(service) if proven) == len(rows)


def _ready(pod: Entity) -> bool:
    condition = pod.condition("Ready")
    return condition is not None and condition.status == "True" and pod.deleted is None


def manual_endpoints(service: Entity) -> bool | None:
    """Whether a Service without a selector has a ready address; None where its endpoints were not read."""
    graph = service.graph
    slices = [e for e in service.owned() if e.kind == "EndpointSlice"]
    if any(row[Endpoint.ready] is not False for s in slices for row in s.rows(Endpoint)):
        return True
    same = service.near("Endpoints", service.name)
    if same.rows(ReadyAddress):
        return True
    known = graph.covers(EndpointSlice.key, service.namespace) and graph.covers(Endpoints.key, service.namespace)
    return False if known else None
