from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Unknown, clock, found, rule, valid_name
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.fixes import called
from vigie.systems.kubernetes.kinds.workloads import Container

_HOUR = 3600 * clock.SECOND


@rule(
    "K8S1047",
    on="Pod",
    signal="container-ended",
    causes=("flapping",),
    severity="medium",
    since="0.1.0",
    strength=0.5,
)
def flapping(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container that is ready now was started again at least three times, the last time within the hour.

    ## Why is this bad
    It serves between two ends and drops its work at each; no evidence says why it ends.

    ## Fix
    Keep the log of its last run (`kubectl logs --previous`) and look for what ends it.
    """
    for row in pod.rows(Container):
        at = row[Container.ended_at]
        if not row[Container.ready] or at is None or (row[Container.restarts] or 0) < 3 or graph.as_of - at >= _HOUR:
            continue
        if row[Container.running_since] is None or row[Container.ended] in ("Unknown", "ContainerStatusUnknown"):
            continue
        part = containers.name(row)
        if not containers.end_log(pod, row):
            yield Unknown(pod, "logs:Pod", f"kubectl logs -n {pod.namespace} {pod.name} -c {part} --previous")
            continue
        yield found(
            "flapping",
            pod.holder,
            row.proof(Container.restarts),
            row.proof(Container.exit, at),
            *containers.words(pod, row)[:1],
            part=part,
            fix=f"Find out from the previous log of container {part} of {called(pod.holder)} why it ends.",
            command=("kubectl", "logs", pod.name, "-n", pod.namespace, "-c", part, "--previous")
            if all(map(valid_name, (pod.name, pod.namespace, part)))
            else None,
        )
