from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import commands, scaling, workloads


@rule(
    "K8S1406",
    on="HorizontalPodAutoscaler",
    signal="metric-unread",
    causes=("hpa-no-metrics",),
    severity="medium",
    since="0.1.0",
    strength=0.92,
)
def hpa_no_metrics(scaler: Entity, graph: Graph) -> Iterator[Outcome]:
    """An autoscaler cannot have its metric: the API that serves metrics is absent or does not answer.

    ## Why is this bad
    The number of pods stays where it is, whatever the load.

    ## Fix
    Install or repair the metrics server (or the adapter) behind the APIService.
    """
    said = scaler.signals("metric-unread")[-1]
    condition = scaler.condition("ScalingActive")
    group = scaling.metrics_group(condition.reason if condition else "", said.text)
    if not group or "missing request for" in said.text or "forbidden" in said.text:
        return
    api = scaling.api_service(graph, group)
    yield leans(api, "measures", said)
    target = scaling.target(scaler)
    if target is not None and not scaling.unserved(said.text):
        yield leans(target, "scales", said)
        if not target.read or workloads.is_unwell(target):
            return
    absent = (api.absence(),) if api.exists is False else ()
    served = "Install the server of" if api.exists is False else "Repair the server behind"
    yield found(
        "hpa-no-metrics", api, said, *absent, via="measures", strength=0.92 if scaling.unserved(said.text) else 0.6,
        fix=f"{served} APIService {api.name}, from which HorizontalPodAutoscaler {scaler.namespace}/{scaler.name} "
        f"reads.",
        command=commands.kubectl("get", api, "-o", "yaml") if api.read else None,
    )  # fmt: skip
