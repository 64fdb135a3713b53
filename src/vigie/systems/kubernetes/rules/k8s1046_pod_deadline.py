from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes.containers import ended_by
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.kinds.workloads import Pod


@rule(
    "K8S1046",
    on="Pod",
    signal=("pod-reason", "deadline-exceeded"),
    where=ended_by("DeadlineExceeded"),
    causes=("pod-deadline",),
    severity="medium",
    since="0.1.0",
    strength=0.96,
)
def pod_deadline(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A pod ran longer than its own activeDeadlineSeconds.

    ## Why is this bad
    The kubelet ended it in the middle of its work, and nothing starts it again.

    ## Fix
    Raise `activeDeadlineSeconds` above what the work needs, or find out why it needs so long.
    """
    told = pod.signals("deadline-exceeded") if not pod.read else []
    if pod[Pod.reason] != "DeadlineExceeded" and not told:
        return
    limit = pod[Pod.deadline]
    shown = f" from {int(limit)}" if limit else ""
    proofs = [pod.proof(Pod.reason), *([pod.proof(Pod.deadline)] if limit else [])] if pod.read else []
    yield found(
        "pod-deadline",
        pod.holder,
        *proofs,
        *told,
        fix=sentence(f"Raise activeDeadlineSeconds of {called(pod.holder)}{shown} above what its work needs", pod),
        command=edit(pod.holder),
    )
