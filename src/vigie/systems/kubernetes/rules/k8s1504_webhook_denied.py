from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Unknown, found, rule
from vigie.systems.kubernetes import fixes, guards


@rule(
    "K8S1504",
    on="*",
    signal=("refused-by-webhook", "refused-by-policy"),
    causes=("webhook-denied",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def webhook_denied(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """An admission webhook or policy was asked and says no, so nothing of it can be made.

    ## Why is this bad
    The guard does what it was told. Running pods are not touched; each one that ends is lost until the template fits
    the guard's demand or the guard is changed.

    ## Fix
    Change the pod template to what the message asks for, or change the webhook's or policy's rule.
    """
    refusal = guards.standing(owner, "refused-by-webhook", "refused-by-policy")
    if refusal is None:
        return
    holder = owner.holder
    why = refusal.said("why").strip().rstrip(".") or "no reason given"
    if refusal.name == "refused-by-policy":
        policy, binding = refusal.named("policy"), refusal.named("binding")
        proofs = [Proof(e, "metadata.name", e.name, None, e.pointer) for e in (policy, binding) if e.read]
        yield found(
            "webhook-denied", policy, refusal, *proofs, via="guarded-by",
            command=fixes.edit(holder),
            fix=f"Change the template of {holder.kind} {holder.namespace}/{holder.name} to what "
            f"ValidatingAdmissionPolicy "
            f"{policy.name} asks for ({why}), or change the policy.",
        )  # fmt: skip
        return
    named = refusal.said("webhook")
    declared = guards.webhook_configuration(graph, named)
    if declared is None:
        yield Unknown(owner, "list:ValidatingWebhookConfiguration",
                      "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml",
                      f"the configuration that declares the webhook {named} is not in the evidence")  # fmt: skip
        return
    configuration, proof = declared
    yield found(
        "webhook-denied", configuration, refusal, proof, via="guarded-by",
        fix=f"Change the template of {holder.kind} {holder.namespace}/{holder.name} to what webhook {named} asks for "
        f"({why}), "
        f"or change the webhook's rule in {configuration.kind} {configuration.name}.",
        command=fixes.edit(holder),
    )  # fmt: skip
