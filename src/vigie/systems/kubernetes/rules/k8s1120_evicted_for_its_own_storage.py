from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import evictions
from vigie.systems.kubernetes.mending import named, storage_limit


@rule(
    "K8S1120",
    on="Pod",
    signal="evicted",
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
    eviction = evictions.of(pod)
    if eviction is None or eviction.resource != "ephemeral":
        return
    what = f"sizeLimit of {eviction.part}" if eviction.part.startswith("emptyDir") else "limits.ephemeral-storage"
    whose = "" if eviction.part.startswith("emptyDir") or not eviction.part else f" of container {eviction.part}"
    yield found(
        "evicted-ephemeral",
        pod.holder,
        eviction.signal,
        *storage_limit(pod, eviction.part),
        via="owned-by",
        fix=f"Raise {what}{whose} ({eviction.limit}) in {named(pod.holder)}, or make it write less there.",
    )
