from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import images
from vigie.systems.kubernetes.fixes import called, rollback, sentence


@rule(
    "K8S1001",
    on="Pod",
    signal="image-refused",
    causes=("image-not-found",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def image_not_found(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """An image that is asked for is not in its registry.

    ## Why is this bad
    The registry answers, and it has no such repository, tag or platform: no pod of this revision can start.

    ## Fix
    Push the image, or name one that is there; a bad release is undone with `kubectl rollout undo`.
    """
    for refusal in images.refusals(pod, "image-not-found"):
        holder = pod.holder
        yield found(
            "image-not-found", holder, refusal.said, part=refusal.part,
            fix=sentence(f"Set the image of container {refusal.part} of {called(holder)} to one that the registry "
                         f"has, instead of {refusal.image}", pod, image=True),
            command=rollback(pod, image=True),
        )  # fmt: skip
