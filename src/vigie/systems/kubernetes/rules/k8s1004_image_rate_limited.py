from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import images


@rule(
    "K8S1004",
    on="Pod",
    signal="image-refused",
    causes=("image-rate-limited",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def image_rate_limited(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A registry refuses pulls because too many were made.

    ## Why is this bad
    The limit holds for an account or an address of origin: every workload that pulls from the registry waits with
    this one.

    ## Fix
    Pull with an account that has a higher limit, or through a mirror.
    """
    for refusal in images.refusals(pod, "image-rate-limited"):
        host = images.host(refusal.image)
        yield found(
            "image-rate-limited", graph.get("Registry", "", host), refusal.said, via="pulls-from",
            fix=f"Give the nodes a mirror of registry {host}, or pull with an account that has a higher limit.",
        )  # fmt: skip
