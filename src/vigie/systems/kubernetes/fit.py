"""The scheduler's filters, run again on the graph: which node fails for which reason, and what would have to change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Graph, quantity
from vigie.systems.kubernetes import affinity, claims, shapes
from vigie.systems.kubernetes.capacity import asked, usage
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.nodes import Node, Taint
from vigie.systems.kubernetes.kinds.workloads import ContainerSpec, Pod
from vigie.systems.kubernetes.scheduling import Filter
from vigie.systems.kubernetes.spread import Crowd, Neighbours, Place

_PLUGIN: Mapping[Filter, int] = {
    "cordoned": 0, "node-name": 1, "taint": 2, "affinity": 3, "port": 4, "cpu": 5, "memory": 5, "resource": 5,
    "pods": 5, "volume-access": 6, "volume-limit": 7, "volume-gone": 8, "volume-unbound": 8, "claim": 8,
    "volume-zone": 8, "spread": 9, "pod-affinity": 10,
}  # fmt: skip
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a node does not take a pod.

    `wants`, `has` and `whole` are amounts of `resource`: what the pod asks for, what the node has left, what it has
    when it is empty. `marks` are the taints that nobody tolerates, `at` the object that the reason speaks of.
    """

    filter: Filter
    says: str
    resource: str = ""
    wants: float = 0.0
    has: float = 0.0
    whole: float = 0.0
    marks: tuple[affinity.Mark, ...] = ()
    at: Entity | None = None

    @property
    def lacks(self) -> float:
        return self.wants - self.has


@dataclass(frozen=True, slots=True)
class Fit:
    """One node and all that keeps a pod off it; a node that would do has no failures."""

    node: Entity
    failures: tuple[Failure, ...]

    @property
    def first(self) -> tuple[Failure, ...]:
        """What the scheduler itself would report: the failures of its first filter that says no."""
        if not self.failures:
            return ()
        plugin = _PLUGIN[self.failures[0].filter]
        return tuple(failure for failure in self.failures if _PLUGIN[failure.filter] == plugin)


def places(graph: Graph) -> tuple[Place, ...]:
    """Every node that was read, by name."""
    return once(graph, "places", lambda: _places(graph))


def _places(graph: Graph) -> tuple[Place, ...]:
    out = []
    for node in graph.all(Node):
        marks = tuple(
            affinity.Mark(row[Taint.taint] or "", row[Taint.value] or "", row[Taint.effect] or "")
            for row in node.rows(Taint)
        )
        out.append(Place(node, node.labels, marks, bool(node[Node.unschedulable])))
    return tuple(sorted(out, key=lambda place: place.node.name))


def crowd(graph: Graph) -> Crowd:
    """The pods that stand on nodes."""
    return once(graph, "crowd", lambda: Crowd(graph))


def fit(pod: Entity) -> tuple[Fit, ...]:
    """Every node that was read against a pod that is to be placed, in the order of their names."""
    spec = shapes.spec(pod)
    nodes = places(pod.graph)
    wants = asked(spec)
    ports = host_ports(spec)
    near = Neighbours(pod, spec, nodes, crowd(pod.graph))
    away, own = near.affinity(), near.anti_affinity()
    repelled, uneven = near.repelled(), near.spread()
    obstacles = tuple(claims.everywhere(pod))
    mounted = tuple(claims.claimed(pod))
    out = []
    for place in nodes:
        name = place.node.name
        failures = [
            *_by_word(spec, place),
            *_by_port(ports, place.node),
            *_by_room(wants, place.node),
            *_by_volume(mounted, place.node, obstacles),
        ]
        if name in uneven:
            failures.append(Failure("spread", uneven[name]))
        for why in (away.get(name), own.get(name), repelled.get(name)):
            if why:
                failures.append(Failure("pod-affinity", why))
        out.append(Fit(place.node, tuple(failures)))
    return tuple(out)


def _by_word(spec: Mapping[str, Any], place: Place) -> Iterator[Failure]:
    """What the pod and the node themselves say: cordon, name, taints, labels."""
    if affinity.cordoned(spec, place.closed, place.marks):
        yield Failure("cordoned", "it is cordoned")
    wanted = spec.get("nodeName")
    if wanted and wanted != place.node.name:
        yield Failure("node-name", f"the pod asks for node {wanted}")
    marks = affinity.untolerated(spec, place.marks)
    if marks:
        yield Failure("taint", "taint " + ", ".join(map(str, marks)), marks=marks)
    if not affinity.admits(spec, place.labels, place.node.name):
        yield Failure("affinity", f"its labels do not meet {affinity.said(spec)}")


def _by_room(wants: Mapping[str, float], node: Entity) -> Iterator[Failure]:
    """Resources and the number of pods; nothing where the node does not say what it has."""
    offered = node[Node.allocatable]
    if not offered:
        return
    held = usage(node.graph)
    most = quantity(offered.get("pods"))
    count = held.pods(node)
    if most is not None and count + 1 > most:
        yield Failure("pods", f"{count} of at most {int(most)} pods run on it", "pods", 1.0, most - count, most)
    for resource, want in sorted(wants.items()):
        whole = quantity(offered.get(resource)) or 0.0
        has = whole - held.held(resource, node)
        if want > has + _SLACK * max(1.0, whole):
            kind: Filter = "cpu" if resource == "cpu" else "memory" if resource == "memory" else "resource"
            lacks = f"it lacks {amount(resource, want - has)} {resource}"
            yield Failure(kind, lacks, resource, want, max(has, 0.0), whole)


def host_ports(container_list: Mapping[str, Any]) -> frozenset[tuple[str, str, int]]:
    """The host ports of a pod specification as (address, protocol, port)."""
    out: set[tuple[str, str, int]] = set()
    for field in ("containers", "initContainers"):
        for container in container_list.get(field) or []:
            if not isinstance(container, Mapping):
                continue
            if field == "initContainers" and container.get("restartPolicy") != "Always":
                continue
            out |= _ports(container.get("ports"), bool(container_list.get("hostNetwork")))
    return frozenset(out)


def _ports(given: Any, shared: bool) -> set[tuple[str, str, int]]:
    out = set()
    for port in given if isinstance(given, list) else []:
        if not isinstance(port, Mapping):
            continue
        number = port.get("hostPort") or (port.get("containerPort") if shared else None)
        if isinstance(number, int) and number > 0:
            out.add((port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", number))  # noqa: S104
    return out


def _clash(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    return one[1:] == other[1:] and (one[0] == other[0] or "0.0.0.0" in (one[0], other[0]))  # noqa: S104


def taken(graph: Graph) -> Mapping[str, tuple[tuple[tuple[str, str, int], Entity], ...]]:
    """The host ports in use by node, each with the pod that has it."""
    return once(graph, "host ports taken", lambda: _taken(graph))


def _taken(graph: Graph) -> Mapping[str, tuple[tuple[tuple[str, str, int], Entity], ...]]:
    table = graph.table(Pod)
    out: dict[str, list[tuple[tuple[str, str, int], Entity]]] = {}
    if table is None:
        return {}
    rows = table.rows(ContainerSpec)
    with_port = rows[ContainerSpec.ports].matching(_has_host_port)
    for pod in graph.where(Pod, rows.any(with_port)):
        node = pod[Pod.node]
        if not node or pod[Pod.phase] in ("Succeeded", "Failed"):
            continue
        for port in sorted(host_ports(shapes.spec(pod))):
            out.setdefault(node, []).append((port, pod))
    return {node: tuple(held) for node, held in out.items()}


def _has_host_port(ports: Any) -> bool:
    return isinstance(ports, list) and any(isinstance(port, dict) and "hostPort" in port for port in ports)


def _by_port(ports: frozenset[tuple[str, str, int]], node: Entity) -> Iterator[Failure]:
    if not ports:
        return
    for held, pod in taken(node.graph).get(node.name, ()):
        if any(_clash(held, port) for port in ports):
            yield Failure("port", f"{pod} has port {held[2]}/{held[1]} of it", at=pod)
            return


def _by_volume(mounted: tuple[Entity, ...], node: Entity, obstacles: tuple[claims.Obstacle, ...]) -> Iterator[Failure]:
    found = [*obstacles, *claims.on_node(mounted, node)]
    for obstacle in sorted(found, key=lambda o: _PLUGIN[o.filter]):
        yield Failure(obstacle.filter, obstacle.says, at=obstacle.at)


def amount(resource: str, value: float) -> str:
    """An amount of a resource as people write it: 120m, 3.5 (cores), 512Mi, 2."""
    if resource == "cpu":
        return f"{round(value * 1000)}m" if value < 1 or round(value * 1000) % 1000 else f"{round(value)}"
    if resource == "memory" or resource.endswith("storage") or resource.startswith("hugepages-"):
        for unit, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
            if value >= 10 * size:
                return f"{-(-value // size):.0f}{unit}"
        return f"{value:.0f}"
    return f"{value:g}"


def histogram(fits: tuple[Fit, ...], exclusive: bool = True) -> dict[str, int]:
    """Nodes by reason, as the scheduler counts them; all reasons of every node where not `exclusive`."""
    out: dict[str, int] = {}
    for one in fits:
        failures = one.first if exclusive else one.failures
        for name in sorted({f.resource if f.filter == "resource" else f.filter for f in failures}):
            out[name] = out.get(name, 0) + 1
    return out
