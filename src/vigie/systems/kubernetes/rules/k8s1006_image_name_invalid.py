from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import images
from vigie.systems.kubernetes.fixes import called, rollback, sentence


@rule(
    "K8S1006",
    on="Pod",
    signal="image-refused",
    causes=("image-name-invalid",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def image_name_invalid(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The name of an image does not parse.

    ## Why is this bad
    No runtime can ask any registry for it: the pods of this template never start.

    ## Fix
    Write the reference as `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]`, the repository in small letters.
    """
    for refusal in images.refusals(pod, "image-name-invalid"):
        holder = pod.holder
        yield found(
            "image-name-invalid", holder, refusal.said, part=refusal.part,
            fix=sentence(f"Write the image of container {refusal.part} of {called(holder)} as a valid reference: "
                         f"{refusal.image} is none", pod, image=True),
            command=rollback(pod, image=True),
        )  # fmt: skip
