from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import certificates, commands


@rule(
    "K8S1600",
    on="APIService",
    signal="api-unavailable",
    causes=("apiservice-unavailable",),
    severity="high",
    since="0.1.0",
    strength=0.9,
)
def apiservice_unavailable(api: Entity, graph: Graph) -> Iterator[Outcome]:
    """An aggregated API does not answer.

    ## Why is this bad
    What is served there is gone for everybody. Discovery fails with it, and so namespaces cannot be deleted, and
    whatever lists all kinds (garbage collection, GitOps, quota) stumbles.

    ## Fix
    Bring back the server behind the APIService's Service; or remove the APIService, if its server is gone for good.
    """
    said = api.signals("api-unavailable")[-1]
    edge = next(iter(api.out("routes-to")), None)
    if edge is None or certificates.complaint(said.text):
        return
    service, routed = edge.target, edge.prove()
    yield leans(service, "routes-to", said, routed)
    if service.exists is False:
        yield found(
            "apiservice-unavailable", service, said, routed, service.absence(),
            fix=f"Bring back Service {service.namespace}/{service.name}, or remove APIService {api.name}, which "
            f"needs it.",
            command=commands.kubectl("get", api, "-o", "yaml"),
        )  # fmt: skip
        return
    yield found(
        "apiservice-unavailable", service, said, routed,
        fix=f"Make the pods behind Service {service.namespace}/{service.name} answer for APIService {api.name}.",
        command=commands.endpoints(service),
    )  # fmt: skip
