from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import commands, guards


@rule(
    "K8S1505",
    on="*",
    signal="account-not-found",
    causes=("serviceaccount-missing",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def serviceaccount_missing(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """The ServiceAccount that the pods are to run as does not exist, so none can be made.

    ## Why is this bad
    Pods that run keep running without it; each one that ends is not replaced. The Deployment shows no error of its
    own beside a ReplicaSet that makes no pods.

    ## Fix
    Create the ServiceAccount (and its bindings), or name another in `spec.serviceAccountName` of the pod template.
    """
    refusal = guards.standing(owner, "account-not-found")
    if refusal is None:
        return
    account = refusal.named("account")
    if account.read and account.created is not None and refusal.time is not None and account.created > refusal.time:
        return
    absent = (account.absence(),) if account.exists is False else ()
    yield found(
        "serviceaccount-missing", account, refusal, *absent, via="uses-identity",
        command=commands.kubectl("create", account),
        fix=f"Create the ServiceAccount {account.namespace}/{account.name}, or change spec.serviceAccountName in the "
        f"template of {owner.holder.kind} {owner.holder.name}.",
    )  # fmt: skip
