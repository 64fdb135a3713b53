"""Restarts of whole nodes, as their containers show them: many ended in one moment, and nobody saw how."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vigie.kit import Graph, Table, clock
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.workloads import Container, Pod

_WINDOW = 60 * clock.SECOND
_HOUR = 3600 * clock.SECOND
_UNSEEN = ("Unknown", "ContainerStatusUnknown")
_LOST = 255


@dataclass(frozen=True, slots=True)
class Restart:
    """One restart of a node: when its containers ended, how many of how many, and how often they did before."""

    node: str
    when: int
    containers: int
    of: int
    pods: tuple[int, ...]
    least: int
    most: int

    def __str__(self) -> str:
        counts = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return (
            f"{self.containers} of {self.of} containers in {len(self.pods)} pods ended unseen at "
            f"{clock.show(self.when)} "
            f"and were started again; restart counts {counts}"
        )


def restarts(graph: Graph) -> dict[str, Restart]:
    """The last restart of each node that had one, by its name; computed once."""
    return once(graph, "node restarts", lambda: _restarts(graph))


def _restarts(graph: Graph) -> dict[str, Restart]:
    pods = graph.table(Pod)
    if pods is None:
        return {}
    rows = pods.rows(Container)
    living = (~pods[Pod.phase].isin("Succeeded", "Failed") & pods[Pod.node].known & pods.exists)[rows.parent]
    ended = rows[Container.ended_at].data
    unseen = living & (ended != clock.MISSING) & (rows[Container.restarts].numbers() >= 1)
    unseen &= rows[Container.ended].isin(*_UNSEEN) | (rows[Container.exit].numbers(-1) == _LOST)
    nodes = pods[Pod.node].data[rows.parent]
    out: dict[str, Restart] = {}
    for code in np.unique(nodes[unseen]):
        here = living & (nodes == code)
        found = _moment(pods, ended, unseen & here, here)
        if found is not None:
            out[found.node] = found
    return out


def _moment(
    pods: Table, ended: npt.NDArray[np.int64], unseen: npt.NDArray[np.bool_], here: npt.NDArray[np.bool_]
) -> Restart | None:
    """The last minute in which containers of two or more pods of a node, and most of those of then, ended unseen."""
    rows = pods.rows(Container)
    last = int(ended[unseen].max())
    then = unseen & (ended > last - _WINDOW)
    members = np.unique(rows.parent[then])
    there = here & (pods.created.data[rows.parent] < last)
    of = int(there.sum())
    number = int(then.sum())
    if len(members) < min(2, len(np.unique(rows.parent[there]))) or 2 * number < of:
        return None
    counts = rows[Container.restarts].numbers()[then]
    name = pods[Pod.node][int(members[0])]
    return Restart(str(name), last, number, of, tuple(members.tolist()), int(counts.min()), int(counts.max()))


def down_since(pods: Table) -> npt.NDArray[np.bool_]:
    """The pods with a container that ended unseen when its node was restarted, within the hour, and is not ready."""
    rows = pods.rows(Container)
    ended = rows[Container.ended_at].data
    unseen = rows[Container.ended].isin(*_UNSEEN) | (rows[Container.exit].numbers(-1) == _LOST)
    recent = (ended != clock.MISSING) & (ended > pods.as_of - _HOUR)
    unready = ~rows[Container.ready].isin(True)
    out = rows.any(unseen & recent & unready)
    known = [pods.strings.code(name) for name in restarts(pods.graph)]
    return np.asarray(out & np.isin(pods[Pod.node].data, known) & ~pods[Pod.phase].isin("Succeeded", "Failed"))
