from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import commands, workloads
from vigie.systems.kubernetes.kinds.controllers import ReplicaSet


@rule(
    "K8S1400",
    on="apps/Deployment",
    signal="rollout-failed",
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
    failed = deployment.signals("rollout-failed")[-1]
    sets = sorted((s for s in deployment.owned() if s.kind == "ReplicaSet"), key=workloads.revision_of)
    proofs: tuple[Proof, ...] = (sets[-1].proof(ReplicaSet.ready),) if sets else ()
    name, space = deployment.name, deployment.namespace
    fix = f"Repair what keeps the new pods of Deployment {space}/{name} from becoming available, or roll it back."
    command = commands.kubectl("rollout undo", deployment) if len(sets) > 1 else None
    yield found("rollout-stuck", deployment, failed, *proofs, fix=fix, command=command)
