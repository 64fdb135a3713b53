"""Which pods were displaced by others of higher priority, and which pods stand in for them."""

from vigie.kit import Entity, Graph, Signal, clock
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.events import EVENTS, Event
from vigie.systems.kubernetes.kinds.workloads import Pod

_RECENT = 3600 * clock.SECOND


def displaced(pod: Entity) -> tuple[Entity, Signal] | None:
    """The displaced pod behind a pod's trouble, and what tells of it: itself, or one that it was made to replace."""
    own = pod.signals("preempted")
    if own:
        return pod, own[-1]
    if pod[Pod.node]:
        return None
    holder = pod.holder
    if holder == pod:
        return None
    for victim, signal in reversed(once(pod.graph, "displaced pods", lambda: _displaced(pod.graph))):
        if victim.namespace != pod.namespace or (signal.time or 0) < pod.graph.as_of - _RECENT:
            continue
        if victim.holder == holder or (not victim.read and _of_family(victim.name, pod)):
            return victim, signal
    return None


def _displaced(graph: Graph) -> list[tuple[Entity, Signal]]:
    """Every displaced pod that is told of, oldest first."""
    events = graph.table(Event)
    told: set[Entity] = set()
    if events is not None:
        for event in graph.where(Event, events[Event.reason].isin("Preempted")):
            told.update(edge.target for edge in event.out(EVENTS.about) if edge.target.kind == "Pod")
    pods = graph.table(Pod)
    if pods is not None:
        marked = pods.condition("DisruptionTarget")
        told.update(graph.where(Pod, marked.reason.isin("PreemptionByScheduler") & (marked.status == "True")))
    found = [(pod, signal) for pod in told for signal in pod.signals("preempted")]
    return sorted(found, key=lambda pair: (pair[1].time or 0, pair[0].address))


def _of_family(name: str, pod: Entity) -> bool:
    """Whether a pod that is gone was made under the same name prefix as another: `web-5d4f-x2x9v`, `web-5d4f-abcde`."""
    prefix = pod.body.get("metadata", {}).get("generateName")
    return name == pod.name or (
        isinstance(prefix, str) and bool(prefix) and name.startswith(prefix) and "-" not in name[len(prefix) :]
    )
