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


def podless(table: Table) -> Mask:
    """The Services with a selector of which no pod was read."""
    services, _, _ = selected(table)
    return np.asarray(selecting(table) & (count(table, services) == 0) & table.exists, np.bool_)


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
    for row in np.flatnonzero(old & mismatched(table) & ~table[Service.publishes_unready].isin(True)):
        service = table.graph.entity(table.base + int(row))
        out[row] = all_ports_wrong(service)
    return np.asarray(out & ~table.deleted.known, np.bool_)


def mismatched(table: Table) -> Mask:
    """The Services of which a port is sent to one that no container of their ready pods declares."""

    def test() -> Mask:
        out = none(table)
        ports = table.rows(ServicePort)
        targets, numbers = ports[ServicePort.target], ports[ServicePort.port]
        for row, declared in _declared(table).items():
            names, held = declared
            wanted = (_target(targets[int(at)], numbers[int(at)]) for at in ports.of(row))
            out[row] = bool(names or held) and any(
                target not in names if isinstance(target, str) else target not in held for target in wanted
            )
        return np.asarray(out & selecting(table), np.bool_)

    return once(table.graph, "mismatched services", test)


def _declared(table: Table) -> dict[int, tuple[set[str], set[int]]]:
    """The names and numbers of the ports that the ready pods of each Service declare, by the Service's row."""
    services, members, pods = selected(table)
    out: dict[int, tuple[set[str], set[int]]] = {}
    if pods is None:
        return out
    serving = ready(pods)[members]
    services, members = services[serving], members[serving]
    containers = pods.rows(ContainerSpec)
    codes = containers[ContainerSpec.ports]
    order = np.argsort(containers.parent, kind="stable")
    starts = np.searchsorted(containers.parent[order], np.arange(len(pods) + 1))
    sizes = (starts[1:] - starts[:-1])[members]
    first = np.repeat(starts[members] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) if len(members) else sizes
    rows = order[first + np.arange(len(first))] if len(first) else order[:0]
    pairs = np.unique(np.repeat(services, sizes) << 32 | codes.data[rows]) if len(rows) else services[:0]
    read: dict[int, tuple[set[str], set[int]]] = {}
    for pair in pairs.tolist():
        row, code = pair >> 32, pair & 0xFFFFFFFF
        if code not in read:
            read[code] = _ports(pods.values[code] if code else None)
        names, numbers = out.setdefault(row, (set(), set()))
        names |= read[code][0]
        numbers |= read[code][1]
    return out


def _target(target: object, port: float | None) -> str | int:
    """Where a port of a Service is sent: a name, or a number; by default its own."""
    if isinstance(target, str) and target and not target.isdigit():
        return target
    return int(target) if isinstance(target, (int, str)) and target else int(port or 0)


def templates(graph: Graph) -> dict[str, list[tuple[Entity, dict[str, str]]]]:
    """The workloads of each namespace with the labels of the pods that they make, read once for the whole graph."""

    def index() -> dict[str, list[tuple[Entity, dict[str, str]]]]:
        out: dict[str, list[tuple[Entity, dict[str, str]]]] = {}
        for entity, held in workloads.templates(graph):
            out.setdefault(entity.namespace, []).append((entity, held))
        return out

    return once(graph, "templates", index)


def makers(service: Entity) -> list[Entity]:
    """The workloads whose pods a Service would select."""

    def index() -> dict[tuple[str, str, object], list[tuple[Entity, dict[str, str]]]]:
        out: dict[tuple[str, str, object], list[tuple[Entity, dict[str, str]]]] = {}
        for space, sets in templates(service.graph).items():
            for entity, held in sets:
                for key, value in held.items():
                    out.setdefault((space, key, value), []).append((entity, held))
        return out

    by_pair = once(service.graph, "templates by label", index)
    selector = service[Service.selector]
    some = [by_pair.get((service.namespace, key, str(value)), []) for key, value in selector.items()]
    return [entity for entity, held in min(some, key=len, default=[]) if matches(held, selector)]


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
    free = once(graph, f"unserved labels in {space}", lambda: _free(graph, space))
    return labels.nearest(service[Service.selector], service.name, free)


def _free(graph: Graph, namespace: str) -> list[tuple[Entity, Mapping[str, str]]]:
    """The workloads and bare pods of a namespace that no Service selects, with their labels."""
    selectors: dict[tuple[str, object], list[Mapping[str, Any]]] = {}
    for selector in once(graph, "selectors", lambda: _selectors(graph)).get(namespace, []):
        selectors.setdefault(next(iter(selector.items())), []).append(selector)
    sets: list[tuple[Entity, Mapping[str, str]]] = [*templates(graph).get(namespace, [])]
    sets += [(pod, pod.labels) for pod in once(graph, "bare pods", lambda: _bare(graph)).get(namespace, [])]
    return [
        (entity, held)
        for entity, held in sets
        if not any(matches(held, selector) for pair in held.items() for selector in selectors.get(pair, ()))
    ]


def _selectors(graph: Graph) -> dict[str, list[Mapping[str, Any]]]:
    """The selectors of the Services of each namespace."""
    out: dict[str, list[Mapping[str, Any]]] = {}
    for service in graph.all("Service"):
        selector = service[Service.selector]
        if selector and all(isinstance(value, str) for value in selector.values()):
            out.setdefault(service.namespace, []).append(selector)
    return out


def _bare(graph: Graph) -> dict[str, list[Entity]]:
    """The pods of each namespace whose owner was not read."""
    out: dict[str, list[Entity]] = {}
    table = graph.table("Pod")
    if table is not None:
        for pod in graph.where("Pod", table.exists & ~ended(table)):
            held = pod.labels
            if held and all(isinstance(value, str) for value in held.values()) and not _made(pod):
                out.setdefault(pod.namespace, []).append(pod)
    return out


def _made(pod: Entity) -> bool:
    """Whether the workload that made a pod was read."""
    holder = pod.holder
    return holder.read and holder != pod


def declared_ports(pod: Entity) -> tuple[set[str], set[int]]:
    """The names and the numbers of the ports that a pod's containers declare."""
    names: set[str] = set()
    numbers: set[int] = set()
    for row in pod.rows(ContainerSpec):
        named, numbered = _ports(row[ContainerSpec.ports])
        names |= named
        numbers |= numbered
    return names, numbers


def _ports(value: Any) -> tuple[set[str], set[int]]:
    ports = [port for port in value if isinstance(port, dict)] if isinstance(value, list) else []
    names = {port["name"] for port in ports if isinstance(port.get("name"), str)}
    return names, {port["containerPort"] for port in ports if isinstance(port.get("containerPort"), int)}


def wrong_ports(service: Entity) -> Iterator[tuple[Row, bool]]:
    """The ports of a Service that none of its ready pods declares, each with whether that proves that it is wrong.

    A port named that no container has is wrong. A number that no container declares is legal: it only may be.
    """
    serving = [pod for pod in pods(service) if _ready(pod)]
    if not serving:
        return
    ports = [declared_ports(pod) for pod in serving]
    for row in service.rows(ServicePort):
        target = _target(row[ServicePort.target], row[ServicePort.port])
        if isinstance(target, str):
            if not any(target in names for names, _ in ports):
                yield row, True
        elif all(numbers for _, numbers in ports) and not any(target in numbers for _, numbers in ports):
            yield row, False


def uneven(service: Entity) -> Iterator[tuple[Row, list[Entity]]]:
    """The ports of a Service that some of its ready pods declare by number, each with the pods that declare others."""
    serving = [pod for pod in pods(service) if _ready(pod)]
    ports = [(pod, declared_ports(pod)[1]) for pod in serving] if len({pod.holder for pod in serving}) > 1 else []
    for row in service.rows(ServicePort) if all(numbers for _, numbers in ports) else ():
        target = _target(row[ServicePort.target], row[ServicePort.port])
        lacking = [pod for pod, numbers in ports if target not in numbers]
        if isinstance(target, int) and 0 < len(lacking) < len(ports):
            yield row, lacking


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
