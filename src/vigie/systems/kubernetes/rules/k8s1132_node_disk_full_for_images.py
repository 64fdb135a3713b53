from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule, valid_name
from vigie.systems.kubernetes.kinds.workloads import Container, Pod


@rule(
    "K8S1132",
    on="Pod",
    signal="image-no-space",
    causes=("image-disk-full",),
    severity="high",
    since="0.1.0",
    strength=0.98,
)
def node_disk_full_for_images(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """An image cannot be pulled or unpacked, for no space is left on the node's disk.

    ## Why is this bad
    Every pod that needs an image which is not on the node yet fails there, whatever its registry says.

    ## Fix
    Free space where the runtime keeps images (`crictl rmi --prune`), or make that disk larger.
    """
    name = pod[Pod.node]
    told = pod.signals("image-no-space")[-1]
    parts = [s.part for s in pod.signals("image-no-space") if s.part]
    still = [
        row for row in pod.rows(Container) if (row[Container.waiting] or "") in ("ErrImagePull", "ImagePullBackOff")
    ]
    if not name or not still:
        return
    node = graph.get("Node", "", name)
    state = node.condition("DiskPressure")
    proofs = [state.prove()] if state is not None else []
    proofs += [s.prove() for s in node.signals("disk-full")[-1:]]
    for part in dict.fromkeys(parts or [row[Container.name] or "" for row in still]):
        command = ("kubectl", "describe", "node", name) if valid_name(name) else None
        yield found(
            "image-disk-full",
            node,
            told,
            *proofs,
            via="schedules-on",
            command=command,
            fix=f"Free space for images on node {name}, or make that disk larger: container {part} cannot be pulled.",
        )
        return
