from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, dependencies


@rule(
    "K8S1306",
    on="Pod",
    signal=("container-ended", "pod-not-ready"),
    where=containers.failed,
    per="template",
    causes=("crash-dependency",),
    severity="high",
    since="0.1.0",
    strength=0.85,
)
def crash_dependency(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container ends because something that it calls is missing or down.

    ## Why is this bad
    It is started again and again and can do nothing about it: its last words name what did not answer. The same holds
    for an init container that waits for another service before it lets the pod begin.

    ## Fix
    Mend what is called; the callers recover by themselves.
    """
    ended = {containers.name(row) for row in containers.ended(pod)}
    yield from dependencies.configured(pod)
    for row, failed in dependencies.calls(pod):
        part = containers.name(row)
        if part not in ended and not containers.is_init(row):
            continue
        yield from dependencies.reliances(pod, failed)
        for failure in failed:
            outside = dependencies.outside(pod, failure)
            if outside is not None:
                yield found(
                    "crash-dependency",
                    outside,
                    failure.record,
                    via="calls",
                    strength=0.8,
                    fix=f"Make {outside.name} answer, or mend the address that {part} calls.",
                )
                break
