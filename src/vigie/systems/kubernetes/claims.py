"""What the volumes of a pod say about where it may go: its claims, their volumes and classes, and attachment limits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Graph, matches, quantity
from vigie.systems.kubernetes import affinity, shapes
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.storage import (
    NodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.scheduling import Filter

ZONES = (
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
)
NO_PROVISIONER = "kubernetes.io/no-provisioner"
LATE = "WaitForFirstConsumer"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A volume that keeps a pod off a node, or off all of them."""

    filter: Filter
    at: Entity
    says: str


def claimed(pod: Entity) -> list[Entity]:
    """The claims that a pod mounts, those of its ephemeral volumes included, in the order of its volumes."""
    out: list[Entity] = []
    for volume in shapes.spec(pod).get("volumes") or []:
        source = volume.get("persistentVolumeClaim")
        if isinstance(source, Mapping) and isinstance(source.get("claimName"), str):
            out.append(pod.near("PersistentVolumeClaim", source["claimName"]))
        elif isinstance(volume.get("ephemeral"), Mapping):
            out.append(pod.near("PersistentVolumeClaim", f"{pod.name}-{volume.get('name')}"))
    return out


def class_name(claim: Entity) -> str | None:
    """The StorageClass that a claim names: None for the default, "" for none at all."""
    old = claim[PersistentVolumeClaim.old_class]
    return old if old is not None else claim[PersistentVolumeClaim.storage_class]


def storage_class(claim: Entity) -> Entity | None:
    """The StorageClass that a claim belongs to; the default where it names none; None where it has none."""
    name = class_name(claim)
    if name == "":
        return None
    if name is not None:
        return claim.graph.get("storage.k8s.io/StorageClass", "", name)
    return default_class(claim.graph)


def borne(graph: Graph, name: str) -> bool:
    """Whether volumes bear the name of a class: then it needs no object."""
    return any(v[PersistentVolume.storage_class] == name for v in graph.all(PersistentVolume))


def default_class(graph: Graph) -> Entity | None:
    """The class of claims that name none: the youngest of those marked as default."""
    marked = [c for c in graph.all(StorageClass) if c[StorageClass.default] == "true"]
    return max(marked, key=lambda c: (c.created or 0, c.name), default=None)


def volume(claim: Entity) -> Entity | None:
    """The volume that a claim is bound to."""
    name = claim[PersistentVolumeClaim.volume]
    return claim.graph.get("PersistentVolume", "", name) if name else None


def reachable(volume: Entity, node: Entity) -> bool:
    """Whether a node may use a volume: its node affinity, and the zone labels of older volumes."""
    if not affinity.terms(node.labels, node.name, _affinity(volume)):
        return False
    for key in ZONES:
        wanted = volume.labels.get(key)
        if wanted is not None and key in node.labels and node.labels[key] not in wanted.split("__"):
            return False
    return True


def _affinity(volume: Entity) -> Any:
    return shapes.shaped(volume[PersistentVolume.node_affinity], shapes.NODE_SELECTOR)


def modes(of: Any) -> set[str]:
    """Access modes as a set of words."""
    return set(shapes.shaped(of, ["text"]) or [])


def place(volume: Entity) -> str:
    """Where a volume is, in words."""
    wanted = _affinity(volume)
    words = affinity.said({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": wanted}}})
    return words or ", ".join(f"{key}={volume.labels[key]}" for key in ZONES if key in volume.labels)


def everywhere(pod: Entity) -> Iterator[Obstacle]:
    """The obstacles that hold for all nodes at once."""
    for claim in claimed(pod):
        if claim.exists is False:
            yield Obstacle("claim", claim, f"the claim {claim.name} does not exist")
        if not claim.read:
            continue
        if claim.deleted is not None:
            yield Obstacle("claim", claim, f"the claim {claim.name} is being deleted")
        bound = volume(claim)
        phase = claim[PersistentVolumeClaim.phase]
        if phase == "Lost" or (bound is not None and bound.exists is False):
            yield Obstacle("volume-gone", claim, f"the claim {claim.name} is bound to a volume that does not exist")
        elif phase == "Pending":
            wanted = storage_class(claim)
            if wanted is None or wanted[StorageClass.binding] != LATE:
                yield Obstacle("volume-unbound", claim, f"the claim {claim.name} has no volume")
        if "ReadWriteOncePod" in modes(claim[PersistentVolumeClaim.modes]):
            for other in _users(claim, pod):
                yield Obstacle(
                    "volume-access", claim, f"{other} has the claim {claim.name}, which only one pod may use"
                )


def _users(claim: Entity, but: Entity) -> Iterator[Entity]:
    """The other pods that stand on nodes with a claim."""
    for edge in claim.into("mounts"):
        pod = edge.source
        if pod != but and pod.kind == "Pod" and pod[Pod.node] and pod[Pod.phase] not in ("Succeeded", "Failed"):
            yield pod


def on_node(mounted: Iterable[Entity], node: Entity) -> Iterator[Obstacle]:
    """The obstacles that the claims of a pod meet on one node."""
    new: dict[str, int] = {}
    for claim in mounted:
        if not claim.read:
            continue
        bound = volume(claim)
        if bound is None or not bound.read:
            yield from _unbound(claim, node)
            continue
        if not reachable(bound, node):
            yield Obstacle("volume-zone", bound, f"the volume {bound.name} is at {place(bound)}")
        driver = bound[PersistentVolume.driver]
        if driver:
            new[driver] = new.get(driver, 0) + 1
    for driver, more in sorted(new.items()):
        limit = _limit(node, driver)
        if limit is None:
            continue
        held = _attached(node, driver)
        if len(held) + more > limit:
            yield Obstacle(
                "volume-limit", node, f"{len(held)} of at most {int(limit)} volumes of {driver} are attached"
            )


def _unbound(claim: Entity, node: Entity) -> Iterator[Obstacle]:
    """A claim that is bound when its pod is placed: whether something can be found for this node."""
    wanted = storage_class(claim)
    if wanted is None or not wanted.read or wanted[StorageClass.binding] != LATE:
        return
    if wanted[StorageClass.provisioner] == NO_PROVISIONER:
        if not any(fits(claim, bound) and reachable(bound, node) for bound in claim.graph.all(PersistentVolume)):
            yield Obstacle("volume-unbound", claim, f"no free volume of class {wanted.name} is on it for {claim.name}")
        return
    topologies = wanted[StorageClass.topologies]
    if isinstance(topologies, list) and topologies and not any(_allowed(t, node) for t in topologies):
        yield Obstacle("volume-unbound", wanted, f"the class {wanted.name} makes no volumes there")


def _allowed(topology: Any, node: Entity) -> bool:
    shape = {"matchLabelExpressions": [{"key": "text", "values": ["text"]}]}
    wanted = (shapes.shaped(topology, shape) or {}).get("matchLabelExpressions") or []
    return all(node.labels.get(e.get("key", "")) in e.get("values", []) for e in wanted)


def misfit(claim: Entity, bound: Entity) -> str:
    """Why a volume cannot serve a claim, "" if it can."""
    phase = bound[PersistentVolume.phase]
    mine = (claim.namespace, claim.name)
    kept = (bound[PersistentVolume.claim_namespace] or "", bound[PersistentVolume.claim_name] or "")
    if kept not in {("", ""), mine}:
        return f"it is kept for {kept[0]}/{kept[1]}"
    if phase not in (None, "Available", "Pending") or bound.deleted is not None:
        return f"it is {'being deleted' if bound.deleted is not None else phase}"
    wanted = storage_class(claim)
    name = wanted.name if wanted is not None else class_name(claim) or ""
    if (bound[PersistentVolume.storage_class] or "") != name:
        return f"it is of class {bound[PersistentVolume.storage_class] or 'none'}"
    asked, has = claim[PersistentVolumeClaim.requests].get("storage"), bound[PersistentVolume.capacity].get("storage")
    if (quantity(asked) or 0) > (quantity(has) or 0):
        return f"it holds {has} of {asked}"
    wants = modes(claim[PersistentVolumeClaim.modes])
    if not wants <= modes(bound[PersistentVolume.modes]):
        return f"it cannot be shared as {' '.join(sorted(wants))}"
    if (claim[PersistentVolumeClaim.volume_mode] or "Filesystem") != (
        bound[PersistentVolume.volume_mode] or "Filesystem"
    ):
        return f"it is of mode {bound[PersistentVolume.volume_mode] or 'Filesystem'}"
    return "" if _labelled(claim, bound) else "its labels do not match the claim's selector"


def fits(claim: Entity, bound: Entity) -> bool:
    """Whether a volume can serve a claim."""
    return not misfit(claim, bound)


def _labelled(claim: Entity, bound: Entity) -> bool:
    selector = claim[PersistentVolumeClaim.selector]
    return not isinstance(selector, Mapping) or matches(bound.labels, selector)


def _limit(node: Entity, driver: str) -> float | None:
    """How many volumes of a driver a node takes, None where nobody says."""
    for row in node.graph.get("storage.k8s.io/CSINode", "", node.name).rows(NodeDriver):
        if row[NodeDriver.driver] == driver:
            return row[NodeDriver.limit]
    return quantity(node[Node.allocatable].get(f"attachable-volumes-csi-{driver}"))


def _attached(node: Entity, driver: str) -> set[str]:
    """The volumes of a driver that are on a node or on their way to it."""
    out: set[str] = set()
    for edge in node.into("attached-to"):
        if edge.source[VolumeAttachment.attacher] == driver:
            out.add(edge.source[VolumeAttachment.volume] or edge.source.name)
    for edge in node.into("schedules-on"):
        if edge.source[Pod.phase] in ("Succeeded", "Failed"):
            continue
        for mount in edge.source.out("mounts"):
            bound = volume(mount.target) if mount.target.kind == "PersistentVolumeClaim" else None
            if bound is not None and bound[PersistentVolume.driver] == driver:
                out.add(bound.name)
    return out


def sizes(claim: Entity) -> tuple[float | None, float | None]:
    """How much a claim asks for, and how much it has, in bytes."""
    asked = quantity(claim[PersistentVolumeClaim.requests].get("storage"))
    return asked, quantity(claim[PersistentVolumeClaim.capacity].get("storage"))
