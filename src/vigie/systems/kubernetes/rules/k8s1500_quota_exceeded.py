from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, quantity, rule
from vigie.systems.kubernetes import commands, guards
from vigie.systems.kubernetes.kinds.config import ResourceQuota


@rule(
    "K8S1500",
    on="*",
    signal="refused-by-quota",
    causes=("quota-exceeded",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def quota_exceeded(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """A quota of the namespace is used up, so nothing more that counts against it can be made.

    ## Why is this bad
    Pods that end are not replaced and rollouts do not begin. The Deployment goes on saying that it progresses for as
    long as `progressDeadlineSeconds`; only its ReplicaSet says why.

    ## Fix
    Raise the limit in `spec.hard` of the ResourceQuota, or lower the requests of what uses it up.
    """
    refusal = guards.standing(owner, "refused-by-quota")
    if refusal is None:
        return
    quota = refusal.named("quota")
    requested, used, limited = (guards.amounts(refusal.said(role)) for role in ("requested", "used", "limited"))
    short = [name for name in requested if _over(requested[name], used.get(name), limited.get(name))] or list(limited)
    held, taken = quota[ResourceQuota.hard], quota[ResourceQuota.used]
    proofs = [
        Proof(quota, f'status.{part}["{name}"]', str(values[name]), None, quota.pointer)
        for name in short[:3]
        for part, values in (("hard", held), ("used", taken))
        if name in values
    ]
    wanted = {name: enough for name in short if (enough := _enough(requested, used, limited, name))}
    command = commands.patch(quota, {"spec": {"hard": wanted}}) if wanted else None
    raised = " and ".join(f"{name} (now {limited.get(name, '?')})" for name in short)
    yield found(
        "quota-exceeded", quota, refusal, *proofs, via="guarded-by", command=command,
        fix=f"Raise {raised} in spec.hard of ResourceQuota {quota.namespace}/{quota.name}, or lower what its pods "
        f"request.",
    )  # fmt: skip


def _over(requested: str, used: str | None, limited: str | None) -> bool:
    numbers = [quantity(value) for value in (requested, used or "0", limited)]
    return all(n is not None for n in numbers) and (numbers[0] or 0) + (numbers[1] or 0) > (numbers[2] or 0)


def _enough(requested: dict[str, str], used: dict[str, str], limited: dict[str, str], name: str) -> str:
    """The least that lets one more such object in."""
    more, now = quantity(requested.get(name)), quantity(used.get(name, "0"))
    return guards.written(now + more, limited.get(name, "")) if more is not None and now is not None else ""
