"""Who makes volumes: the workloads behind a provisioner's name, and the volumes that nearly fit a claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Graph, quantity
from vigie.systems.kubernetes import claims, shapes
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.controllers import DaemonSet, Deployment, StatefulSet
from vigie.systems.kubernetes.kinds.nodes import Lease
from vigie.systems.kubernetes.kinds.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from vigie.systems.kubernetes.mending import template

IN_TREE = "kubernetes.io/"


def driver(claim: Entity) -> str:
    """The provisioner that a claim waits for, "" where it waits for none."""
    wanted = claims.storage_class(claim)
    named = wanted[StorageClass.provisioner] if wanted is not None else None
    name = named or claim[PersistentVolumeClaim.provisioner] or ""
    if not name:
        told = claim.signals("provisioner-awaited")
        name = told[-1].said("driver") if told else ""
    return "" if name == claims.NO_PROVISIONER else name


def workers(graph: Graph, name: str) -> list[Entity]:
    """The workloads that are a provisioner: they name it in their arguments or environment, or hold its lease."""
    return once(graph, f"provisioner {name}", lambda: _workers(graph, name))


def _workers(graph: Graph, name: str) -> list[Entity]:
    if not name:
        return []
    found: dict[Entity, None] = {}
    for pod in _holders_of_lease(graph, name):
        found.setdefault(pod.holder)
    for kind in (Deployment, StatefulSet, DaemonSet):
        for holder in graph.all(kind):
            if _names(template(holder), name):
                found.setdefault(holder)
    for pod in graph.all("Pod"):
        if pod.holder not in found and (pod.holder == pod or not pod.holder.read) and _names(shapes.spec(pod), name):
            found.setdefault(pod.holder)
    return list(found)


def _holders_of_lease(graph: Graph, name: str) -> list[Entity]:
    """The pods that hold the lease by which a provisioner elects its leader: named after it, with dashes for dots."""
    plain = name.replace("/", "-").replace(".", "-")
    out = []
    for lease in graph.all(Lease):
        if lease.name in (plain, f"external-provisioner-leader-{plain}", name):
            holder = (lease[Lease.holder] or "").partition("_")[0]
            pod = lease.near("Pod", holder)
            if pod.read:
                out.append(pod)
    return out


def _names(spec: Mapping[str, Any], name: str) -> bool:
    for field in ("containers", "initContainers"):
        for container in spec.get(field) or []:
            if not isinstance(container, Mapping):
                continue
            words = [*(container.get("command") or []), *(container.get("args") or [])]
            words += [e.get("value") for e in container.get("env") or [] if isinstance(e, Mapping)]
            if any(isinstance(word, str) and _word(word, name) for word in words):
                return True
    return False


def _word(word: str, name: str) -> bool:
    return word == name or word.endswith(f"={name}") or f"={name} " in word


_KEPT = ("Released", "Failed")


@dataclass(frozen=True, slots=True)
class Near:
    """A volume that comes near to serving a claim, and what is wrong with it, "" where it fits.

    `own`: it is kept for a claim of that name.
    """

    volume: Entity
    why: str
    own: bool


def nearest(claim: Entity) -> Near | None:
    """The volume that comes nearest to serving a claim; None where there is none at all.

    Only volumes of the claim's own class that are free, or kept for it, come near; then those whose claim is gone.
    Where the claim asks for a volume by name, or its class makes its volumes, no other does.
    """
    best: list[tuple[int, bool, float, str, Near]] = []
    wanted = claims.storage_class(claim)
    name = wanted.name if wanted is not None else claims.class_name(claim) or ""
    asked = claim[PersistentVolumeClaim.volume]
    others = not asked and not driver(claim)
    for volume in claim.graph.all(PersistentVolume):
        why = claims.misfit(claim, volume)
        held = f"{volume[PersistentVolume.claim_namespace]}/{volume[PersistentVolume.claim_name]}"
        mine = held == f"{claim.namespace}/{claim.name}"
        alike = (volume[PersistentVolume.storage_class] or "") == name
        if volume.name == asked:
            rank = 0
        elif not others:
            continue
        elif mine:
            rank = 0
        elif alike and volume[PersistentVolume.claim_name] is None:
            rank = 1
        elif alike and volume[PersistentVolume.phase] in _KEPT:
            rank, why = 2, f"it is {volume[PersistentVolume.phase]}, kept for claim {held}"
        else:
            continue
        size = quantity(volume[PersistentVolume.capacity].get("storage")) or 0
        best.append((rank, bool(why), -size, volume.name, Near(volume, why, mine)))
    return min(best, key=lambda one: one[:4])[4] if best else None
