from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import claims, clouds
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim, StorageClass, VolumeAttachment

_SIGNALS = (
    "provisioning-failed",
    "volume-attach-failed",
    "attach-error",
    "resize-failed",
    "route-failed",
    "balancer-failed",
    "scale-up-failed",
)


@rule("K8S1135", on="*", signal=_SIGNALS, causes=("quota-cloud",), severity="high", since="0.1.0", strength=0.98)
def cloud_refuses(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """The cloud refuses what is asked of it: a quota is used up, or a permission is missing.

    ## Why is this bad
    Nothing in the cluster is wrong, so nothing in it can mend this; each retry is refused in the same words.

    ## Fix
    Raise the quota, or give the identity of the provisioner or controller the permission that the message names.
    """
    for signal in reversed(subject.signals(*_SIGNALS)):
        said = clouds.refusal(signal.text)
        if said is None:
            continue
        account = clouds.account(graph, said, _provider(subject))
        deed = "Raise the quota" if said.want == "quota" else "Grant the permission"
        yield found(
            "quota-cloud",
            account,
            signal,
            via="paid-by",
            fix=f"{deed} that the cloud account {account.name} refuses: {_short(signal.text)}.",
        )
        return


def _provider(subject: Entity) -> str:
    """Who was asked, as far as the subject shows it."""
    if subject.kind == "PersistentVolumeClaim":
        wanted = claims.storage_class(subject)
        named = wanted[StorageClass.provisioner] if wanted is not None else None
        return named or subject[PersistentVolumeClaim.provisioner] or "cloud"
    if subject.kind == "VolumeAttachment":
        return subject[VolumeAttachment.attacher] or "cloud"
    if subject.kind == "Node":
        return (subject[Node.provider] or "cloud").partition(":")[0]
    nodes = sorted({(n[Node.provider] or "").partition(":")[0] for n in subject.graph.all(Node)} - {""})
    return nodes[0] if nodes else "cloud"


def _short(text: str) -> str:
    words = " ".join(text.split()).rstrip(". ")
    return words if len(words) <= 200 else words[:197] + "..."
