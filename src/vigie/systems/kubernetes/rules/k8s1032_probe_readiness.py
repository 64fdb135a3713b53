from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Record, Row, Signal, Unknown, found, rule
from vigie.systems.kubernetes import containers, dependencies, probes
from vigie.systems.kubernetes.fixes import called, edit, sentence, told
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1032",
    on="Pod",
    signal="pod-not-ready",
    causes=("probe-readiness",),
    severity="high",
    since="0.1.0",
    strength=0.7,
)
def probe_readiness(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container runs, and its readiness probe never passes.

    ## Why is this bad
    The pod gets no traffic, and a rollout stops at it. The probe asks the wrong port or path, or what it asks says no
    for a reason that is in the process itself: nothing that its log names is at fault.

    ## Fix
    Let the probe ask the port and path that say whether the container may take traffic.
    """
    yield from _gates(pod)
    for row in pod.rows(Container):
        part = containers.name(row)
        if row[Container.running_since] is None or row[Container.ready] or containers.is_init(row):
            continue
        failed = probes.last(pod, part, "Readiness")
        if failed is None or any(containers.name(r) == part for r in containers.ended(pod)):
            continue
        mistaken = probes.mistaken(pod, part, failed, "Readiness")
        if not mistaken:
            if not pod.log(part):
                yield Unknown(pod, "logs:Pod", f"kubectl logs -n {pod.namespace} {pod.name} -c {part}")
                continue
            said = pod.log(part).recent()
            if missing := dependencies.unresolved(pod, said):
                yield Unknown(pod, missing, f"kubectl get {missing.removeprefix('list:').lower()}s -A -o json")
                continue
            if dependencies.failures(pod, said):
                continue
        yield _found(pod, row, failed, 0.92 if mistaken else 0.7, () if mistaken else pod.log(part).recent()[::-1])


def _found(pod: Entity, row: Row, failed: Signal, strength: float, said: tuple[Record, ...]) -> Outcome:
    part = containers.name(row)
    return found(
        "probe-readiness",
        pod.holder,
        failed,
        *said[:2],
        row.proof(Container.ready),
        part=part,
        strength=strength,
        fix=sentence(probes.unready(pod, part, told(*said)), pod),
        command=edit(pod.holder),
    )


def _gates(pod: Entity) -> Iterator[Outcome]:
    """Readiness gates that nobody has set."""
    ready = pod.condition("Ready")
    if ready is None or ready.reason != "ReadinessGatesNotReady":
        return
    yield found(
        "probe-readiness",
        pod.holder,
        ready,
        strength=0.9,
        fix=f"Let the controller that owns the readiness gate of {called(pod.holder)} set it, or take the gate out.",
        command=edit(pod.holder),
    )
