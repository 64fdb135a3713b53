from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, leans, rule
from vigie.systems.kubernetes import claims
from vigie.systems.kubernetes.kinds.storage import PersistentVolumeClaim
from vigie.systems.kubernetes.scheduling import parse

_VOLUMES = ("volume-unbound", "volume-gone", "claim", "volume-space")


@rule(
    "K8S1208",
    on="Pod",
    signal=("unschedulable", "scheduler-error", "failed-scheduling", "volume-not-mounted"),
    severity="high",
    since="0.1.0",
    strength=0.99,
)
def pod_waits_for_claim(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The pod waits for a claim of its own that has no volume.

    ## Why is this bad
    The scheduler speaks of unbound claims and names none.

    ## Fix
    Mend the claim.
    """
    for signal in reversed(pod.signals("unschedulable", "scheduler-error", "failed-scheduling", "volume-not-mounted")):
        filters = parse(signal.text).filters
        placed = signal.name in ("unschedulable", "failed-scheduling")
        if placed and filters and not filters & set(_VOLUMES):
            return
        for claim in claims.claimed(pod):
            if claim.read and claim[PersistentVolumeClaim.phase] != "Bound":
                yield leans(claim, "mounts", signal)
        return
