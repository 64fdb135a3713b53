from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import images


@rule("K8S1005", on="Pod", signal="image-refused", causes=("image-tls",), severity="high", since="0.1.0", strength=0.95)
def image_tls(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A registry's certificate or protocol is refused by the nodes.

    ## Why is this bad
    The connection stands and is given up before any image is asked for: nothing can be pulled from this registry.

    ## Fix
    Give the registry a certificate of its name that the nodes trust, or tell the runtimes that it speaks plain HTTP.
    """
    for refusal in images.refusals(pod, "image-tls"):
        host = images.host(refusal.image)
        yield found(
            "image-tls", graph.get("Registry", "", host), refusal.said, via="pulls-from",
            fix=f"Give registry {host} a valid certificate for its name from an authority that the nodes trust.",
        )  # fmt: skip
