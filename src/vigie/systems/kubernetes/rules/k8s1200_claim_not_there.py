from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes.mending import named, on_template, template


@rule(
    "K8S1200",
    on="Pod",
    signal="claim-not-found",
    causes=("volume-claim-missing",),
    severity="high",
    since="0.1.0",
    strength=0.98,
)
def claim_not_there(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The pod mounts a claim that does not exist.

    ## Why is this bad
    The pod is not even placed; it waits until somebody makes the claim.

    ## Fix
    Create the PersistentVolumeClaim, or correct `claimName` in the pod's template.
    """
    for signal in reversed(pod.signals("claim-not-found")):
        claim = signal.named("claim")
        if claim.exists:
            continue
        yield found(
            "volume-claim-missing",
            claim,
            claim.absence(),
            signal,
            *_asked(pod, claim),
            via="mounts",
            fix=(
                f"Create PersistentVolumeClaim {claim.namespace}/{claim.name}, or correct claimName in "
                f"{named(pod.holder)}."
            ),
        )
        return


def _asked(pod: Entity, claim: Entity) -> Iterator[Proof]:
    """Where the template asks for the claim."""
    for at, volume in enumerate(template(pod.holder).get("volumes") or []):
        if isinstance(volume, dict) and (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim.name:
            yield on_template(pod.holder, f"volumes[{at}].persistentVolumeClaim.claimName", claim.name)
