from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Provable, found, rule
from vigie.systems.kubernetes import evictions
from vigie.systems.kubernetes.evictions import Eviction
from vigie.systems.kubernetes.fixes import edit
from vigie.systems.kubernetes.kinds.controllers import StatefulSet
from vigie.systems.kubernetes.mending import named, storage_limit


@rule(
    "K8S1120",
    on="*",
    signal="evicted",
    where=evictions.without_signal,
    causes=("evicted-ephemeral",),
    per="template",
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def evicted_for_its_own_storage(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The kubelet evicted the pod, for it wrote more to an emptyDir or its file system than its limit.

    ## Why is this bad
    The pod that replaces it will write as much and go the same way; each leaves a failed pod behind.

    ## Fix
    Raise `sizeLimit` of the emptyDir or `limits.ephemeral-storage`, write less, or use a volume.
    """
    if pod.key == StatefulSet.key:
        told = evictions.told_of(graph).get(pod)
        eviction = evictions.read(told[-1]) if told else None
        member = next((child for child in pod.owned() if child.kind == "Pod"), None)
        if told and eviction is not None and member is not None:
            yield _found(member, eviction, *reversed(told))
        return
    own = evictions.of(pod)
    if own is not None and own.resource == "ephemeral":
        yield _found(pod, own, own.signal)


def _found(pod: Entity, eviction: Eviction, *proofs: Provable) -> Outcome:
    what = f"sizeLimit of {eviction.part}" if eviction.part.startswith("emptyDir") else "limits.ephemeral-storage"
    whose = "" if eviction.part.startswith("emptyDir") or not eviction.part else f" of container {eviction.part}"
    return found(
        "evicted-ephemeral",
        pod.holder,
        *proofs,
        *storage_limit(pod, eviction.part),
        via="owned-by",
        fix=f"Raise {what}{whose} ({eviction.limit}) in {named(pod.holder)}, or make it write less there.",
        command=edit(pod.holder),
    )
