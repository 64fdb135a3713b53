from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, guards, sources
from vigie.systems.kubernetes.fixes import called, edit


@rule(
    "K8S1041",
    on="*",
    signal=("config-object-missing", "container-waiting", "container-ended", "refused-for-want"),
    where=containers.failed,
    causes=("config-missing",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def config_missing(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A ConfigMap that a pod needs does not exist, or a class that it names.

    ## Why is this bad
    The kubelet does not make the container before it is there. Running pods go on with what they read at their
    start, so that
    the loss shows only when one is replaced.

    ## Fix
    Create the ConfigMap (or the PriorityClass, the RuntimeClass) under this name, or name one that exists.
    """
    refusal = guards.standing(pod, "refused-for-want") if pod.kind != "Pod" else None
    if refusal is not None:
        at = refusal.named("priority" if refusal.said("priority") else "runtime")
        gone = [at.absence()] if at.exists is False else []
        yield found(
            "config-missing", at, refusal, *gone, via="guarded-by", command=edit(pod.holder),
            fix=f"Create {called(at)}, or name one that exists in the template of {called(pod.holder)}.",
        )  # fmt: skip
    for lack in sources.lacks(pod, "ConfigMap", key=False):
        yield found(
            "config-missing",
            lack.object,
            *lack.proofs,
            strength=0.97 if lack.stated else 0.93,
            via="reads",
            fix=f"Create {called(lack.object)}, or name one that exists.",
            command=None,
        )
