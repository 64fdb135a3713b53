from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, dependencies, probes
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1033",
    on="Pod",
    signal="container-killed",
    causes=("probe-startup",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def probe_startup(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container is killed by its startup probe before it has started.

    ## Why is this bad
    It needs longer than `initialDelaySeconds + periodSeconds x failureThreshold`, is killed in the middle of its start,
    and begins anew for ever.

    ## Fix
    Raise `failureThreshold` of the startupProbe above the longest start, or let it ask what the process offers.
    """
    for row in pod.rows(Container):
        part = containers.name(row)
        killing = probes.killed(pod, part, "Startup")
        if killing is None:
            continue
        failed = probes.last(pod, part, "Startup")
        if failed is None or not probes.mistaken(pod, part, failed, "Startup"):
            calls = [f for r, found_ in dependencies.calls(pod) if containers.name(r) == part for f in found_]
            yield from dependencies.reliances(pod, calls)
        yield found(
            "probe-startup",
            pod.holder,
            killing,
            *([failed] if failed else []),
            part=part,
            fix=sentence(
                f"Raise failureThreshold of startupProbe of container {part} of {called(pod.holder)} if its start "
                f"needs longer, or mend what the probe asks: {probes.described(pod, part, 'Startup')}",
                pod,
            ),
            command=edit(pod.holder),
        )
