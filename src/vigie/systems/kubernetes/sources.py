"""The ConfigMaps and Secrets that a pod cannot start without: which are missing, and which lack a key."""

from collections.abc import Iterator
from dataclasses import dataclass

from vigie.kit import Entity, Proof, Signal
from vigie.systems.kubernetes import containers, files, mounts
from vigie.systems.kubernetes.joins import listed
from vigie.systems.kubernetes.kinds.config import keys
from vigie.systems.kubernetes.kinds.workloads import Container

_FEW = 4
_KINDS = {"configmap": "ConfigMap", "config": "ConfigMap", "secret": "Secret"}
_STARTING = ("ContainerCreating", "PodInitializing", "CreateContainerConfigError")


@dataclass(frozen=True, slots=True)
class Lack:
    """One object that a pod lacks (`key` "") or that lacks a key, with the statement or the reference that shows it."""

    object: Entity
    key: str
    proofs: tuple[Proof, ...]
    stated: bool


def lacks(pod: Entity, kind: str, *, key: bool) -> Iterator[Lack]:
    """What a pod that does not start lacks of one kind: whole objects, or keys of them. Each once, stated ones "
    "first."""
    if pod.read and not starting(pod):
        return
    seen: set[tuple[Entity, str]] = set()
    for lack in (*_stated(pod), *_shown(pod)):
        if lack.object.kind == kind and bool(lack.key) == key and (lack.object, lack.key) not in seen:
            seen.add((lack.object, lack.key))
            if not _there(lack):
                yield lack


def starting(pod: Entity) -> bool:
    """Whether a container of the pod waits to be made, or cannot do with the volumes that it was made with."""
    if any(row[Container.waiting] in _STARTING for row in pod.rows(Container)):
        return True
    return any(mounts.misplaced(pod)) or any(files.missed(pod))


def _there(lack: Lack) -> bool:
    """Whether the evidence shows what was missed: it came back, or is there under another's eyes."""
    if not lack.object.read:
        return False
    return not lack.key or lack.key in keys(lack.object)


def _stated(pod: Entity) -> Iterator[Lack]:
    for said in reversed(pod.signals("config-object-missing", "config-key-missing")):
        row = containers.status(pod, said.part) if said.part else None
        if pod.read and said.part and (row is None or row[Container.waiting] not in _STARTING):
            continue
        kind = _KINDS.get(said.said("kind").lower().removesuffix("s"), "")
        key = said.said("key").rstrip(".,;")
        if said.said("name"):
            space = said.said("space") or pod.namespace
            at = pod.near(kind, f"{space}/{said.said('name')}")
            yield Lack(at, key, (said.prove(), *_absence(at, key)), True)
        elif said.said("volume"):
            for at in _of_volume(pod, said, kind, key):
                yield Lack(at, key, (said.prove(), *_absence(at, key)), True)


def _absence(at: Entity, key: str) -> Iterator[Proof]:
    if at.exists is False:
        yield at.absence()
    elif at.read and key:
        held = ", ".join(sorted(keys(at))) or "no key"
        yield Proof(at, "data", held, None, at.pointer)


def _of_volume(pod: Entity, said: Signal, kind: str, key: str) -> list[Entity]:
    """The objects of a volume of which a FailedMount speaks without naming them: those that ask for the key."""
    asked = [
        at for name, at, items, _ in volumes(pod) if name == said.said("volume") and at.kind == kind and key in items
    ]
    return [at for at in asked if at.read and key not in keys(at)] or asked


def volumes(pod: Entity) -> Iterator[tuple[str, Entity, frozenset[str], bool]]:
    """Every ConfigMap and Secret of a pod's volumes: the volume, the object, the keys asked for, whether it may "
    "lack."""
    for volume in listed(pod.body, "spec", "volumes"):
        for held in (volume, *listed(volume, "projected", "sources")):
            for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                source = held.get(field)
                if not isinstance(source, dict):
                    continue
                name = source.get("name") or source.get("secretName")
                if name:
                    items = frozenset(str(i.get("key")) for i in listed(source, "items"))
                    yield str(volume.get("name")), pod.near(kind, str(name)), items, source.get("optional") is True


def _shown(pod: Entity) -> Iterator[Lack]:
    """What no message names and the objects themselves show: a reference to what was listed and is not there."""
    for one in files.missed(pod):
        if one.object is not None:
            name = one.mount.get("name")
            reference = Proof(pod, f'spec.volumes[name="{name}"]', one.object.name, None, pod.pointer)
            yield Lack(one.object, one.key, (one.proof, reference, *_absence(one.object, one.key)), one.named)
    if any(row[Container.waiting] == "CreateContainerConfigError" for row in pod.rows(Container)):
        for edge in pod.out("reads"):
            if edge.target.exists is False and not edge.optional:
                yield Lack(edge.target, "", (edge.prove(), edge.target.absence()), False)
    if not any(row[Container.waiting] in ("ContainerCreating", "PodInitializing") for row in pod.rows(Container)):
        return
    for volume, at, items, optional in volumes(pod):
        reference = Proof(pod, f'spec.volumes[name="{volume}"]', at.name, None, pod.pointer)
        if optional:
            continue
        if at.exists is False:
            yield Lack(at, "", (reference, at.absence()), False)
        elif at.read:
            for key in sorted(items - keys(at)):
                yield Lack(at, key, (reference, *_absence(at, key)), False)


def shown(lack: Lack) -> str:
    """The keys that an object has, as a sentence adds them; "" where it was not read or has none."""
    held = sorted(keys(lack.object)) if lack.object.read else []
    more = f" and {len(held) - _FEW} more" if len(held) > _FEW else ""
    return f" ({', '.join(held[:_FEW])}{more})" if held else ""
