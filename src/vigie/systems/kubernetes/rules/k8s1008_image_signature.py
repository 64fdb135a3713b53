from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import images
from vigie.systems.kubernetes.fixes import called, rollback, sentence


@rule(
    "K8S1008",
    on="Pod",
    signal="image-refused",
    causes=("image-signature",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def image_signature(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A policy of the node refuses an image for want of a valid signature.

    ## Why is this bad
    The image is there and may not be run: the runtime checks signatures and found none that it accepts.

    ## Fix
    Sign the image with a key that the policy trusts, or name one that is signed.
    """
    for refusal in images.refusals(pod, "image-signature"):
        holder = pod.holder
        yield found(
            "image-signature", holder, refusal.said, part=refusal.part,
            fix=sentence(f"Sign {refusal.image} with a trusted key, or name a signed image in container "
                         f"{refusal.part} of {called(holder)}", pod, image=True),
            command=rollback(pod, image=True),
        )  # fmt: skip
