from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import images
from vigie.systems.kubernetes.fixes import called, edit, sentence


@rule(
    "K8S1007",
    on="Pod",
    signal="image-refused",
    causes=("image-absent-never-pulled",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def image_absent_never_pulled(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """An image may not be pulled and is not on the node.

    ## Why is this bad
    `imagePullPolicy: Never` leaves it to somebody else to bring the image to every node, and nobody did.

    ## Fix
    Bring the image to the nodes, or set the policy to IfNotPresent.
    """
    for refusal in images.refusals(pod, "image-absent-never-pulled"):
        holder = pod.holder
        yield found(
            "image-absent-never-pulled", holder, refusal.said, part=refusal.part,
            fix=sentence(f"Load {refusal.image} on the node, or set imagePullPolicy of container {refusal.part} of "
                         f"{called(holder)} to IfNotPresent", pod),
            command=edit(holder),
        )  # fmt: skip
