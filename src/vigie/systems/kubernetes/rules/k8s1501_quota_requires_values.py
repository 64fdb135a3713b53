from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import fixes, guards
from vigie.systems.kubernetes.kinds.config import ResourceQuota


@rule(
    "K8S1501",
    on="*",
    signal="refused-without-values",
    causes=("quota-requires-values",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def quota_requires_values(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """A quota counts a resource for which the pods set no request or limit, so all are refused.

    ## Why is this bad
    A ResourceQuota on `requests.cpu`, `limits.memory` and the like refuses every pod that does not set the value in
    each of its containers. Running pods are not touched: the fault shows when one of them is to be replaced.

    ## Fix
    Give the namespace a LimitRange with defaults, or set the values in the pod template.
    """
    refusal = guards.standing(owner, "refused-without-values")
    if refusal is None:
        return
    quota = refusal.named("quota")
    values = refusal.said("values").strip()
    names = [part.partition(" for:")[0].strip() for piece in values.split(";") for part in piece.split(",")]
    held = quota[ResourceQuota.hard]
    proofs = [Proof(quota, f'status.hard["{n}"]', str(held[n]), None, quota.pointer) for n in names if n in held]
    wanted = ", ".join(dict.fromkeys(n for n in names if n in held)) or values
    yield found(
        "quota-requires-values", quota, refusal, *proofs[:4], via="guarded-by",
        fix=f"Give namespace {quota.namespace} a LimitRange with defaults for what ResourceQuota {quota.name} counts "
        f"({wanted}), or set it in the containers of {owner.holder.kind} {owner.holder.name}.",
        command=fixes.edit(owner.holder),
    )  # fmt: skip
