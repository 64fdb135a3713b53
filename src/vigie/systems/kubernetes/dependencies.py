"""What a pod calls and does not get: the failed calls in its logs, and what they were meant for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vigie.kit import Address, Entity, Graph, Hop, Leans, Proof, Record, Row, address, clock, leans
from vigie.systems.kubernetes import containers, environment, rights, services
from vigie.systems.kubernetes.addresses import is_local, of_the_cluster
from vigie.systems.kubernetes.environment import Setting
from vigie.systems.kubernetes.joins import dig, once, words
from vigie.systems.kubernetes.kinds.network import Service, ServicePort
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
from vigie.systems.kubernetes.probes import refusing

NAMING = ("name-unknown", "name-unanswered")
_SILENT = ("timeout", "no-route", "unavailable", "name-unanswered")
_NODE_PORTS = (30000, 32767)
_ANSWERED = ("unavailable", "timeout", "reset")
_SETTLED = 10 * clock.SECOND
_UNSERVED = re.compile(r"no matches for kind|the server could not find the requested resource")
_VARIABLE = re.compile(r"\$\([A-Za-z_][\w.-]*\)")
_LATELY = 300 * clock.SECOND
_FARTHEST = 8
_CALLS = ("refused", "timeout", "no-route", "reset", "unavailable", *NAMING)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call: the record that tells it, the address as written, and what that means in the cluster."""

    record: Record
    address: Address
    target: Entity | None

    @property
    def trouble(self) -> str:
        return self.record.trouble


def failures(pod: Entity, records: Iterable[Record]) -> list[Failure]:
    """The failed calls that records of a pod's logs tell of, in the order of the records, each target and port once.

    A complaint of another kind that names what does not serve counts as one. What names no port is left out where
    another record names the same target with one.
    """
    found: dict[tuple[object, int | None], Failure] = {}
    for record in records:
        calls = record.trouble in _CALLS
        if calls or record.bad:
            for failure in _read(pod, record):
                if not calls and (failure.target is None or not failure.target.read or serving(failure.target)):
                    continue
                target = failure.target.address if failure.target is not None else failure.address.host
                found.setdefault((target, failure.address.port), failure)
    ported = {target for target, port in found if port is not None}
    return [failure for (target, port), failure in found.items() if port is not None or target not in ported]


def _read(pod: Entity, record: Record) -> Iterator[Failure]:
    graph = pod.graph
    met = False
    for named in record.addresses:
        if is_local(named):
            continue
        target = graph.resolve(str(named), near=pod)
        if target is not None and (target == pod or own(pod, target) or (target.key == pod.key and not target.read)):
            continue
        if target is None and of_the_cluster(graph, named.host):
            continue
        met = True
        yield Failure(record, named, target)
    if met:
        return
    for word in record.hints:
        target = graph.resolve(word, near=pod)
        if target is not None and target.read and not own(pod, target):
            yield Failure(record, Address(word), target)


def own(pod: Entity, service: Entity) -> bool:
    """Whether a Service leads to the pod itself."""
    return any(edge.source == service for edge in pod.into("selects"))


def troubled(pod: Entity) -> list[tuple[Row, tuple[Record, ...]]]:
    """The containers of a pod that ended or are not ready, each with what it complained of last, newest first."""
    out: list[tuple[Row, tuple[Record, ...]]] = []
    ended = {containers.name(row) for row in containers.ended(pod)}
    for row in pod.rows(Container):
        name = containers.name(row)
        if containers.is_ephemeral(row):
            continue
        if name in ended:
            said = containers.words(pod, row)
            if row[Container.running_since] is not None or not said:
                said = (*said, *reversed(pod.log(name).recent()))
        elif row[Container.running_since] is not None and (
            not row[Container.ready] and not containers.sidecar(pod, name)
        ):
            said = tuple(reversed(pod.log(name).recent()))
        else:
            continue
        if said:
            out.append((row, said))
    return out


def calls(pod: Entity) -> list[tuple[Row, list[Failure]]]:
    """The containers of a pod that ended or are not ready, each with the calls that failed it last."""
    return [(row, found) for row, said in troubled(pod) if (found := failures(pod, said))]


def reliances(pod: Entity, found: Iterable[Failure]) -> Iterator[Leans]:
    """What the failed calls of a pod hang on: what they were meant for, then the cluster's DNS where names failed.

    A Service of which one pod is gone and another serves is well, and calls to it still time out: so its pods follow.
    Last come what callees that answer with errors complain of in their turn.
    """
    found = list(found)
    for failure in found:
        if failure.target is not None:
            yield from behind(failure.target, "calls", failure.record)
    for failure in found:
        server = dns(pod.graph)
        if failure.trouble in NAMING and server is not None and server != failure.target:
            yield from behind(server, "resolves-with", failure.record)
    for failure in found:
        if failure.target is not None and failure.trouble in _ANSWERED and serving(failure.target):
            yield from _onward(failure.target, failure.record, {pod, failure.target}, ())


def _onward(target: Entity, told: Record, seen: set[Entity], through: tuple[Hop, ...]) -> Iterator[Leans]:
    """What the ready pods behind a callee that answers with an error complain of in their turn.

    Every step is a complaint of the one before it, in its own log and of now; a callee that is silent ends the chain,
    and only what is sick or absent at its end can be blamed.
    """
    is_service = target.key == Service.key
    for member in [edge.target for edge in target.out("selects")] if is_service else [target]:
        ready = member.condition("Ready")
        if ready is None or ready.status != "True":
            continue
        said = [r for row in member.rows(Container) for r in reversed(member.log(containers.name(row)).recent())]
        way = (*through, Hop(target, "selects", ready.prove())) if is_service else through
        for failure in failures(member, [record for record in said if _of_now(member, record)]):
            if failure.target is None or failure.target in seen:
                continue
            seen.add(failure.target)
            passed = (*way, Hop(member, "calls", failure.record.prove()))
            for leaning in behind(failure.target, "calls", failure.record):
                yield leans(leaning.on, "calls", told, through=passed)
            if len(passed) < _FARTHEST and failure.trouble in _ANSWERED and serving(failure.target):
                yield from _onward(failure.target, told, seen, passed)


def _of_now(pod: Entity, record: Record) -> bool:
    """Whether a complaint is not older than a few minutes, where it tells its time."""
    return record.time is None or pod.graph.as_of - record.time < _LATELY


def behind(target: Entity, edge: str, record: Record) -> Iterator[Leans]:
    """A failed call's target, and where nothing answered in time the pods behind it."""
    yield leans(target, edge, record)
    if target.key == Service.key and record.trouble in _SILENT:
        for selected in target.out("selects"):
            yield leans(selected.target, edge, record)


def configured(pod: Entity) -> Iterator[Leans]:
    """What a pod of which no log was read hangs on by its configuration: the Services it names that do not serve.

    Where all that it names serve and its probe is answered with an error of the server, what those behind them name
    in their turn: a process that says no while it listens waits for somebody.
    """
    if any(True for _ in pod.logs()):
        return
    for row in pod.rows(Container):
        if row[Container.ready] or containers.is_ephemeral(row):
            continue
        part = containers.name(row)
        for setting, target in _named(pod, part):
            if not serving(target):
                yield leans(target, "calls", setting)
        if refusing(pod, part):
            for setting, target in _named(pod, part):
                if serving(target):
                    yield from _named_onward(target, setting, {pod, target}, ())


def _named(pod: Entity, part: str) -> Iterator[tuple[Setting, Entity]]:
    """The Services that the settings of a container name, its own left out."""
    for setting in environment.settings(pod, part):
        parsed = address(setting.value) if setting.value and "\n" not in setting.value else None
        target = pod.graph.resolve(str(parsed), near=pod) if parsed is not None else None
        if target is None or not target.read or target.key != Service.key or own(pod, target):
            continue
        if target.out("selects") or target.graph.covers("Pod", target.namespace):
            yield setting, target


def _named_onward(target: Entity, told: Setting, seen: set[Entity], through: tuple[Hop, ...]) -> Iterator[Leans]:
    """What the ready pods of a Service name that does not serve, where no log of theirs was read either."""
    for member in [edge.target for edge in target.out("selects")]:
        ready = member.condition("Ready")
        if ready is None or ready.status != "True" or any(True for _ in member.logs()):
            continue
        for row in member.rows(Container):
            for setting, further in _named(member, containers.name(row)):
                if further in seen:
                    continue
                seen.add(further)
                passed = (*through, Hop(target, "selects", ready.prove()), Hop(member, "calls", setting.prove()))
                if not serving(further):
                    yield leans(further, "calls", told, through=passed)
                elif len(passed) < _FARTHEST:
                    yield from _named_onward(further, told, seen, passed)


def unnamed_peers(pod: Entity) -> Iterator[tuple[Entity, Entity, Record]]:
    """The headless Services of a pod that give no name to another of their pods, for that is not ready, and the pod
    is not either for want of the name: each with that pod and the complaint."""
    for edge in pod.into("selects"):
        service = edge.source
        if service.key != Service.key or service[Service.ip] != "None" or service[Service.publishes_unready]:
            continue
        peers = {each.target.name: each.target for each in service.out("selects") if each.target != pod}
        for _, said in troubled(pod):
            for record in said if not serving(service) else ():
                hosts = [a.host for a in record.addresses if record.trouble == "name-unknown"]
                asked = [host.split(".")[:2] for host in hosts]
                found = next((peers[a[0]] for a in asked if a[0] in peers and a[1:] == [service.name]), None)
                if found is not None:
                    yield service, found, record
                    break


def dns(graph: Graph) -> Entity | None:
    """The Service of the cluster's DNS: by its label, else by the name that all installations give it."""

    def find() -> Entity | None:
        for service in graph.all("Service"):
            if service.namespace == "kube-system" and service.labels.get("k8s-app") in ("kube-dns", "coredns"):
                return service
        for name in ("kube-dns", "coredns", "rke2-coredns-rke2-coredns"):
            service = graph.get("Service", "kube-system", name)
            if service.read:
                return service
        return None

    return once(graph, "cluster dns", find)


def port_of(service: Entity, port: int | None) -> Row | None:
    """The port of a Service by its number; None where it has none such."""
    return next((row for row in service.rows(ServicePort) if row[ServicePort.port] == port), None)


def serves(service: Entity, port: int | None) -> bool | None:
    """Whether a Service has a port, or some Service opens it on a node; None where that cannot be told."""
    if service.key == Node.key and port is not None and _NODE_PORTS[0] <= port <= _NODE_PORTS[1]:
        held = [row for other in service.graph.all("Service") for row in other.rows(ServicePort)]
        return any(row[ServicePort.node_port] == port for row in held) if held else None
    if not service.read or port is None or service.key != Service.key or service[Service.type] == "ExternalName":
        return None
    rows = service.rows(ServicePort)
    if service[Service.ip] == "None" and not rows:
        return None
    return any(row[ServicePort.port] == port for row in rows)


def names(pod: Entity, value: str | None, target: Entity, port: int | None) -> bool:
    """Whether a configured value means a target and a port: an address of both, or the port alone."""
    if not value or len(value) > 300 or "\n" in value:
        return False
    if _VARIABLE.search(value) and port is not None:
        parsed = address(_VARIABLE.sub("host", value))
        return parsed is not None and parsed.port == port
    parsed = address(value)
    if parsed is None or parsed.port != port:
        return value == str(port)
    return pod.graph.resolve(value, near=pod) == target


def naming(pod: Entity, part: str, host: str) -> Setting | None:
    """The setting of a container that holds a host name."""
    for setting in environment.settings(pod, part):
        parsed = address(setting.value) if setting.value and "\n" not in setting.value else None
        if parsed is not None and parsed.host.lower() == host.lower():
            return setting
    return None


def outside(pod: Entity, failure: Failure) -> Entity | None:
    """The host outside the cluster that a failed call was meant for; None where it is inside, or not an address."""
    if failure.target is not None or failure.trouble == "name-unanswered":
        return None
    if "." not in failure.address.host and not failure.address.is_ip:
        return None
    return pod.graph.get("Host", "", str(failure.address))


def unresolved(pod: Entity, said: Iterable[Record]) -> str:
    """The evidence that is missing where a process ended because a name was not resolved, and nobody proves "
    "why; "" else."""
    for record in said:
        wanted = rights.refused(record.text)
        if wanted is not None and not rights.granted(pod.graph, wanted):
            return "list:ClusterRoleBinding"
        if record.trouble == "name-unanswered":
            return "list:Service" if dns(pod.graph) is None else ""
        if _UNSERVED.search(record.text) and not pod.graph.covers("CustomResourceDefinition"):
            return "list:CustomResourceDefinition"
        if record.trouble == "name-unknown":
            unread = [f for f in _read(pod, record) if f.target is not None and f.target.exists is None]
            return "list:Service" if unread else ""
    return ""


def serving(target: Entity) -> bool:
    """Whether a Service, or a pod, takes traffic now: a ready pod is behind it."""
    if target.key not in (Service.key, Pod.key):
        return False
    pods = [edge.target for edge in target.out("selects")] if target.key == Service.key else [target]
    return any((ready := pod.condition("Ready")) is not None and ready.status == "True" for pod in pods)


def cut_off(pod: Entity, said: Iterable[Record]) -> Failure | None:
    """The call that got no answer although what was called serves: something between the two is to blame."""
    for failure in failures(pod, said):
        if failure.trouble in ("no-route", "timeout") and failure.target is not None and serving(failure.target):
            return failure
    return None


def healed(pod: Entity, row: Row) -> bool:
    """Whether a container that runs and is ready ended for want of what is well again, and complains of nothing "
    "since."""
    part = containers.name(row)
    said = pod.log(part, previous=True).last_words()
    meant = failures(pod, reversed(said))
    if not meant or any(f.target is None or not serving(f.target) for f in meant):
        return False
    for failure in meant:
        uneven = services.uneven(failure.target) if failure.target is not None else ()
        if any(port[ServicePort.port] == failure.address.port for port, _ in uneven):
            return False
    begun, ended = row[Container.running_since] or 0, row[Container.ended_at] or 0
    lived, before = pod.graph.as_of - begun, ended - (row[Container.began_at] or ended)
    if lived < max(before, _SETTLED) and any(f.trouble in _ANSWERED for f in meant):
        return False
    return not any(record.time is None or record.time >= begun + _SETTLED for record in pod.log(part).recent())


def resolver(pod: Entity) -> Proof | None:
    """The pod's own settings of name resolution, where they are not those of the cluster."""
    policy, searches = dig(pod.body, "spec", "dnsPolicy"), words(pod.body, "spec", "dnsConfig", "searches")
    if policy == "None":
        return Proof(pod, "spec.dnsConfig.searches", ", ".join(searches), None, pod.pointer)
    if policy == "Default" or (policy == "ClusterFirst" and dig(pod.body, "spec", "hostNetwork") is True):
        return Proof(pod, "spec.dnsPolicy", str(policy), None, pod.pointer)
    return None
