"""Why a kubelet evicted a pod: the pod's own limits, or what its node ran out of."""

import re
from dataclasses import dataclass

from vigie.kit import Entity, Signal

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
class Eviction:
    """One eviction. `resource` is `ephemeral` for the pod's own limit, else `memory`, `disk` or `pid` of the node."""

    signal: Signal
    resource: str
    part: str
    limit: str
    used: str


def by_own_limit(text: str) -> bool:
    """Whether an eviction's message speaks of the pod's own limits."""
    return bool(_OWN.search(text))


def read(signal: Signal) -> Eviction | None:
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
