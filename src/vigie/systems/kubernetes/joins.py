"""Joins over whole tables, for health and predicates: masks that need the rows of another kind."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from vigie.kit import Graph, Table, clock
from vigie.systems.kubernetes.kinds.events import EVENTS, Event
from vigie.systems.kubernetes.kinds.workloads import Pod

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Times = npt.NDArray[np.int64]
T = TypeVar("T")

MINUTE = 60 * clock.SECOND
_KEPT: "WeakKeyDictionary[Graph, dict[str, Any]]" = WeakKeyDictionary()


def once(graph: Graph, name: str, make: Callable[[], T]) -> T:
    """What `make` returns, computed once for a graph; a sealed graph never changes."""
    kept = _KEPT.setdefault(graph, {})
    if name not in kept:
        kept[name] = make()
    value: T = kept[name]
    return value


def dig(value: Any, *path: str) -> Any:
    """What stands at a path in a decoded object; None where it does not go that far."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def listed(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects in the list at a path in a decoded object; none where there is no list."""
    found = dig(value, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def words(value: Any, *path: str) -> list[str]:
    """The strings in the list at a path in a decoded object; none where there is no list."""
    found = dig(value, *path)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def none(table: Table) -> Mask:
    """No row of a table."""
    return np.zeros(len(table), np.bool_)


def edges(table: Table, type: str, target: Table | None) -> tuple[Rows, Rows]:
    """The edges of one type from the rows of one table to those of another, as row numbers of both."""
    empty = np.zeros(0, np.int64)
    found = table.graph.edges.get(type)
    if found is None or target is None:
        return empty, empty
    source, end = found.source.astype(np.int64), found.target.astype(np.int64)
    kept = (source >= table.base) & (source < table.base + len(table))
    kept &= (end >= target.base) & (end < target.base + len(target))
    return source[kept] - table.base, end[kept] - target.base


def count(table: Table, rows: Rows, mask: Mask | None = None) -> Rows:
    """How many edges leave each row of a table."""
    return np.bincount(rows if mask is None else rows[mask], minlength=len(table)).astype(np.int64)


def told(table: Table, reasons: tuple[str, ...], type: str = "") -> Times:
    """When an event with one of these reasons was last told of each row of a table; the missing time where never."""
    out = np.full(len(table), clock.MISSING, np.int64)
    events = table.graph.table(Event)
    if events is None:
        return out
    source, target = edges(events, EVENTS.about, table)
    wanted = events[Event.reason].isin(*reasons)
    if type:
        wanted = wanted & events[Event.type].isin(type)
    kept = wanted[source]
    when = np.maximum(events[Event.last].data, events.created.data)[source[kept]]
    np.maximum.at(out, target[kept], when)
    return out


def refused(table: Table) -> Mask:
    """Where the last word about making something was that it could not be made."""
    failed = told(table, ("FailedCreate",), "Warning")
    return np.asarray((failed != clock.MISSING) & (failed > told(table, ("SuccessfulCreate",))), np.bool_)


def since(times: Times, as_of: int) -> Times:
    """How long ago each time is, 0 where it is missing."""
    known = times != clock.MISSING
    return np.where(known, as_of - np.where(known, times, 0), 0)


def covered(table: Table, kind: str) -> Mask:
    """The rows in whose namespace a kind was listed in full."""
    graph = table.graph
    if graph.covers(kind):
        return np.ones(len(table), np.bool_)
    out = none(table)
    for code in np.unique(table.namespaces):
        if graph.covers(kind, graph.strings[int(code)] or ""):
            out |= table.namespaces == code
    return out


def ready(pods: Table) -> Mask:
    """The pods that serve: ready, and not being deleted."""
    return (pods.condition("Ready").status == "True") & ~pods.deleted.known & pods.exists


def ended(pods: Table) -> Mask:
    """The pods that have run and are done."""
    return pods[Pod.phase].isin("Succeeded", "Failed")


def ailing(pods: Table) -> Mask:
    """The pods that their own declarations of health hold for unhealthy."""

    def test() -> Mask:
        out = none(pods)
        for health in pods.graph.schema.health:
            if health.on == "Pod":
                out |= np.asarray(health.test(pods), np.bool_)
        out[pods.real :] = False
        return out

    return once(pods.graph, "ailing pods", test)
