from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Record, Unknown, found, rule
from vigie.systems.kubernetes import containers, dependencies, environment
from vigie.systems.kubernetes.fixes import called, rollback, sentence, told
from vigie.systems.kubernetes.kinds.workloads import Container, Pod
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
        elif (between := dependencies.cut_off(pod, said[:1])) is not None:
            where = f"kubectl get pods -A -o wide --field-selector spec.nodeName={pod[Pod.node]}"
            yield Unknown(pod, "network:Node", where, f"{between.address} serves, and no answer comes from there")
        elif not _sent_away(pod, part, said[0]):
            yield found(
                "crash-exit",
                pod.holder,
                row.proof(Container.exit, row[Container.ended_at]),
                *said[:3],
                part=part,
                fix=sentence(
                    f"Mend what ends container {part} of {called(pod.holder)}: {told(*said)}{_linked(pod, said)}", pod
                ),
                command=rollback(pod),
            )


def _linked(pod: Entity, said: tuple[Record, ...]) -> str:
    """What is to be done about a variable that Kubernetes sets for a Service, where the last words quote its value."""
    found = next(filter(None, (environment.linked(pod, record.text) for record in said)), None)
    if found is None:
        return ""
    return f"; set {found[0]} in its env or enableServiceLinks to false, for Kubernetes sets it for {found[1]}"


def _sent_away(pod: Entity, part: str, last: Record) -> bool:
    """Whether its end may be the kubelet's doing: it has a probe for which it is killed, nothing of what it said is
    trouble, and the events that would tell were not read."""
    probed = specified(pod, part, "Liveness") or specified(pod, part, "Startup")
    return bool(probed) and not last.bad and not pod.graph.covers("Event", pod.namespace)
