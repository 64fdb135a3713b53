"""Which attachment holds a volume elsewhere, who uses it there, and why others do not come about."""

from collections.abc import Iterator

from vigie.kit import Entity, Outcome, Signal, Table, found, leans
from vigie.systems.kubernetes import claims, clouds, provisioning
from vigie.systems.kubernetes.health.storage import attachment_unwell
from vigie.systems.kubernetes.joins import Mask, none
from vigie.systems.kubernetes.kinds.storage import VolumeAttachment
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.mending import named
from vigie.systems.kubernetes.verdicts import blocked, message


def unwell(table: Table) -> Mask:
    """The attachments that are stuck; none of any other kind."""
    return attachment_unwell(table) if table.kind is VolumeAttachment else none(table)


def of(volume: Entity) -> list[Entity]:
    """The attachments of a volume, by name."""
    return sorted((edge.source for edge in volume.into("attaches")), key=lambda a: a.name)


def elsewhere(volume: Entity, node: str) -> Entity | None:
    """The attachment that holds a volume on another node than this."""
    for attachment in of(volume):
        if attachment[VolumeAttachment.node] != node and attachment[VolumeAttachment.attached]:
            return attachment
    return None


def users(volume: Entity, node: str) -> list[Entity]:
    """The pods that use a volume on a node."""
    out = []
    for bound in volume.into("binds"):
        for mount in bound.source.into("mounts"):
            pod = mount.source
            if pod.kind == "Pod" and pod[Pod.node] == node and pod[Pod.phase] not in ("Succeeded", "Failed"):
                out.append(pod)
    return sorted(out, key=lambda pod: pod.address)


def stuck(attachment: Entity) -> Iterator[Outcome]:
    """An attachment that does not come about, or does not end."""
    told = attachment.signals("attach-error", "detach-error")[-1:]
    if told and clouds.refusal(told[0].text):
        return
    node = attachment.graph.get("Node", "", attachment[VolumeAttachment.node] or "")
    where = attachment.proof(VolumeAttachment.node)
    yield leans(node, "attached-to", *told, where)
    for worker in provisioning.workers(attachment.graph, attachment[VolumeAttachment.attacher] or ""):
        yield leans(worker, "served-by", *told, where)
    why = _short(told[0].text) if told else f"{attachment[VolumeAttachment.attacher]} has not answered"
    step = "attaching to" if attachment.deleted is None else "being detached from"
    yield found(
        "volume-attach",
        attachment,
        *told,
        attachment.proof(VolumeAttachment.attached),
        where,
        strength=0.95 if told else 0.7,
        fix=f"Mend what keeps volume {attachment[VolumeAttachment.volume]} from {step} node {node.name}: {why}.",
    )


def held(pod: Entity, told: Signal) -> Iterator[Outcome]:
    """Another node has the volume: that node if it is lost, else the attachment."""
    volume = told.named("volume")
    holding = elsewhere(volume, pod[Pod.node] or "")
    if holding is None:
        yield found(
            "volume-attach",
            volume,
            told,
            strength=0.8,
            via="mounts",
            fix=(
                f"End the pods that use volume {volume.name} on another node, so that it can be attached to "
                f"{pod[Pod.node]}."
            ),
        )
        return
    name = holding[VolumeAttachment.node] or ""
    node = pod.graph.get("Node", "", name)
    yield leans(node, "attached-to", told, holding.proof(VolumeAttachment.node))
    there = users(volume, name)
    who = f", where {there[0]} uses it" if there else ", where no pod uses it"
    fix = f"Let node {name} give volume {volume.name} back{who}."
    if there and there[0].holder == pod.holder and pod.holder.kind == "Deployment":
        fix = (
            f"Set spec.strategy.type of {named(pod.holder)} to Recreate: its old pod holds volume {volume.name} on "
            f"node {name}."
        )
    yield found(
        "volume-attach",
        holding,
        told,
        holding.proof(VolumeAttachment.attached),
        holding.proof(VolumeAttachment.node),
        via="attaches",
        fix=fix,
    )


def refused(pod: Entity, told: Signal) -> Iterator[Outcome]:
    """The attacher answered with an error."""
    if clouds.refusal(told.text):
        return
    node = pod.graph.get("Node", "", pod[Pod.node] or "")
    volume = told.named("volume") if "volume" in told.roles else None
    mine = [a for a in of(volume) if a[VolumeAttachment.node] == node.name] if volume is not None else []
    for attachment in mine:
        yield leans(attachment, "attaches", told)
    at = mine[0] if mine else volume if volume is not None and volume.read else node
    yield found(
        "volume-attach",
        at,
        told,
        via="mounts",
        strength=0.9,
        fix=f"Mend what keeps a volume from node {node.name}: {_short(told.text)}.",
    )


def full(pod: Entity) -> Iterator[Outcome]:
    """Every node that would do has as many volumes as it takes, or the claim is for one pod alone."""
    if not claims.claimed(pod):
        return
    said, why = message(pod), blocked(pod)
    if said is None or why is None or why.filter not in ("volume-limit", "volume-access") or why.decisive is None:
        return
    at = why.decisive.at
    if at is not None:
        what = "volumes away from node" if at.kind == "Node" else "the other pod away from claim"
        yield found(
            "volume-attach",
            at,
            said,
            *why.proofs(),
            via="fits-on",
            fix=f"Move {what} {at.name}, or add a node: {why.decisive.says}.",
        )


def _short(text: str) -> str:
    words = " ".join(text.split()).rstrip(". ")
    return words if len(words) <= 200 else words[:197] + "..."
