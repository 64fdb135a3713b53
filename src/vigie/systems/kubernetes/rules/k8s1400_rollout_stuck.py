from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import commands, workloads
from vigie.systems.kubernetes.kinds.controllers import ReplicaSet
from vigie.systems.kubernetes.symptoms.admission import REFUSALS


@rule(
    "K8S1400",
    on="apps/Deployment",
    signal=("rollout-failed", "creation-refused"),
    causes=("rollout-stuck",),
    severity="high",
    since="0.1.0",
    strength=0.85,
)
def rollout_stuck(deployment: Entity, graph: Graph) -> Iterator[Outcome]:
    """A new revision never becomes available.

    ## Why is this bad
    A rollout that passed its `progressDeadlineSeconds` goes no further: what it was to bring is not there, and with
    the strategy Recreate nothing is.

    ## Fix
    Find out why the pods of the new ReplicaSet do not become available; until then, roll back.
    """
    sets = sorted((s for s in deployment.owned() if s.kind == "ReplicaSet"), key=workloads.revision_of)
    proofs: tuple[Proof, ...] = (sets[-1].proof(ReplicaSet.ready),) if sets else ()
    where = f"Deployment {deployment.namespace}/{deployment.name}"
    command = commands.kubectl("rollout undo", deployment) if len(sets) > 1 else None
    refused = deployment.signals("creation-refused")
    if refused and not deployment.signals(*REFUSALS):
        fix = f"Change the template of {where} so that the API server takes its pods, or roll it back."
        yield found("rollout-stuck", deployment, refused[-1], *proofs, fix=fix, command=command, strength=0.9)
    for failed in deployment.signals("rollout-failed")[-1:]:
        fix = f"Repair what keeps the new pods of {where} from becoming available, or roll it back."
        yield found("rollout-stuck", deployment, failed, *proofs, fix=fix, command=command)
