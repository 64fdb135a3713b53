"""Namespaces that do not end: what remains in them, what holds it, which API cannot be asked."""

import re
from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Table, clock
from vigie.systems.kubernetes.joins import Mask
from vigie.systems.kubernetes.kinds.config import Namespace

GRACE = 60 * clock.SECOND
CONDITIONS = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
)
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_VERSION = re.compile(rf"\b(?P<group>{_LABEL}(?:\.{_LABEL})*)/(?P<version>v\d+\w*)\b")
_FINALIZER = re.compile(r"(?P<name>[\w./-]+) in (?P<number>\d+) resource instances?")
_RESOURCE = re.compile(r"(?P<plural>[a-z0-9-]+)\.(?P<group>[\w.-]*) has (?P<number>\d+) resource instances?")


def stuck(table: Table) -> Mask:
    """The namespaces whose deletion was asked for more than a minute ago, and in which no pod may still take time."""
    deleted = table.deleted
    waited = table.as_of - np.where(deleted.known, deleted.data, table.as_of) > GRACE
    out = np.asarray((table[Namespace.phase] == "Terminating") & deleted.known & waited & table.exists, np.bool_)
    for row in np.flatnonzero(out):
        space = table.graph.entity(table.base + int(row))
        out[row] = bool(failing_apis(space)) or not any(ending(entity) for entity in content(space))
    return out


def ending(entity: Entity) -> bool:
    """Whether a pod is being ended and may still take its time."""
    return entity.kind == "Pod" and entity.deleted is not None and entity.graph.as_of - entity.deleted <= GRACE


def failing_apis(space: Entity) -> list[Entity]:
    """The APIServices whose discovery fails, as the namespace's condition names them."""
    condition = space.condition("NamespaceDeletionDiscoveryFailure")
    if condition is None or condition.status != "True":
        return []
    found = {(m["version"], m["group"]) for m in _VERSION.finditer(condition.message)}
    return [space.graph.get("APIService", "", f"{version}.{group}") for version, group in sorted(found)]


def finalizers(space: Entity) -> list[str]:
    """The finalizers that objects in a namespace still wait for, as its condition names them."""
    condition = space.condition("NamespaceFinalizersRemaining")
    if condition is None or condition.status != "True":
        return []
    return [m["name"] for m in _FINALIZER.finditer(condition.message)]


def remaining(space: Entity) -> list[tuple[str, str, int]]:
    """What is left in a namespace: resource name, API group and number."""
    condition = space.condition("NamespaceContentRemaining")
    if condition is None or condition.status != "True":
        return []
    return [(m["plural"], m["group"].rstrip("."), int(m["number"])) for m in _RESOURCE.finditer(condition.message)]


def content(space: Entity) -> Iterator[Entity]:
    """The objects in a namespace that were read and whose deletion was asked for, held ones first."""
    graph = space.graph
    code = graph.strings.code(space.name)
    ending = []
    for table in graph.tables.values():
        if len(table) and table.real:
            rows = np.flatnonzero((table.namespaces == code) & table.deleted.known & table.exists)
            ending += [graph.entity(table.base + int(row)) for row in rows]
    yield from sorted(ending, key=lambda e: (not e.finalizers, e.address))
