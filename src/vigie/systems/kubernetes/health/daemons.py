"""When a DaemonSet lacks a pod on a node that wants one."""

from typing import Any

import numpy as np

from vigie.kit import Entity, Health, Table
from vigie.systems.kubernetes import daemons
from vigie.systems.kubernetes.joins import MINUTE, Mask, none
from vigie.systems.kubernetes.kinds.controllers import DaemonSet


def lacking(table: Table) -> Mask:
    """The DaemonSets that for a minute have made no pod on a node that wants one."""
    out = none(table)
    for row in np.flatnonzero(daemons.short(table)):
        entity: Entity = table.graph.entity(table.base + int(row))
        missing = daemons.absent_on(entity) or []
        old = [n for n in missing if n.created is None or table.as_of - n.created > MINUTE]
        out[row] = bool(old) or bool(entity.signals("daemon-not-placed"))
    return out


def _says(entity: Any) -> str:
    return f"{int(entity[DaemonSet.current] or 0)} pods for {int(entity[DaemonSet.desired] or 0)} nodes"


HEALTH = (
    Health(
        "apps/DaemonSet",
        lacking,
        _says,
        "A node that is older than a minute wants a pod of it and has none, and none is refused.",
    ),
)
