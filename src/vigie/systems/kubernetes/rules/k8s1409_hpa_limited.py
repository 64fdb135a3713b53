from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes import commands, scaling
from vigie.systems.kubernetes.kinds.controllers import HorizontalPodAutoscaler


@rule(
    "K8S1409",
    on="HorizontalPodAutoscaler",
    signal="at-maximum",
    causes=("hpa-limited",),
    severity="medium",
    since="0.1.0",
    strength=0.85,
)
def hpa_limited(scaler: Entity, graph: Graph) -> Iterator[Outcome]:
    """An autoscaler is at its maximum, and its metric is still above the target.

    ## Why is this bad
    More load will not bring more pods: the workload is as slow as it is, and gets slower.

    ## Fix
    Raise `spec.maxReplicas`, or give each pod more.
    """
    over = scaling.over_target(scaler)
    if over is None:
        return
    index, sentence = over
    said = scaler.signals("at-maximum")[-1]
    most = int(scaler[HorizontalPodAutoscaler.maximum] or 0)
    yield found(
        "hpa-limited", scaler, said, Proof(scaler, f"status.currentMetrics[{index}]", sentence, None, scaler.pointer),
        scaler.proof(HorizontalPodAutoscaler.maximum),
        fix=f"Raise spec.maxReplicas (now {most}) of HorizontalPodAutoscaler {scaler.namespace}/{scaler.name}: "
        f"{sentence}.",
        command=commands.patch(scaler, {"spec": {"maxReplicas": most * 2}}),
    )  # fmt: skip
