"""What a host name or address means to a pod: a Service, a Pod or a Node, by the rules of cluster DNS."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from vigie.kit import Address, Entity, Graph, address
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.network import LoadBalancerAddress, Service, ServiceCIDR
from vigie.systems.kubernetes.kinds.nodes import Node, NodeAddress
from vigie.systems.kubernetes.kinds.workloads import Pod

_LOCAL = ("localhost", "ip6-localhost", "localhost.localdomain")


def resolve(graph: Graph, text: str, near: Entity) -> Entity | None:
    """The entity that `text` (host, host:port or URL) means when a pod of `near`'s namespace uses it.

    A name that must be a Service and that nobody listed comes back as an entity that does not exist; a name or
    address outside the cluster as None.
    """
    parsed = address(text)
    if parsed is None:
        return None
    if parsed.is_ip:
        return _by_ip(graph, parsed.host, near)
    host = parsed.host.lower()
    if host in _LOCAL:
        return near
    labels = host.split(".")
    if "svc" in labels[1:]:
        return _in_cluster(graph, labels[: labels.index("svc", 1)])
    if len(labels) == 1:
        return _single(graph, host, near)
    return _dotted(graph, labels, near)


def is_local(parsed: Address) -> bool:
    """Whether an address means the pod itself."""
    return parsed.host in _LOCAL or parsed.host.startswith("127.") or parsed.host == "::1"


def of_the_cluster(graph: Graph, ip: str) -> bool:
    """Whether an address is of a range that pods or Services have, whoever holds it now."""
    known = once(graph, "ranges", lambda: _ranges(graph))
    try:
        at = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(at in held for held in known)


def _ranges(graph: Graph) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The ranges that nodes and ServiceCIDRs state; where they state none, those around the addresses in use."""
    pods = [node[Node.pod_range] for node in graph.all("Node") if node[Node.pod_range]]
    if not pods:
        pods = [_around(pod[Pod.ip]) for pod in graph.all("Pod") if pod[Pod.ip] and not pod[Pod.host_network]]
    pods += [pod[Pod.host_ip] for pod in graph.all("Pod") if pod[Pod.host_ip]]
    services = [
        text for held in graph.all("networking.k8s.io/ServiceCIDR") for text in _texts(held[ServiceCIDR.ranges])
    ]
    if not services:
        services = [_around(s[Service.ip]) for s in graph.all("Service") if s[Service.ip] not in (None, "", "None")]
    out = []
    for text in dict.fromkeys((*pods, *services)):
        try:
            out.append(ipaddress.ip_network(str(text), strict=False))
        except ValueError:
            continue
    return out


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _around(ip: str | None) -> str:
    return f"{ip}/48" if ip and ":" in ip else f"{ip}/16"


def _by_ip(graph: Graph, ip: str, near: Entity) -> Entity | None:
    if ip.startswith("127.") or ip == "::1":
        return near
    at = once(graph, "addresses", lambda: _index(graph)).get(ip)
    return graph.entity(at) if at is not None else None


def _index(graph: Graph) -> dict[str, int]:
    """Every address that an object holds now, by entity number; a Service's before a pod's before a node's."""
    out: dict[str, int] = {}

    def hold(entity: Entity, addresses: Iterable[str | None]) -> None:
        for ip in addresses:
            if ip and ip != "None":
                out.setdefault(ip, entity.id)

    for service in graph.all("Service"):
        hold(
            service, [service[Service.ip], *(row[LoadBalancerAddress.ip] for row in service.rows(LoadBalancerAddress))]
        )
    pods = graph.table("Pod")
    if pods is not None:
        ended = pods[Pod.phase].isin("Succeeded", "Failed")
        ips, shared = pods[Pod.ip], pods[Pod.host_network] == True  # noqa: E712 - a column
        for row in range(pods.real):
            if not ended[row] and not shared[row] and (ip := ips[row]):
                out.setdefault(ip, pods.base + row)
    for node in graph.all("Node"):
        hold(node, (row[NodeAddress.address] for row in node.rows(NodeAddress) if row[NodeAddress.form] != "Hostname"))
    return out


def _single(graph: Graph, host: str, near: Entity) -> Entity | None:
    """A bare name: a Service of the same namespace, whether it is there or not, unless a node goes by it."""
    service = graph.get("Service", near.namespace, host)
    if not service.read:
        node = graph.get("Node", "", host)
        if node.read:
            return node
    return _followed(graph, service)


def _dotted(graph: Graph, labels: list[str], near: Entity) -> Entity | None:
    """`name.namespace`, `pod.headless`, `pod.headless.namespace`; anything else is outside the cluster."""
    spaces = once(graph, "namespaces", lambda: _namespaces(graph))
    if len(labels) == 2:
        name, space = labels
        service = graph.get("Service", space, name)
        if service.read:
            return _followed(graph, service)
        headless = graph.get("Service", near.namespace, space)
        if headless.read:
            return _member(graph, name, headless)
        return service if space in spaces else None
    if len(labels) == 3 and labels[2] in spaces:
        return _member(graph, labels[0], graph.get("Service", labels[2], labels[1]))
    if labels[-1] == "pod" and len(labels) >= 3:
        return _by_ip(graph, labels[0].replace("-", "."), near)
    node = graph.get("Node", "", ".".join(labels))
    return node if node.read else None


def _in_cluster(graph: Graph, labels: list[str]) -> Entity | None:
    """What stands before `.svc`: NAME.NAMESPACE, or POD.NAME.NAMESPACE."""
    if len(labels) == 2:
        return _followed(graph, graph.get("Service", labels[1], labels[0]))
    if len(labels) == 3:
        return _member(graph, labels[0], graph.get("Service", labels[2], labels[1]))
    return None


def _member(graph: Graph, host: str, service: Entity) -> Entity:
    """A pod by its name under a headless Service; the Service itself where there is no such pod."""
    pod = graph.get("Pod", service.namespace, host)
    return pod if pod.read or (service.read and pod.exists is False and _numbered(host)) else service


def _numbered(host: str) -> bool:
    """Whether a name is that of a StatefulSet's pod."""
    return host.rpartition("-")[2].isdigit()


def _followed(graph: Graph, service: Entity) -> Entity:
    """An ExternalName Service that stands for another of the cluster, and one that is there, is that other one."""
    seen = {service}
    while service[Service.type] == "ExternalName":
        labels = (service[Service.external_name] or "").rstrip(".").lower().split(".")
        if "svc" not in labels[1:]:
            break
        target = _in_cluster(graph, labels[: labels.index("svc", 1)])
        if target is None or target in seen or not target.read:
            break
        seen.add(target)
        service = target
    return service


def _namespaces(graph: Graph) -> frozenset[str]:
    """The namespaces that the evidence speaks of."""
    named = {entity.name for entity in graph.all("Namespace")}
    for kind in ("Pod", "Service", "apps/Deployment"):
        table = graph.table(kind)
        if table is not None:
            named.update(graph.strings[code] or "" for code in set(table.namespaces[: table.real].tolist()))
    return frozenset(named - {""})
