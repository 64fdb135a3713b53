from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Provable, found, rule
from vigie.systems.kubernetes import certificates, commands, guards
from vigie.systems.kubernetes.kinds.workloads import Container

_SIGNALS = ("webhook-call-failed", "api-unavailable", "container-ended", "pod-not-ready")


@rule(
    "K8S1605",
    on="*",
    signal=_SIGNALS,
    causes=("certificate-expired", "certificate-wrong"),
    severity="critical",
    since="0.1.0",
    strength=0.95,
)
def certificate_wrong(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """A certificate in the way has run out, or its name or authority does not fit.

    ## Why is this bad
    The server runs, is ready and answers; every client hangs up. Nothing in the server's own status shows it.

    ## Fix
    Renew the certificate in its Secret (with the names under which it is called), see that the server has loaded it,
    and that the clients (`caBundle`) hold the authority that signed it.
    """
    for text, service, proofs, client in _complaints(subject, graph):
        cause = certificates.complaint(text)
        if not cause or service is None:
            continue
        secret = certificates.serving_secret(service)
        at = secret or service
        held = (Proof(at, "metadata.name", at.name, None, at.pointer),) if at.read else ()
        where = f"{at.kind} {at.namespace}/{at.name}"
        if cause == "certificate-expired":
            fix = f"Renew the certificate in {where}, which Service {service.name} shows, and restart what serves it."
        else:
            fix = (
                f"Make the certificate in {where} fit: its names to {service.name}.{service.namespace}.svc, its "
                f"authority to {client}."
            )
        yield found(cause, at, *proofs, *held, fix=fix, via="serves", command=commands.kubectl("describe", at))
        return


def _complaints(
    subject: Entity, graph: Graph
) -> Iterator[tuple[str, Entity | None, tuple[Provable | Proof, ...], str]]:
    """What was said of a certificate: the words, the Service that shows it, the proofs, and what the client trusts."""
    call = guards.standing(subject, "webhook-call-failed")
    if call is not None:
        service, declared = guards.webhook_service(graph, call)
        yield call.text, service, (call, *declared), f"the caBundle of webhook {call.said('webhook')}"
    for said in subject.signals("api-unavailable")[-1:]:
        for edge in subject.out("routes-to"):
            yield said.text, edge.target, (said, edge.prove()), f"the caBundle of APIService {subject.name}"
    if subject.kind == "Pod":
        for row in subject.rows(Container):
            part = row[Container.name] or ""
            for log in (subject.log(part), subject.log(part, previous=True)):
                for record in reversed(log.last_words()):
                    for address in record.addresses if certificates.complaint(record.text) else ():
                        target = graph.resolve(str(address), near=subject)
                        if target is not None and target.kind == "Service":
                            yield record.text, target, (record,), f"what container {part} trusts"
