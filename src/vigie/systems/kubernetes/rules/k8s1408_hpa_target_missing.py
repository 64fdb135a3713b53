from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import commands, scaling
from vigie.systems.kubernetes.kinds.controllers import HorizontalPodAutoscaler


@rule(
    "K8S1408",
    on="HorizontalPodAutoscaler",
    signal="target-unread",
    causes=("hpa-target-missing",),
    severity="medium",
    since="0.1.0",
    strength=0.96,
)
def hpa_target_missing(scaler: Entity, graph: Graph) -> Iterator[Outcome]:
    """What an autoscaler is to scale does not exist.

    ## Why is this bad
    The workload was renamed or removed, and what took its place is scaled by nobody.

    ## Fix
    Correct `spec.scaleTargetRef`, or remove the autoscaler.
    """
    said = scaler.signals("target-unread")[-1]
    gone = ("not found", "could not find", "no matches for kind")
    if not any(word in said.text for word in gone):
        return
    target = scaling.target(scaler)
    absent = (target.absence(),) if target is not None and target.exists is False else ()
    named = f"{target.kind} {target.name}" if target is not None else "its target"
    yield found(
        "hpa-target-missing", scaler, said, scaler.proof(HorizontalPodAutoscaler.target), *absent,
        fix=f"Correct spec.scaleTargetRef of HorizontalPodAutoscaler {scaler.namespace}/{scaler.name}: {named} does "
        f"not exist.",
        command=commands.kubectl("edit", scaler),
    )  # fmt: skip
