from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import fixes, guards

_LABEL = "pod-security.kubernetes.io/enforce"


@rule(
    "K8S1503",
    on="*",
    signal="refused-by-pod-security",
    causes=("podsecurity-violated",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def podsecurity_violated(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """The pods ask for more than the Pod Security level of their namespace allows, so none can be made.

    ## Why is this bad
    The label `pod-security.kubernetes.io/enforce` does not touch running pods. The fault shows days later, when a
    node is drained or a rollout begins, and then the workload loses pod after pod.

    ## Fix
    Set the securityContext that the message asks for in the pod template, or give the namespace a level that fits.
    """
    refusal = guards.standing(owner, "refused-by-pod-security")
    if refusal is None:
        return
    space = graph.get("Namespace", "", owner.namespace)
    level, holder = refusal.said("level"), owner.holder
    proofs: tuple[Proof, ...] = ()
    if _LABEL in space.labels:
        proofs = (Proof(space, f'metadata.labels["{_LABEL}"]', space.labels[_LABEL], None, space.pointer),)
    yield found(
        "podsecurity-violated", space, refusal, *proofs, via="guarded-by",
        fix=f'Meet the level "{level}" in the securityContext of {holder.kind} {holder.namespace}/{holder.name}, '
        f"or set the label {_LABEL} of Namespace {space.name} to a level that allows it.",
        command=fixes.edit(holder),
    )  # fmt: skip
