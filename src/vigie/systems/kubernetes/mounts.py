"""Why a volume could not be mounted: the reason at the end of a kubelet's message, and whose volume it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Proof, Signal
from vigie.systems.kubernetes import claims, containers, shapes
from vigie.systems.kubernetes.joins import dig, listed
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
from vigie.systems.kubernetes.mending import template

_SETUP = re.compile(
    r"(?P<step>MountVolume\.\w+(?: initialization| check)?|MapVolume\.\w+(?: initialization)?|"
    r"UnmapVolume\.\w+|NodeExpandVolume\.\w+|GetDeviceMountRefs|CheckVolume\w*)"
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


_STARTS = ("RunContainerError", "CreateContainerError", "CreateContainerConfigError")
_CANNOT = ("StartError", "ContainerCannotRun")
_PLACE = re.compile(
    r"mounting \\?\"(?P<source>[^\"\\]+)\\?\" to rootfs (?:\\?\"[^\"]*\" )?at \\?\"(?P<place>[^\"\\]+)\\?\""
    r"|mount `(?P<from>[^`]+)` to `(?P<to>[^`]+)`"
    r"|failed to (?:prepare|create) subPath(?: directory)? for volumeMount \"(?P<volume>[^\"]+)\""
    r"|bind source path does not exist: (?P<gone>[^\s,]+)|creating mount source path '(?P<unmade>[^']+)'"
    r"|path \"(?P<private>[^\"]+)\" is mounted on \"[^\"]*\" but it is not a shared"
)
_KUBELETS = re.compile(r"/(?:volumes/kubernetes\.io~[\w-]+|volume-subpaths)/(?P<volume>[^/]+)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A volume that a runtime could not put in its place in one container, and the mount as it is specified."""

    part: str
    volume: str
    mount: dict[str, Any]
    proof: Proof
    why: str


def misplaced(pod: Entity) -> Iterator[Placed]:
    """The volumes that no container could be made with, as the runtime or the kubelet says of its start."""
    for row in pod.rows(Container):
        starts = row[Container.waiting] in _STARTS
        field = Container.waiting_message if starts else Container.end_message
        if not starts and row[Container.ended] not in _CANNOT:
            continue
        said = _PLACE.search(row[field] or "")
        if said is None:
            continue
        part = row[Container.name] or ""
        mount = _mount(pod, part, said)
        yield Placed(part, str(mount.get("name", "")), mount, row.proof(field), _tail(row[field] or ""))


def _mount(pod: Entity, part: str, said: re.Match[str]) -> dict[str, Any]:
    """The volumeMount of which a message speaks: by its path in the container, its volume, or what is mounted."""
    place = (said["place"] or said["to"] or "").strip("/")
    source = said["source"] or said["from"] or said["gone"] or said["unmade"] or said["private"] or ""
    kept = _KUBELETS.search(source)
    volume = said["volume"] or (kept["volume"] if kept else "")
    paths = {
        str(v.get("name")): str(dig(v, "hostPath", "path")).rstrip("/") for v in listed(pod.body, "spec", "volumes")
    }
    for mount in listed(containers.spec(pod, part), "volumeMounts"):
        name = str(mount.get("name"))
        if str(mount.get("mountPath", "")).strip("/") == place and place:
            return mount
        if name == volume or (source and paths.get(name) == source.rstrip("/")):
            return mount
    return {}


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
