from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import commands, ingresses


@rule(
    "K8S1703",
    on="networking.k8s.io/Ingress",
    causes=("ingress-backend-missing",),
    severity="high",
    since="0.1.0",
    strength=0.93,
)
def ingress_backend_missing(ingress: Entity, graph: Graph) -> Iterator[Outcome]:
    """An Ingress names a Service, a port of it or a Secret that is not there.

    ## Why is this bad
    Everything inside is well, and from outside the path answers 503, or shows a certificate that fits no name.

    ## Fix
    Correct the name in the Ingress, or create what it names.
    """
    for gone in ingresses.missing(ingress):
        yield found(
            "ingress-backend-missing", ingress, gone.proof, gone.other,
            fix=f"Correct {gone.proof.field} of Ingress {ingress.namespace}/{ingress.name}, or create {gone.what}.",
            command=commands.kubectl("edit", ingress),
        )  # fmt: skip
        return
