from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Unknown, found, rule
from vigie.systems.kubernetes import commands, guards
from vigie.systems.kubernetes.joins import dig, listed
from vigie.systems.kubernetes.kinds.config import Limit


@rule(
    "K8S1502",
    on="*",
    signal=("refused-by-limit", "request-above-limit"),
    causes=("limitrange-violated",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def limitrange_violated(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """What is asked for lies outside a LimitRange of the namespace, so nothing of it can be made.

    ## Why is this bad
    A LimitRange bounds every container, pod or claim of its namespace, also those that were let in before it was
    made: they fail when they are replaced. Its default limit can also be lower than a request that a container sets.

    ## Fix
    Widen the bound in `spec.limits` of the LimitRange, or change the request or limit in the pod template.
    """
    refusal = guards.standing(owner, "refused-by-limit", "request-above-limit")
    if refusal is None:
        return
    if refusal.name == "request-above-limit":
        yield from _default_too_low(owner, refusal.said("resource"))
        return
    blamed = guards.limit_that_refused(owner, refusal)
    if blamed is None:
        space = owner.namespace
        yield Unknown(owner, "list:LimitRange", f"kubectl get limitranges -n {space} -o json", "its bound is in no "
        "LimitRange read")
        return
    limit, proof = blamed
    resource = refusal.said("resource") or refusal.said("ratio_of")
    yield found(
        "limitrange-violated", limit, refusal, proof, via="guarded-by",
        fix=f"Widen {proof.field} (now {proof.value}) of LimitRange {limit.namespace}/{limit.name}, "
        f"or change the {resource} of {owner.holder.kind} {owner.holder.name}.",
        command=commands.kubectl("edit", limit),
    )  # fmt: skip


def _default_too_low(owner: Entity, resource: str) -> Iterator[Outcome]:
    """A request above a limit that the template does not set: the LimitRange set it."""
    refusal = guards.standing(owner, "request-above-limit")
    containers = listed(owner.holder.body, "spec", "template", "spec", "containers")
    own = [resource in (dig(container, "resources", "limits") or ()) for container in containers]
    if refusal is None or not own or all(own):
        return
    for limit, row in guards.limits(owner):
        default = row[Limit.default]
        if resource in default:
            field = f"spec.limits[{row.index}].default.{resource}"
            proof = Proof(limit, field, str(default[resource]), None, limit.pointer)
            yield found(
                "limitrange-violated", limit, refusal, proof, via="guarded-by", strength=0.9,
                fix=f"Raise {field} of LimitRange {limit.namespace}/{limit.name} above the request "
                f"{refusal.said('requested')}, or set the limit in {owner.holder.kind} {owner.holder.name}.",
            )  # fmt: skip
            return
