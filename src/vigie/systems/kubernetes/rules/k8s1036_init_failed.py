from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Unknown, found, rule
from vigie.systems.kubernetes import containers, dependencies
from vigie.systems.kubernetes.fixes import called, rollback, sentence, told
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1036",
    on="Pod",
    signal="container-ended",
    where=containers.failed,
    per="template",
    causes=("init-failed",),
    severity="high",
    since="0.1.0",
    strength=0.78,
)
def init_failed(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """An init container fails by its own doing, so that the pod never starts.

    ## Why is this bad
    The containers of the pod wait until every init container has succeeded, one after the other.

    ## Fix
    Mend what the init container does: its last words are the proof.
    """
    for row in containers.ended(pod):
        part = containers.name(row)
        code = int(row[Container.exit] or 0)
        if not containers.is_init(row) or containers.sidecar(pod, part) or code in (0, 126, 127) or code > 128:
            continue
        said = containers.words(pod, row)
        if not said:
            yield Unknown(pod, "logs:Pod", f"kubectl logs -n {pod.namespace} {pod.name} -c {part}")
        elif containers.own_end(row) and not dependencies.unresolved(pod, said):
            yield found(
                "init-failed",
                pod.holder,
                row.proof(Container.exit, row[Container.ended_at]),
                *said[:3],
                part=part,
                fix=sentence(f"Mend init container {part} of {called(pod.holder)}: {told(*said)}", pod),
                command=rollback(pod),
            )
