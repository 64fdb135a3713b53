"""Why a volume could not be mounted: the reason at the end of a kubelet's message, and whose volume it is."""

import re
from dataclasses import dataclass

from vigie.kit import Entity, Signal
from vigie.systems.kubernetes import claims, shapes
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
from vigie.systems.kubernetes.mending import template

_SETUP = re.compile(
    r"(?P<step>MountVolume\.\w+|MapVolume\.\w+|UnmapVolume\.\w+|NodeExpandVolume\.\w+|GetDeviceMountRefs|CheckVolume\w*)"
    r" failed for volume \"(?P<volume>[^\"]+)\" ?:? ?(?P<why>.+)$",
    re.DOTALL,
)
_NOT_MINE = re.compile(
    r"(?i)(?:configmap|secret)s? \"[^\"]+\" not found|references non-existent (?:config|secret) key|couldn't find key|"
    r"object \"[^\"]+\"/\"[^\"]+\" not registered|failed to sync (?:configmap|secret) cache|"
    r"failed to fetch token|serviceaccount|persistentvolumeclaim \"[^\"]+\" not found|"
    r"volume attachment is being deleted|volume not attached according to node status"
)


@dataclass(frozen=True, slots=True)
class Mount:
    """One failed mount: the volume as the message names it, and why."""

    signal: Signal
    volume: str
    why: str


def failed(pod: Entity) -> Mount | None:
    """The last mount of a pod that failed for a reason of its own; None where only others are waited for."""
    for signal in reversed(pod.signals("volume-not-mounted")):
        setup = _SETUP.search(signal.text)
        if setup is None or _NOT_MINE.search(setup["why"]):
            continue
        return Mount(signal, setup["volume"], _tail(setup["why"]))
    return None


def unstarted(pod: Entity) -> bool:
    """Whether a pod may still wait for its volumes: it is placed, and none of its containers got further."""
    if pod[Pod.phase] != "Pending" or (pod[Pod.ip] and not pod[Pod.host_network]):
        return False
    state = pod.condition("PodReadyToStartContainers")
    if state is not None and state.status == "True":
        return False
    waiting = {row[Container.waiting] for row in pod.rows(Container)}
    return not waiting - {None, "ContainerCreating", "PodInitializing"}


def _tail(why: str) -> str:
    """The reason without the wrapping of gRPC and of the mount command."""
    words = " ".join(why.split()).rstrip(". ")
    for mark in ("desc = ", "Output: "):
        _, found, rest = words.rpartition(mark)
        if found and rest:
            words = rest
    return words if len(words) <= 200 else words[:197] + "..."


def where(pod: Entity, name: str) -> tuple[Entity, str]:
    """The object whose volume it is, and the path of it there: a PersistentVolume, else the pod's template."""
    for claim in claims.claimed(pod):
        bound = claims.volume(claim)
        if bound is not None and name in (bound.name, claim.name):
            return bound, "spec"
    spec = template(pod.holder) or shapes.spec(pod)
    for at, volume in enumerate(spec.get("volumes") or []):
        if not isinstance(volume, dict) or volume.get("name") != name:
            continue
        source = volume.get("persistentVolumeClaim")
        if isinstance(source, dict):
            claim = pod.near("PersistentVolumeClaim", str(source.get("claimName")))
            bound = claims.volume(claim)
            return (bound, "spec") if bound is not None else (claim, "spec")
        return pod.holder, f"volumes[{at}]"
    return pod.holder, ""
