from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Unknown, clock, found, leans, rule
from vigie.systems.kubernetes import images


@rule(
    "K8S1002",
    on="Pod",
    signal=("image-refused", "image-asked-for"),
    causes=("image-registry-unreachable",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def image_registry_unreachable(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A registry of images does not answer.

    ## Why is this bad
    Every pod that needs an image from it stays where it is, on every node that does not hold the image yet: the
    registry
    is one cause, however many workloads wait for it.

    ## Fix
    Make the registry reachable from the nodes: its name, its port, the route and the proxy to it, and the registry
    itself.
    """
    for refusal in images.refusals(pod, "image-registry-unreachable"):
        host = images.host(refusal.image)
        inside = graph.resolve(host, near=pod) if "." in host or ":" in host else None
        if inside is not None and inside.read:
            yield leans(inside, "pulls-from", refusal.said)
        yield found(
            "image-registry-unreachable", graph.get("Registry", "", host), refusal.said, via="pulls-from",
            fix=f"Make registry {host} reachable from the nodes.",
        )  # fmt: skip
    asked = images.awaited(pod)
    if asked is not None:
        image, since = asked
        why = f"{image} is pulled since {clock.show(since)}, and neither it nor an error came"
        yield Unknown(pod, "registry:Node", f"crictl pull {image} on the node", why)
