from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, rule
from vigie.systems.kubernetes import attachments, mounts


@rule(
    "K8S1204",
    on="*",
    signal=("volume-multi-attach", "volume-attach-failed", "attach-error", "detach-error", "unschedulable"),
    where=attachments.unwell,
    causes=("volume-attach",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def volume_not_attached(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """A volume cannot be attached to its pod's node: another still holds it, or the node is full.

    ## Why is this bad
    A volume that one node has is not given to another until it was let go there; after a node is lost that takes six
    minutes at least, and for ever while its pods are not deleted.

    ## Fix
    End what uses the volume on the other node; for a lost node taint it `node.kubernetes.io/out-of-service`. A
    Deployment with such a volume needs `strategy: Recreate`.
    """
    if subject.kind == "VolumeAttachment":
        yield from attachments.stuck(subject)
    elif subject.signals("volume-multi-attach", "volume-attach-failed") and not mounts.unstarted(subject):
        return
    elif subject.signals("volume-multi-attach"):
        yield from attachments.held(subject, subject.signals("volume-multi-attach")[-1])
    elif subject.signals("volume-attach-failed"):
        yield from attachments.refused(subject, subject.signals("volume-attach-failed")[-1])
    elif subject.signals("unschedulable"):
        yield from attachments.full(subject)
