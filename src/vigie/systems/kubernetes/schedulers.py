"""Schedulers: which pods none has looked at, and whether one acts."""

import numpy as np

from vigie.kit import Entity, Graph, Table, clock
from vigie.systems.kubernetes import provisioning
from vigie.systems.kubernetes.health.scheduling import SCHEDULER, unplaced
from vigie.systems.kubernetes.joins import MINUTE, Mask, once
from vigie.systems.kubernetes.kinds.workloads import Pod

DEFAULT = "default-scheduler"


def unseen(pods: Table) -> Mask:
    """The pods that have waited for a minute and of which no scheduler has said anything."""
    return np.asarray(unplaced(pods) & ~pods.condition("PodScheduled").status.known)


def renewed(graph: Graph) -> bool:
    """Whether the scheduler's lease was read, and so is known to be kept."""
    return graph.get("Lease", "kube-system", SCHEDULER).read


def acts(graph: Graph, name: str, since: int) -> bool:
    """Whether a scheduler has placed a pod a minute or more after a time."""
    last = once(graph, f"last placed by {name}", lambda: _last(graph, name))
    return last > since + MINUTE


def _last(graph: Graph, name: str) -> int:
    pods = graph.table(Pod)
    if pods is None:
        return clock.MISSING
    own = pods[Pod.scheduler].isin(name) | (~pods[Pod.scheduler].known if name == DEFAULT else False)
    placed = pods.condition("PodScheduled").since.data[np.asarray(own, np.bool_)]
    return int(placed.max()) if len(placed) else clock.MISSING


def known(graph: Graph, name: str) -> list[Entity]:
    """The workloads that seem to be a scheduler of this name: they name it in their arguments, or bear its name."""
    return once(graph, f"scheduler {name}", lambda: _known(graph, name))


def _known(graph: Graph, name: str) -> list[Entity]:
    found = dict.fromkeys(provisioning.workers(graph, name))
    stem = name.removesuffix("-scheduler").removesuffix("-admission")
    for pod in graph.all(Pod):
        if stem and stem in pod.name and pod[Pod.node] and pod[Pod.scheduler] != name:
            found.setdefault(pod.holder)
    return list(found)
