from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Unknown, found, rule
from vigie.systems.kubernetes import containers, dependencies, probes
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1031",
    on="Pod",
    signal="container-killed",
    causes=("probe-liveness",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def probe_liveness(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container is killed by its own liveness probe although its process runs.

    ## Why is this bad
    The pod looks Running and Ready between two kills, and every kill drops its work. Either the probe asks what the
    process does not offer, or the process no longer answers in time.

    ## Fix
    Let the probe ask what shows that the process lives, and give it time: a startupProbe for a slow start,
    `timeoutSeconds` and `failureThreshold` for a slow answer.
    """
    for row in pod.rows(Container):
        part = containers.name(row)
        killing = probes.killed(pod, part, "Liveness")
        if killing is None:
            continue
        failed = probes.last(pod, part, "Liveness")
        if failed is None or not probes.mistaken(pod, part, failed, "Liveness"):
            calls = [f for r, found_ in dependencies.calls(pod) if containers.name(r) == part for f in found_]
            yield from dependencies.reliances(pod, calls)
            if failed is not None and probes.says_no(failed) and not pod.log(part) and not pod.log(part, previous=True):
                yield Unknown(pod, "logs:Pod", f"kubectl logs -n {pod.namespace} {pod.name} -c {part} --previous")
                continue
        yield found(
            "probe-liveness",
            pod.holder,
            killing,
            *([failed] if failed else []),
            part=part,
            fix=sentence(
                f"Mend livenessProbe of container {part} of {called(pod.holder)}, which asks "
                f"{probes.described(pod, part, 'Liveness')}, or give it more time",
                pod,
            ),
            command=edit(pod.holder),
        )
