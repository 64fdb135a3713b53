from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.joins import dig
from vigie.systems.kubernetes.kinds.workloads import Container


@rule(
    "K8S1034",
    on="Pod",
    signal=("hook-failed", "container-waiting"),
    causes=("hook-poststart",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def hook_poststart(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container is killed because its postStart hook fails.

    ## Why is this bad
    The process itself may be fine: the kubelet ends it each time the hook does not succeed, and its own log shows
    nothing.

    ## Fix
    Mend the hook, or move its work into an init container or the process.
    """
    told = [
        s
        for s in pod.signals("hook-failed")
        if s.text.startswith(("PostStart", "Exec lifecycle hook", "Http lifecycle hook"))
    ]
    met = set()
    for row in pod.rows(Container):
        if row[Container.waiting] == "PostStartHookError":
            met.add(containers.name(row))
            proof = row.proof(Container.waiting_message if row[Container.waiting_message] else Container.waiting)
            yield _found(pod, containers.name(row), proof)
    for said in reversed(told):
        row_now = containers.status(pod, said.part)
        well = row_now is not None and row_now[Container.ready] and not containers.recent_end(pod, row_now)
        started = dig(containers.spec(pod, said.part), "lifecycle", "postStart")
        if said.part not in met and not well and (started or not pod.read):
            met.add(said.part)
            yield _found(pod, said.part, said)


def _found(pod: Entity, part: str, proof: object) -> Outcome:
    return found(
        "hook-poststart",
        pod.holder,
        proof,  # type: ignore[arg-type]
        part=part,
        fix=sentence(f"Mend lifecycle.postStart of container {part} of {called(pod.holder)}", pod),
        command=edit(pod.holder),
    )
