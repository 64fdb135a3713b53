from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, starting
from vigie.systems.kubernetes.fixes import called, rollback, sentence


@rule(
    "K8S1024",
    on="Pod",
    signal=("container-ended", "container-waiting", "container-start-failed"),
    where=containers.failed,
    per="template",
    causes=("command-not-found",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def command_not_found(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container's command is not in its image, or cannot be run.

    ## Why is this bad
    The runtime or the shell finds no program to start: the container ends before any of it ran. A wrong path, a missing
    interpreter, a file without the right to be executed, or an image built for another processor.

    ## Fix
    Name a program that the image has in `command`, or leave `command` out so that the image's own entry point runs.
    """
    for part, proofs, strength in starting.unstartable(pod):
        yield found(
            "command-not-found",
            pod.holder,
            *proofs,
            part=part,
            fix=sentence(
                f"Set command of container {part} of {called(pod.holder)} to a program that its image has", pod
            ),
            command=rollback(pod),
            strength=strength,
        )
