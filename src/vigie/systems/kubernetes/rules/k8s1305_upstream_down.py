from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, dependencies
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1305",
    on="Pod",
    signal="pod-not-ready",
    per="template",
    causes=("upstream-down",),
    severity="high",
    since="0.1.0",
    strength=0.85,
)
def upstream_down(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A pod runs and is not ready because what it calls is down.

    ## Why is this bad
    It is the caller that fails loudly, and nothing is wrong with it: its log names the callee, and the callee, or what
    that one calls in its turn, is what must be mended.

    ## Fix
    Mend what is called; the callers recover by themselves.
    """
    ended = {containers.name(row) for row in containers.ended(pod)}
    for row, failed in dependencies.calls(pod):
        if containers.name(row) in ended or row[Container.ready]:
            continue
        yield from dependencies.reliances(pod, failed)
        for failure in failed:
            outside = dependencies.outside(pod, failure)
            if outside is not None:
                yield found(
                    "upstream-down",
                    outside,
                    failure.record,
                    via="calls",
                    strength=0.75,
                    fix=f"Make {outside.name} answer, or mend the address that {containers.name(row)} calls.",
                )
                break
