"""The clocks of nodes, held against each other: each kubelet writes its lease by its own."""

from dataclasses import dataclass

import numpy as np

from vigie.kit import Entity, Graph, clock
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.nodes import Lease, Node

_AHEAD = 60 * clock.SECOND
_BEHIND = 300 * clock.SECOND
_SPACE = "kube-node-lease"
_CONTROL = ("kube-scheduler", "kube-controller-manager")


@dataclass(frozen=True, slots=True)
class Skew:
    """How far a node's clock is from the others': microseconds, positive where it is ahead."""

    node: str
    lease: Entity
    other: Entity
    by: int


def skews(graph: Graph) -> dict[str, Skew]:
    """The nodes that post as they should with times that cannot be, by name."""
    return once(graph, "clock skews", lambda: {skew.node: skew for skew in _skews(graph)})


def _skews(graph: Graph) -> list[Skew]:
    table = graph.table(Lease)
    if table is None or not table.real:
        return []
    renewed = table[Lease.renewed].data[: table.real]
    known = np.flatnonzero(renewed != clock.MISSING)
    nodes = table.namespaces[: table.real] == graph.strings.code(_SPACE)
    nodes |= np.isin(table.names[: table.real], [graph.strings.code(name) for name in _CONTROL])
    kept = [row for row in known.tolist() if nodes[row]]
    if len(kept) < 3:
        return []
    middle = int(np.median(renewed[kept]))
    witness = min(kept, key=lambda row: abs(int(renewed[row]) - middle))
    near = sum(1 for row in kept if abs(int(renewed[row]) - middle) <= _AHEAD)
    if near < 2 or 2 * near < len(kept):
        return []
    out = []
    for row in kept:
        by = int(renewed[row]) - middle
        if -_BEHIND <= by <= _AHEAD:
            continue
        name = graph.strings[int(table.names[row])] or ""
        if _posts(graph.get(Node.key, "", name)):
            out.append(Skew(name, _lease(graph, row), _lease(graph, witness), by))
    return out


def _posts(node: Entity) -> bool:
    """Whether the cluster holds the node for alive: then an old lease is a slow clock and no lost node."""
    ready = node.condition("Ready")
    return ready is not None and ready.status == "True"


def _lease(graph: Graph, row: int) -> Entity:
    table = graph.table(Lease)
    assert table is not None
    return graph.entity(table.base + row)
