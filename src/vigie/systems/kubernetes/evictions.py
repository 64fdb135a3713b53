"""Why a kubelet evicted a pod: the pod's own limits, or what its node ran out of."""

import re
from dataclasses import dataclass

import numpy as np

from vigie.kit import Entity, Graph, Proof, Signal, Table, clock
from vigie.systems.kubernetes import workloads
from vigie.systems.kubernetes.joins import Mask, dig, none, once
from vigie.systems.kubernetes.kinds.controllers import Job, StatefulSet
from vigie.systems.kubernetes.kinds.events import Event
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.rollouts import done

_OWN = re.compile(
    r"[Uu]sage of EmptyDir volume \"(?P<volume>[^\"]+)\" exceeds the limit \"(?P<limit>[^\"]+)\""
    r"|[Cc]ontainer (?P<container>\S+) exceeded its local ephemeral storage limit \"(?P<own>[^\"]+)\""
    r"|[Pp]od ephemeral local storage usage exceeds the total limit of containers (?P<total>\S+?)\.?(?:\s|$)"
)
_NODE = re.compile(
    r"node was low on resource: \[?(?P<low>[\w.-]+?)\]?\.(?:\s|$)|node had condition: \[(?P<condition>\w+)"
)
_USER = re.compile(
    r"Container (?P<container>\S+) was using (?P<used>\S+?), (?:which exceeds its )?"
    r"request (?:is|of) (?P<request>\S+?)[,.]"
)
_RESOURCES = {
    "memory": "memory",
    "memorypressure": "memory",
    "allocatablememory.available": "memory",
    "memory.available": "memory",
    "pids": "pid",
    "pidpressure": "pid",
    "pid.available": "pid",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One eviction of a pod that is gone, as an event tells it."""

    event: Entity
    text: str
    time: int

    def prove(self) -> Proof:
        return Proof(self.event, "message", self.text, self.time, self.event.pointer)


@dataclass(frozen=True, slots=True)
class Eviction:
    """One eviction. `resource` is `ephemeral` for the pod's own limit, else `memory`, `disk` or `pid` of the node."""

    signal: Signal | Told
    resource: str
    part: str
    limit: str
    used: str


def by_own_limit(text: str) -> bool:
    """Whether an eviction's message speaks of the pod's own limits."""
    return bool(_OWN.search(text))


def read(signal: Signal | Told) -> Eviction | None:
    """What an eviction's message says; None for one that is not the kubelet's."""
    own = _OWN.search(signal.text)
    if own:
        volume = own["volume"]
        part = f"emptyDir {volume}" if volume else own["container"] or ""
        return Eviction(signal, "ephemeral", part, own["limit"] or own["own"] or own["total"] or "", "")
    node = _NODE.search(signal.text)
    if node is None:
        return None
    said = (node["low"] or node["condition"]).lower()
    user = _USER.search(signal.text)
    part, used = (user["container"], user["used"]) if user else ("", "")
    return Eviction(signal, _RESOURCES.get(said, "disk"), part, "", used)


def of(pod: Entity) -> Eviction | None:
    """The last eviction that is told of a pod."""
    for signal in reversed(pod.signals("evicted")):
        eviction = read(signal)
        if eviction is not None:
            return eviction
    return None


_HOUR = 3600 * clock.SECOND
_LONGER = 600 * clock.SECOND
_REPEATED = 2


def outgrown(pod: Entity, ended: int) -> bool:
    """Whether what a pod was evicted for at a time is over: nobody makes such pods any more, or one has lived long.

    Long is three times what the evicted one lived, and ten minutes more than that.
    """
    owner = pod.owner
    if owner is None or not owner.read:
        return False
    if owner.key == Job.key:
        return done(owner)
    if workloads.wanted(owner) == 0:
        return True
    life = ended - (pod[Pod.started] or pod.created or ended)
    return any(_lived(other, ended) > max(3 * life, life + _LONGER) for other in owner.owned() if other != pod)


def _lived(pod: Entity, after: int) -> int:
    """How long a pod that began after a time has been ready."""
    ready = pod.condition("Ready")
    if (pod.created or 0) < after - clock.SECOND or ready is None or ready.status != "True" or ready.since is None:
        return 0
    return pod.graph.as_of - ready.since


def repeating(sets: Table) -> Mask:
    """The StatefulSets of which events tell that one pod went beyond its own limits twice within the hour."""
    out = none(sets)
    for owner in told_of(sets.graph):
        if sets.base <= owner.id < sets.base + sets.real:
            out[owner.id - sets.base] = True
    return out


def without_signal(table: Table) -> Mask:
    """What is asked about evictions though it is not unhealthy or shows none itself: such sets, and pods of Jobs."""
    if table.key == StatefulSet.key:
        return repeating(table)
    if table.key != Pod.key:
        return none(table)
    out = np.asarray((table[Pod.phase] == "Failed") & (table[Pod.reason] == "Evicted"), np.bool_)
    for row in np.flatnonzero(out):
        owner = table.graph.entity(table.base + int(row)).owner
        out[row] = owner is not None and owner.key == Job.key
    return out


def told_of(graph: Graph) -> dict[Entity, list[Told]]:
    """The StatefulSets of which one pod was evicted at least twice within the hour for its own limits, oldest first.

    Their controller deletes such a pod at once and makes it anew under its name, so that only events know of it.
    """
    return once(graph, "evictions told", lambda: _told(graph))


def _told(graph: Graph) -> dict[Entity, list[Told]]:
    table = graph.table(Event)
    found: dict[tuple[str, str], dict[str, Told]] = {}
    for event in graph.where(Event, table[Event.reason].isin("Evicted")) if table is not None else ():
        text, when = event[Event.message] or "", event[Event.last] or event.created or 0
        about = dig(event.body, "involvedObject") or dig(event.body, "regarding")
        if not isinstance(about, dict) or not by_own_limit(text) or not 0 <= graph.as_of - when < _HOUR:
            continue
        name = (str(about.get("namespace", "")), str(about.get("name", "")))
        found.setdefault(name, {})[str(about.get("uid") or event.name)] = Told(event, text, when)
    out: dict[Entity, list[Told]] = {}
    for (namespace, pod), told in found.items():
        owner = graph.get("Pod", namespace, pod).owner
        if len(told) >= _REPEATED and owner is not None and owner.key == StatefulSet.key and owner.read:
            out[owner] = sorted(told.values(), key=lambda one: one.time)
    return out
