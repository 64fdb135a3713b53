"""Owners that no reference names: inferred from the names that controllers give, and from what they told in events."""

import re

from vigie.kit import Entity, Graph
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.controllers import Deployment, ReplicaSet
from vigie.systems.kubernetes.kinds.events import EVENTS, Event
from vigie.systems.kubernetes.kinds.workloads import Pod

_MADE = (
    ("SuccessfulCreate", re.compile(r"Created pod: (?P<name>\S+)$"), "Pod"),
    ("SuccessfulCreate", re.compile(r"[Cc]reate(?:d)? [Pp]od (?P<name>\S+) in StatefulSet"), "Pod"),
    ("SuccessfulCreate", re.compile(r"Created job (?P<name>\S+)$"), "batch/Job"),
    (
        "ScalingReplicaSet",
        re.compile(r"Scaled (?:up|down) replica set (?P<name>\S+) (?:from \d+ )?to \d+"),
        "apps/ReplicaSet",
    ),
)


def owner(entity: Entity) -> Entity | None:
    """The owner of a pod, ReplicaSet or Job whose own references were not read; None where nothing shows one."""
    if entity.read and entity.key not in (Pod.key, ReplicaSet.key):
        return None
    told = once(entity.graph, "owners told", lambda: _told(entity.graph)).get(entity.address)
    if told is not None and told.holds and not (entity.read and entity.into("owns")):
        return told
    return _deployment(entity) if entity.key == ReplicaSet.key and not entity.read else None


def _deployment(entity: Entity) -> Entity | None:
    """ReplicaSet X-H of a pod labelled pod-template-hash=H is of Deployment X."""
    for pod in entity.owned():
        digest = pod.labels.get("pod-template-hash")
        if digest and entity.name.endswith(f"-{digest}"):
            return entity.near("apps/Deployment", entity.name.removesuffix(f"-{digest}"))
    return None


def _told(graph: Graph) -> dict[tuple[str, str, str, str], Entity]:
    """Who said in an event that it made what."""
    out: dict[tuple[str, str, str, str], Entity] = {}
    events = graph.table(Event)
    if events is None:
        return out
    for event in graph.where(Event, events[Event.reason].isin("SuccessfulCreate", "ScalingReplicaSet")):
        about = next(iter(event.out(EVENTS.about)), None)
        if about is None:
            continue
        for reason, pattern, kind in _MADE:
            match = pattern.search(event[Event.message] or "") if event[Event.reason] == reason else None
            if match and (kind != "apps/ReplicaSet" or about.target.key == Deployment.key):
                out.setdefault(about.target.near(kind, match["name"]).address, about.target)
    return out
