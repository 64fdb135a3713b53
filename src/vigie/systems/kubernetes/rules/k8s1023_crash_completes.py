from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.kinds.workloads import Container
from vigie.systems.kubernetes.probes import killed, specified


@rule(
    "K8S1023",
    on="Pod",
    signal="container-ended",
    per="template",
    causes=("crash-completes",),
    severity="high",
    since="0.1.0",
    strength=0.9,
)
def crash_completes(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container that is to run for ever is done and ends without an error, again and again.

    ## Why is this bad
    Under `restartPolicy: Always` a process that ends is started again, whether it failed or not: the pod is never
    ready for long, and the pauses grow.

    ## Fix
    Let the container run its server in the foreground, or make the work a Job.
    """
    if not pod.read:
        return
    for row in containers.ended(pod):
        part = containers.name(row)
        if row[Container.exit] != 0 or (row[Container.restarts] or 0) < 1 or containers.is_init(row):
            continue
        if killed(pod, part):
            continue
        probed = specified(pod, part, "Liveness") or specified(pod, part, "Startup")
        if probed and not graph.covers("Event", pod.namespace):  # A server that its kubelet ends exits 0 as well.
            continue
        yield found(
            "crash-completes",
            pod.holder,
            row.proof(Container.exit, row[Container.ended_at]),
            row.proof(Container.restarts),
            part=part,
            fix=sentence(f"Let container {part} of {called(pod.holder)} keep running, or make its work a Job", pod),
            command=edit(pod.holder),
        )
