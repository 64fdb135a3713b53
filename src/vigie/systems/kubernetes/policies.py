"""Network policies evaluated: which of them lets a call not pass, from the caller's side and from the callee's."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Graph, Proof, matches
from vigie.systems.kubernetes.joins import dig, listed
from vigie.systems.kubernetes.joins import words as texts
from vigie.systems.kubernetes.kinds.network import Service, ServicePort
from vigie.systems.kubernetes.kinds.workloads import Pod


@dataclass(frozen=True, slots=True)
class Denial:
    """A policy that selects one end of a call while no policy there allows it; `side` is Ingress or Egress."""

    policy: Entity
    side: str


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a call: a pod, or an address outside the cluster."""

    pod: Entity | None
    ip: str
    port: int | None
    protocol: str
    namespace: str = ""
    labels: Mapping[str, Any] | None = None


def denial(caller: Entity, target: Entity, port: int | None, protocol: str = "TCP") -> Denial | None:
    """The policy that cuts a call from a pod to a Service or pod; None where none does for every pod behind it."""
    ends = list(_ends(target, port, protocol))
    if not ends:
        return None
    found: list[Denial] = []
    for end in ends:
        if end.pod == caller:
            return None
        cut = _cut(caller, end)
        if cut is None:
            return None
        found.append(cut)
    return found[0]


def closed_to_servers(target: Entity, port: int | None) -> Denial | None:
    """The policy that keeps what is no pod (the API server) from every pod behind a Service; None where none does.

    A policy that allows any block of addresses may mean the API server's: it is given the benefit of the doubt.
    """
    found: list[Denial] = []
    for end in _ends(target, port, "TCP"):
        if end.pod is None or end.pod[Pod.host_network]:
            return None
        selecting = [policy for policy in selecting_policies(end.pod) if "Ingress" in _types(policy)]
        rules = [rule for policy in selecting for rule in _rules(policy, "Ingress")]
        if any(not listed(rule, "from") or any("ipBlock" in peer for peer in listed(rule, "from")) for rule in rules):
            return None
        if not selecting:
            return None
        found.append(Denial(min(selecting, key=lambda p: (_blanket(p), p.name)), "Ingress"))
    return found[0] if found else None


def unresolving(caller: Entity) -> Denial | None:
    """The policy that cuts a pod off the cluster's DNS, by what every cluster calls it; None where none does."""
    server = _End(None, "", 53, "UDP", "kube-system", {"k8s-app": "kube-dns"})
    policy = _denies(caller, "Egress", "to", server, caller.graph, ports_of=None)
    return Denial(policy, "Egress") if policy is not None and not caller[Pod.host_network] else None


def _ends(target: Entity, port: int | None, protocol: str) -> Iterator[_End]:
    if target.key == Pod.key:
        yield _End(target, target[Pod.ip] or "", port, protocol)
        return
    if target.key != Service.key or not target.read:
        return
    row = next((r for r in target.rows(ServicePort) if r[ServicePort.port] == port), None)
    wanted: Any = port
    if row is not None:
        wanted = row[ServicePort.target] if row[ServicePort.target] is not None else port
        protocol = row[ServicePort.protocol] or "TCP"
    if not target[Service.selector]:
        yield from _addresses(target, port, protocol)
    for edge in target.out("selects"):
        pod = edge.target
        if pod[Pod.phase] not in ("Succeeded", "Failed") and pod.deleted is None:
            yield _End(pod, pod[Pod.ip] or "", _port(pod, wanted), protocol)


def _addresses(service: Entity, port: int | None, protocol: str) -> Iterator[_End]:
    """The ends behind a Service without pods: what its EndpointSlices hold, which is no pod's address."""
    row = next((r for r in service.rows(ServicePort) if r[ServicePort.port] == port), None)
    name = row[ServicePort.name] if row is not None else None
    for held in service.graph.all("EndpointSlice"):
        if held.namespace != service.namespace or held.labels.get("kubernetes.io/service-name") != service.name:
            continue
        ports = [p.get("port") for p in listed(held.body, "ports") if p.get("name") in (name, None, "")]
        number = ports[0] if ports and isinstance(ports[0], int) else port
        for endpoint in listed(held.body, "endpoints"):
            for ip in texts(endpoint, "addresses"):
                yield _End(None, ip, number, protocol)


def _port(pod: Entity, wanted: Any) -> int | None:
    """A target port as a number: named ports are those of the pod's containers."""
    if isinstance(wanted, (int, float)):
        return int(wanted)
    if isinstance(wanted, str) and wanted.isdigit():
        return int(wanted)
    return next((number for name, number, _ in _ports(pod) if name == wanted), None)


def _ports(pod: Entity) -> Iterator[tuple[str, int, str]]:
    for container in (*listed(pod.body, "spec", "containers"), *listed(pod.body, "spec", "initContainers")):
        for port in listed(container, "ports"):
            if isinstance(port.get("containerPort"), int):
                yield str(port.get("name", "")), port["containerPort"], str(port.get("protocol", "TCP"))


def _cut(caller: Entity, end: _End) -> Denial | None:
    if end.pod is not None and not end.pod[Pod.host_network]:
        source = _End(caller, caller[Pod.ip] or "", end.port, end.protocol)
        policy = _denies(end.pod, "Ingress", "from", source, caller.graph, ports_of=end.pod)
        if policy is not None:
            return Denial(policy, "Ingress")
    if not caller[Pod.host_network]:
        policy = _denies(caller, "Egress", "to", end, caller.graph, ports_of=end.pod)
        if policy is not None:
            return Denial(policy, "Egress")
    return None


def _denies(
    subject: Entity, side: str, peers: str, other: _End, graph: Graph, *, ports_of: Entity | None
) -> Entity | None:
    """The first policy that selects a pod for one direction, where none of those that do allows the other end."""
    selecting = [policy for policy in selecting_policies(subject) if side in _types(policy)]
    for policy in selecting:
        for rule in _rules(policy, side):
            if _allows(policy, rule, peers, other, graph, ports_of):
                return None
    return min(selecting, key=lambda p: (_blanket(p), p.name)) if selecting else None


def selecting_policies(pod: Entity) -> list[Entity]:
    """The NetworkPolicies that select a pod, by name."""
    found = [edge.source for edge in pod.into("selects") if edge.source.kind == "NetworkPolicy"]
    return sorted(found, key=lambda policy: policy.name)


def _spec(policy: Entity) -> Mapping[str, Any]:
    spec = policy.body.get("spec")
    return spec if isinstance(spec, dict) else {}


def _blanket(policy: Entity) -> bool:
    """Whether a policy selects the whole namespace: of several the more particular one is named."""
    selector = dig(_spec(policy), "podSelector")
    return not (dig(selector, "matchLabels") or dig(selector, "matchExpressions"))


def _types(policy: Entity) -> tuple[str, ...]:
    types = _spec(policy).get("policyTypes")
    if isinstance(types, list):
        return tuple(str(t) for t in types)
    return ("Ingress", "Egress") if "egress" in _spec(policy) else ("Ingress",)


def _rules(policy: Entity, side: str) -> list[Mapping[str, Any]]:
    return list(listed(_spec(policy), side.lower()))


def _allows(
    policy: Entity, rule: Mapping[str, Any], peers: str, other: _End, graph: Graph, ports_of: Entity | None
) -> bool:
    ports, allowed = listed(rule, "ports"), listed(rule, peers)
    if ports and not any(_on_port(port, other, ports_of) for port in ports):
        return False
    return not allowed or any(_is_peer(policy, peer, other, graph) for peer in allowed)


def _on_port(port: Mapping[str, Any], other: _End, pod: Entity | None) -> bool:
    if port.get("protocol", "TCP") != other.protocol:
        return False
    wanted = port.get("port")
    if wanted is None or other.port is None:
        return True
    if isinstance(wanted, str) and not wanted.isdigit():
        return pod is None or any(name == wanted and number == other.port for name, number, _ in _ports(pod))
    last = port.get("endPort")
    if not isinstance(wanted, (int, float, str)):
        return False
    return int(wanted) <= other.port <= (last if isinstance(last, int) else int(wanted))


def _is_peer(policy: Entity, peer: Mapping[str, Any], other: _End, graph: Graph) -> bool:
    block = peer.get("ipBlock")
    if isinstance(block, dict):
        spared = block.get("except")
        return _inside(other.ip, block.get("cidr")) and not (
            isinstance(spared, list) and any(_inside(other.ip, inner) for inner in spared)
        )
    namespace, labels = (other.pod.namespace, other.pod.labels) if other.pod else (other.namespace, other.labels)
    if labels is None:
        return False
    spaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    if spaces is None:
        if namespace != policy.namespace:
            return False
    elif not matches(_labels(graph, namespace), spaces):
        return False
    return pods is None or matches(labels, pods)


def _labels(graph: Graph, name: str) -> Mapping[str, Any]:
    """The labels of a namespace; the one that every namespace has, where it was not read."""
    return {"kubernetes.io/metadata.name": name, **graph.get("Namespace", "", name).labels}


def _inside(ip: str, block: Any) -> bool:
    try:
        return ipaddress.ip_address(ip) in ipaddress.ip_network(str(block), strict=False)
    except ValueError:
        return False


def proof(cut: Denial) -> Proof:
    """What a policy allows on the side on which it denies."""
    rules = _rules(cut.policy, cut.side)
    shown = "; ".join(_shown(rule) for rule in rules[:4]) if rules else "nothing is allowed"
    return Proof(cut.policy, f"spec.{cut.side.lower()}", shown, None, cut.policy.pointer)


def _shown(rule: Mapping[str, Any]) -> str:
    words = []
    for field in ("from", "to", "ports"):
        for item in listed(rule, field):
            words.append(f"{field} {item}")
    return ", ".join(words).replace("'", "")
