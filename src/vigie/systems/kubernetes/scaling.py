"""Autoscalers: which API their metrics come from, what they scale, and how far above its target a metric is."""

import re
from typing import Any

from vigie.kit import Entity, Graph, clock, quantity
from vigie.systems.kubernetes.joins import listed
from vigie.systems.kubernetes.kinds.access import APIService
from vigie.systems.kubernetes.kinds.controllers import HorizontalPodAutoscaler

_GROUP = re.compile(r"\b((?:custom\.|external\.)?metrics\.k8s\.io)\b")
_TOLERANCE = 1.1
_DEFAULT = {"custom.metrics.k8s.io": "v1beta2", "external.metrics.k8s.io": "v1beta1", "metrics.k8s.io": "v1beta1"}
_BY_REASON = {
    "FailedGetResourceMetric": "metrics.k8s.io", "FailedGetContainerResourceMetric": "metrics.k8s.io",
    "FailedGetPodsMetric": "custom.metrics.k8s.io", "FailedGetObjectMetric": "custom.metrics.k8s.io",
    "FailedGetExternalMetric": "external.metrics.k8s.io",
}  # fmt: skip


def metrics_group(reason: str, text: str) -> str:
    """The API group that an autoscaler asked in vain: as its message names it, else by the reason; "" for neither."""
    named = _GROUP.search(text)
    return named[1] if named else _BY_REASON.get(reason, "")


def api_service(graph: Graph, group: str) -> Entity:
    """The APIService of a metrics group; the one that would be there where there is none."""
    served = [entity for entity in graph.all(APIService) if entity[APIService.served_group] == group]
    return min(served, key=lambda e: e.name) if served else graph.get("APIService", "", f"{_DEFAULT[group]}.{group}")


def target(scaler: Entity) -> Entity | None:
    """What an autoscaler scales."""
    return next((edge.target for edge in scaler.out("scales")), None)


def over_target(scaler: Entity) -> tuple[int, str] | None:
    """The metric that stays above its target although the autoscaler is at its maximum: its index and a sentence."""
    most, current = scaler[HorizontalPodAutoscaler.maximum], scaler[HorizontalPodAutoscaler.current]
    if most is None or current is None or current < most:
        return None
    body = scaler.body
    targets = {_name(metric): _value(metric, "target") for metric in listed(body, "spec", "metrics")}
    for index, metric in enumerate(listed(body, "status", "currentMetrics")):
        name, now = _name(metric), _value(metric, "current")
        wanted = targets.get(name)
        if now is not None and wanted is not None and wanted[0] == now[0] and now[1] > wanted[1] * _TOLERANCE:
            return index, f"{name[1]} is at {now[2]} and is to be at {wanted[2]}"
    return None


def _source(metric: dict[str, Any]) -> dict[str, Any]:
    type = str(metric.get("type") or "")
    source = metric.get(type[:1].lower() + type[1:])
    return source if isinstance(source, dict) else {}


def _name(metric: dict[str, Any]) -> tuple[str, str]:
    source = _source(metric)
    named = source.get("metric")
    name = source.get("name") or (named.get("name") if isinstance(named, dict) else None)
    return str(metric.get("type") or ""), str(name or "")


def _value(metric: dict[str, Any], key: str) -> tuple[str, float, str] | None:
    """Which of the forms a metric's value has, the value, and the value as it is written."""
    held = _source(metric).get(key)
    if not isinstance(held, dict):
        return None
    for form, unit in (("averageUtilization", "%"), ("averageValue", ""), ("value", "")):
        number = quantity(held.get(form))
        if number is not None:
            return form, number, f"{held[form]}{unit}"
    return None


def unserved(text: str) -> bool:
    """Whether the words of an autoscaler mean that the API of its metric does not answer, not that a value lacks."""
    words = (
        "could not find the requested resource", "currently unable to handle the request", "no matches for kind",
        "unable to fetch metrics from", "no custom metrics API", "no external metrics API", "service unavailable",
        "connection refused", "context deadline exceeded",
    )  # fmt: skip
    return any(word in text for word in words) and "no metrics returned" not in text


def blind(scaler: Entity) -> bool:
    """Whether an autoscaler cannot compute: for an error that is stated, or for a minute."""
    active = scaler.condition("ScalingActive")
    if active is None or active.status != "False" or active.reason == "ScalingDisabled":
        return False
    if unserved(active.message) or "missing request for" in active.message:
        return True
    return active.since is None or scaler.graph.as_of - active.since > 60 * clock.SECOND
