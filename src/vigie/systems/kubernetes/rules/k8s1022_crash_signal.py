from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.fixes import called, rollback, sentence
from vigie.systems.kubernetes.kinds.workloads import Container

SIGNALS = {
    4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV",
    24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
}  # fmt: skip


@rule(
    "K8S1022",
    on="Pod",
    signal="container-ended",
    where=containers.failed,
    per="template",
    causes=("crash-signal",),
    severity="high",
    since="0.1.0",
    strength=0.82,
)
def crash_signal(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container's process dies of a signal that its own code raised.

    ## Why is this bad
    A segmentation fault, an abort or an illegal instruction is a defect of the program or of a native library in it, or
    an image built for another processor. Nothing outside the container ended it.

    ## Fix
    Run another build of the image; keep the core dump of this one.
    """
    for row in containers.ended(pod):
        code = int(row[Container.exit] or 0)
        number = int(row[Container.end_signal] or 0) or (code - 128 if code > 128 else 0)
        if number not in SIGNALS or row[Container.ended] == "OOMKilled":
            continue
        part = containers.name(row)
        yield found(
            "crash-signal",
            pod.holder,
            row.proof(Container.exit, row[Container.ended_at]),
            *containers.words(pod, row)[:1],
            part=part,
            fix=sentence(
                f"Run a build of container {part} of {called(pod.holder)} that does not die of {SIGNALS[number]}", pod
            ),
            command=rollback(pod),
        )
