"""Whether a container was killed by its own limit or by its node's lack of memory."""

from vigie.kit import Entity, Row, Signal, clock, quantity
from vigie.systems.kubernetes import shapes
from vigie.systems.kubernetes.kinds.workloads import Container, ContainerSpec

_NEAR = 120 * clock.SECOND
KILLED = 137


def unlimited(pod: Entity, name: str) -> bool:
    """Whether nothing limits the memory of a container: neither its own specification nor its pod's."""
    whole = (shapes.spec(pod).get("resources") or {}).get("limits") or {}
    if quantity(whole.get("memory")):
        return False
    rows = [row for row in pod.rows(ContainerSpec) if row[ContainerSpec.name] == name]
    return bool(rows) and not any(quantity(row[ContainerSpec.limits].get("memory")) for row in rows)


def near(node: Entity, row: Row) -> Signal | None:
    """The event by which a node told that it killed for memory when a container ended; None where it did not."""
    ended = row[Container.ended_at]
    if ended is None:
        return None
    for signal in node.signals("system-oom"):
        last, first = signal.time, signal.first if signal.first is not None else signal.time
        if last is not None and first is not None and first - _NEAR <= ended <= last + _NEAR:
            return signal
    return None
