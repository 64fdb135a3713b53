"""Which logs to read of a live cluster: those of what is unwell, and then of what those complain about."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeAlias

from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.questions.sickness import Sickness

Wish: TypeAlias = tuple[str, str, str, bool]
"""Namespace, pod, container, and whether of its previous run."""

PER_TEMPLATE = 3
ROUNDS = 4
_DEPTH = 3


class Collection:
    """Chooses the logs of a graph in rounds: each pod once, and few of one template."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._asked: set[Entity] = set()
        self._taken: Counter[Entity] = Counter()

    def rounds(self) -> Iterator[list[Wish]]:
        """The logs to read, round by round. Those of a round must be in the graph before the next is asked for."""
        pods = self._choose(self._unwell())
        for _ in range(ROUNDS):
            if not pods:
                return
            yield [wish for pod in pods for wish in _logs(pod)]
            pods = self._choose(member for pod in pods for member in self._blamed(pod))

    def _choose(self, pods: Iterable[Entity]) -> list[Entity]:
        chosen = []
        for pod in pods:
            if pod.read and pod not in self._asked and self._taken[pod.holder] < PER_TEMPLATE:
                self._asked.add(pod)
                self._taken[pod.holder] += 1
                chosen.append(pod)
        return chosen

    def _unwell(self) -> Iterator[Entity]:
        """The unhealthy pods, and after them those that unhealthy workloads own and that failed or are not ready."""
        sick = list(Sickness.of(self._graph))
        yield from filter(_is_pod, sick)
        for entity in sick:
            if entity.holds:
                beneath = [pod for pod in _beneath(entity, _DEPTH) if _unready(pod)]
                yield from sorted(beneath, key=lambda pod: (-(pod.created or 0), pod.address))

    def _blamed(self, pod: Entity) -> Iterator[Entity]:
        """The pods behind the names that a pod's logs complain of: one in between may be well, and only pass it on."""
        for log in pod.logs():
            for record in chain(log.recent(), log.last_words()):
                if not record.bad:
                    continue
                named = [str(address) for address in (*record.addresses, record.nameserver) if address is not None]
                for name in named or record.hints:
                    target = self._graph.resolve(name, near=pod)
                    if target is not None and target.read:
                        members = [target, *(edge.target for edge in target.out("selects"))]
                        yield from filter(_is_pod, members)


def _is_pod(entity: Entity) -> bool:
    return entity.kind == "Pod" and not entity.group


def _beneath(owner: Entity, depth: int) -> Iterator[Entity]:
    for entity in owner.owned():
        if _is_pod(entity):
            yield entity
        elif depth > 1:
            yield from _beneath(entity, depth - 1)


def _unready(pod: Entity) -> bool:
    status = pod.body.get("status")
    if isinstance(status, dict) and status.get("phase") == "Succeeded":
        return False
    ready = pod.condition("Ready")
    return ready is None or ready.status != "True"


def _logs(pod: Entity) -> Iterator[Wish]:
    """The logs that the containers of a pod can have: a current one once they ran, one before it after a restart."""
    status = pod.body.get("status")
    known = status if isinstance(status, dict) else {}
    for name in ("initContainerStatuses", "containerStatuses"):
        for container in known.get(name) or ():
            if not isinstance(container, dict) or not isinstance(container.get("name"), str):
                continue
            again = bool(container.get("restartCount"))
            if again or not (container.get("state") or {}).get("waiting"):
                yield pod.namespace, pod.name, container["name"], False
            if again:
                yield pod.namespace, pod.name, container["name"], True
