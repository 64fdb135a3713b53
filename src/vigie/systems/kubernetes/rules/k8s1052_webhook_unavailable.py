from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Unknown, found, leans, rule
from vigie.systems.kubernetes import certificates, commands, guards


@rule(
    "K8S1052",
    on="*",
    signal="webhook-call-failed",
    causes=("webhook-unavailable",),
    severity="critical",
    since="0.1.0",
    strength=0.95,
)
def webhook_unavailable(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """A webhook that must answer does not, so the API server refuses the object.

    ## Why is this bad
    A webhook with `failurePolicy: Fail` stands in front of every object that it matches. While it does not answer,
    none of them can be made: pods that end are not replaced, and the workloads look unchanged until then. The object
    that is refused says only the webhook's name.

    ## Fix
    Bring back the pods behind the webhook's Service. If that takes long, narrow the webhook's `namespaceSelector`,
    or set its `failurePolicy` to `Ignore` for the time.
    """
    call = guards.standing(owner, "webhook-call-failed")
    if call is None or certificates.complaint(call.text):
        return
    service, proofs = guards.webhook_service(graph, call)
    named = call.said("webhook") or call.said("converted")
    if service is None:
        declared = guards.webhook_configuration(graph, named)
        if declared is None:
            yield Unknown(owner, "list:ValidatingWebhookConfiguration",
                          "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o yaml",
                          f"which server answers for the webhook {named} is not in the evidence")  # fmt: skip
            return
        configuration, proof = declared
        yield found(
            "webhook-unavailable", configuration, call, proof, via="guarded-by",
            fix=f"Bring back the server at clientConfig.url of webhook {named} in {configuration}.",
        )  # fmt: skip
        return
    yield leans(service, "guarded-by", call, *proofs)
    if service.exists is False:
        where = f"{service.namespace}/{service.name}"
        fix = f"Create Service {where}, to which the webhook {named} is sent, or remove the webhook."
        yield found("webhook-unavailable", service, call, service.absence(), *proofs, via="guarded-by", fix=fix)
        return
    yield found(
        "webhook-unavailable", service, call, *proofs, via="guarded-by", command=commands.endpoints(service),
        fix=f"Make the pods behind Service {service.namespace}/{service.name} answer the webhook {named}.",
    )  # fmt: skip
