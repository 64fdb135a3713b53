"""Controllers and the API, where a page cannot say it: renamed objects, hostile objects, many objects."""

import json
from typing import Any

import pytest

from vigie import pipeline
from vigie.graph.graph import Graph
from vigie.model.evidence import Evidence, Listed
from vigie.systems.kubernetes import scaling, schedules, services

CLOCK = {
    "apiVersion": "v1", "kind": "Event", "metadata": {"name": "clock.1", "namespace": "default"}, "reason": "Pulled",
    "type": "Normal", "message": "pulled", "involvedObject": {"kind": "Pod", "name": "clock", "namespace": "default"},
    "firstTimestamp": "2026-11-22T14:27:30Z", "lastTimestamp": "2026-11-22T14:27:30Z",
}  # fmt: skip
LONG_AGO = "2026-11-01T00:00:00Z"


def graph(*objects: dict[str, Any], listed: tuple[str, ...] = ()) -> Graph:
    data = json.dumps({"apiVersion": "v1", "kind": "List", "items": [CLOCK, *objects]}).encode()
    found = [Evidence.of("objects.json", data, "json")]
    for kind in listed:
        empty = json.dumps({"kind": f"{kind}List", "apiVersion": "v1", "items": []}).encode()
        found.append(Evidence.of(f"{kind}.json", empty, "json", listed=Listed("", kind)))
    return pipeline.read_all(found)


def cron(schedule: str, last: str | None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "report", "namespace": "ops", "creationTimestamp": LONG_AGO},
        "spec": {"schedule": schedule, **spec}, "status": {"lastScheduleTime": last} if last else {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("job", "missed"),
    [
        (cron("*/5 * * * *", "2026-11-22T14:25:00Z"), False),
        (cron("*/5 * * * *", "2026-11-22T14:20:00Z"), True),
        (cron("27 14 * * *", "2026-11-21T14:27:00Z"), False),
        (cron("0 14 * * *", "2026-11-21T14:00:00Z"), True),
        (cron("0 14 * * *", "2026-11-21T13:00:00Z"), False),
        (cron("0 14 * * *", "2026-11-21T13:00:00Z", timeZone="Etc/UTC"), True),
        (cron("0 14 * * *", "2026-11-21T13:00:00Z", timeZone="No/Where"), False),
        (cron("*/5 * * * *", "2026-11-22T14:00:00Z", suspend=True), False),
        (cron("0 3 * * *", None), True),
        (cron("@every 1h", "2026-11-20T00:00:00Z"), False),
    ],
)
def test_missed_runs(job: dict[str, Any], missed: bool) -> None:
    found = next(graph(job).all("batch/CronJob"))
    assert (schedules.missed(found) is not None) == missed


@pytest.mark.parametrize(
    ("reason", "text", "group"),
    [
        ("FailedGetResourceMetric", "the server could not find the requested resource (get pods.metrics.k8s.io)", "metrics.k8s.io"),
        ("FailedGetPodsMetric", "unable to fetch metrics from custom metrics API: the server is currently unable to "
         "handle the request (get pods.custom.metrics.k8s.io *)", "custom.metrics.k8s.io"),
        ("FailedGetExternalMetric", "no external metrics API (external.metrics.k8s.io) registered", "external.metrics.k8s.io"),
        ("FailedGetObjectMetric", "something else", "custom.metrics.k8s.io"),
        ("InvalidSelector", "something else", ""),
    ],
)  # fmt: skip
def test_the_api_that_serves_a_metric(reason: str, text: str, group: str) -> None:
    assert scaling.metrics_group(reason, text) == group


def service(name: str, selector: Any, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "shop", "creationTimestamp": LONG_AGO},
        "spec": {"selector": selector, "ports": [{"port": 80}], **spec},
    }  # fmt: skip


def deployment(name: str, labels: Any, replicas: int = 1) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop", "creationTimestamp": LONG_AGO},
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": labels}, "spec": {"containers": []}}}, "status": {},
    }  # fmt: skip


def test_a_service_between_runs_of_a_job_selects_something() -> None:
    job = cron("0 3 * * *", "2026-11-22T03:00:00Z", jobTemplate={"spec": {"template": {"metadata": {"labels": {"app": "report"}}}}})
    job["metadata"]["namespace"] = "shop"
    found = graph(service("report", {"app": "report"}), job, deployment("report-api", {"app": "report-api"}), listed=("Pod",))
    assert [m.kind for m in services.makers(found.get("Service", "shop", "report"))] == ["CronJob"]
    assert pipeline.ask(found).causes == []


def test_a_custom_workload_makes_pods_too() -> None:
    rollout = deployment("web", {"app": "web"})
    rollout |= {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    found = graph(service("web", {"app": "web"}), rollout, listed=("Pod",))
    assert [m.kind for m in services.makers(found.get("Service", "shop", "web"))] == ["Rollout"]


@pytest.mark.parametrize("selector", [[], 3, "app=web", {"app": 3}, {"app": None}, {"app": {"x": 1}}, None, {}])
def test_hostile_selectors_and_labels_are_survived(selector: Any) -> None:
    found = graph(service("web", selector), deployment("web", selector), deployment("web-2", {"app": "web"}), listed=("Pod",))
    pipeline.ask(found)
    pipeline.check(found)


def test_renaming_everything_moves_the_verdict_with_it() -> None:
    for name, wrong in (("cart", "cart-v2"), ("zq1", "zq1-v2")):
        found = graph(service(name, {"app": wrong}), deployment(name, {"app": name}), listed=("Pod",))
        assert [(c.name, str(c.entity)) for c in pipeline.ask(found).causes] == [
            ("service-selects-nothing", f"Service/shop/{name}")
        ]
