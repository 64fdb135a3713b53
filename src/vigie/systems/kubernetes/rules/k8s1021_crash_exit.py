from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Record, Unknown, found, rule
from vigie.systems.kubernetes import containers, dependencies
from vigie.systems.kubernetes.fixes import called, rollback
from vigie.systems.kubernetes.kinds.workloads import Container
from vigie.systems.kubernetes.probes import killed, specified

_OTHERS = {126, 127, 137, 143}


@rule(
    "K8S1021",
    on="Pod",
    signal="container-ended",
    where=containers.failed,
    per="template",
    causes=("crash-exit",),
    severity="high",
    since="0.1.0",
    strength=0.78,
)
def crash_exit(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container ends with an error of its own.

    ## Why is this bad
    It is started again after ever longer pauses and ends again. Nothing that its log names is at fault, so the reason
    is in the program, its version or its arguments.

    ## Fix
    Read its last words, which are the proof; a bad release is undone with `kubectl rollout undo`.
    """
    for row in containers.ended(pod):
        code = int(row[Container.exit] or 0)
        part = containers.name(row)
        if code == 0 or code in _OTHERS or code > 128 or not containers.own_end(row):
            continue
        if (containers.is_init(row) and not containers.sidecar(pod, part)) or killed(pod, part):
            continue
        said = containers.words(pod, row)
        if not said:
            yield Unknown(pod, "logs:Pod", f"kubectl logs -n {pod.namespace} {pod.name} -c {part} --previous")
        elif missing := dependencies.unresolved(pod, said):
            yield Unknown(pod, missing, f"kubectl get services -n {pod.namespace} -o json")
        elif not _sent_away(pod, part, said[0]):
            yield found(
                "crash-exit",
                pod.holder,
                row.proof(Container.exit, row[Container.ended_at]),
                *said[:3],
                part=part,
                fix=f"Mend what ends container {part} of {called(pod.holder)}: its last words are the proof.",
                command=rollback(pod.holder),
            )


def _sent_away(pod: Entity, part: str, last: Record) -> bool:
    """Whether its end may be the kubelet's doing: it has a probe for which it is killed, nothing of what it said is
    trouble, and the events that would tell were not read."""
    probed = specified(pod, part, "Liveness") or specified(pod, part, "Startup")
    return bool(probed) and not last.bad and not pod.graph.covers("Event", pod.namespace)
