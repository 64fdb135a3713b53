"""Chains of calls through pods that are ready: who is a victim of whom, and where a chain ends."""

from typing import Any

import msgspec

from vigie import pipeline
from vigie.model.answer import Answer, Cause
from vigie.model.evidence import Evidence

NOW = "2026-11-22T10:06:00Z"


def pod(name: str, *, ready: bool, calls: str = "", end: int | None = None) -> dict[str, Any]:
    state: dict[str, Any] = {"running": {"startedAt": "2026-11-22T10:00:05Z"}}
    status: dict[str, Any] = {"name": name, "ready": ready, "restartCount": 0, "state": state}
    if end is not None:
        ended = {"exitCode": end, "reason": "Error", "finishedAt": "2026-11-22T10:05:00Z"}
        status |= {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}
        status["restartCount"] = 4
    env = [{"name": "UPSTREAM", "value": f"http://{calls}:80"}] if calls else []
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    labels = {"app": name, "pod-template-hash": "1"}
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{name}-1", "controller": True}
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-11-22T10:00:10Z"}
    return {
        "metadata": {"name": f"{name}-1-x", "namespace": "shop", "labels": labels, "ownerReferences": [owner],
                     "creationTimestamp": "2026-11-22T10:00:00Z"},
        "spec": {"nodeName": "n1", "restartPolicy": "Always",
                 "containers": [{"name": name, "image": "shop:1", "env": env, "readinessProbe": probe}]},
        "status": {"phase": "Running", "containerStatuses": [status], "conditions": [condition]},
    }  # fmt: skip


def service(name: str, number: int) -> dict[str, Any]:
    spec = {"clusterIP": f"10.96.0.{number}", "selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def unhealthy(name: str, why: str) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "shop", "name": f"{name}-1-x", "apiVersion": "v1",
             "fieldPath": f"spec.containers{{{name}}}"}  # fmt: skip
    return {
        "metadata": {"name": f"{name}.1", "namespace": "shop"}, "involvedObject": about, "type": "Warning",
        "reason": "Unhealthy", "message": f"Readiness probe failed: {why}", "count": 9,
        "firstTimestamp": "2026-11-22T10:01:00Z", "lastTimestamp": NOW,
    }  # fmt: skip


def ask(pods: list[dict[str, Any]], events: list[dict[str, Any]], logs: dict[str, str]) -> Answer:
    names = [p["metadata"]["name"].removesuffix("-1-x") for p in pods]
    listed = {
        "api/v1/pods.json": ("PodList", pods),
        "api/v1/services.json": ("ServiceList", [service(name, n) for n, name in enumerate(names, 1)]),
        "api/v1/events.json": ("EventList", events),
    }
    found = [
        Evidence.of(path, msgspec.json.encode({"kind": kind, "apiVersion": "v1", "items": items}), "json")
        for path, (kind, items) in listed.items()
    ]
    for name, text in logs.items():
        kept, _, which = name.partition(" ")
        path = f"logs/shop/{kept}-1-x/{kept}{'.previous' if which else ''}.log"
        found.append(Evidence.of(path, text.encode(), "log"))
    return pipeline.ask(pipeline.read_all(found))


def said(causes: list[Cause]) -> list[tuple[str, str]]:
    return [(cause.name, str(cause.entity)) for cause in causes]


def failing(callee: str, next_one: str) -> str:
    return f"2026-11-22T10:05:58Z ERROR GET http://{callee}:80: 503 Service Unavailable: {next_one} failed\n"


PODS = [
    pod("web", ready=False, calls="gateway"),
    pod("gateway", ready=True, calls="orders"),
    pod("orders", ready=True, calls="stock"),
    pod("stock", ready=False, end=3),
]
LAST_WORDS = {"stock previous": "2026-11-22T10:05:00Z FATAL the index is corrupt\n"}
NO = unhealthy("web", "HTTP probe failed with statuscode: 503")


def test_a_chain_of_messengers_ends_at_its_root() -> None:
    logs = {
        "web": failing("gateway", "orders"),
        "gateway": failing("orders", "stock"),
        "orders": "2026-11-22T10:05:58Z ERROR dial tcp 10.96.0.4:80: connect: connection refused\n",
    }
    answer = ask(PODS, [NO], logs | LAST_WORDS)
    assert said(answer.causes) == [("crash-exit", "Deployment/shop/stock")]
    walked = [str(step.entity) for step in answer.causes[0].chain if step.entity.kind == "Service"]
    assert walked == ["Service/shop/gateway", "Service/shop/orders", "Service/shop/stock"]
    hit = {str(victim.entity) for victim in answer.causes[0].victims}
    assert hit >= {"Pod/shop/web-1-x", "Pod/shop/gateway-1-x", "Pod/shop/orders-1-x", "Deployment/shop/orders"}


def test_a_callee_that_complains_of_nothing_ends_the_chain() -> None:
    logs = {
        "web": failing("gateway", "orders"),
        "gateway": "2026-11-22T10:05:58Z INFO served\n",
        "orders": failing("stock", "disk"),
    }
    answer = ask(PODS, [NO], logs | LAST_WORDS)
    assert said(answer.causes) == [("crash-exit", "Deployment/shop/stock"), ("unknown", "Deployment/shop/web")]


def test_a_complaint_of_long_ago_ends_the_chain() -> None:
    old = failing("orders", "stock").replace("10:05", "09:05")
    logs = {"web": failing("gateway", "orders"), "gateway": old, "orders": failing("stock", "disk")}
    answer = ask(PODS, [NO], logs | LAST_WORDS)
    assert ("unknown", "Deployment/shop/web") in said(answer.causes)


def test_without_logs_a_server_error_leads_along_what_is_configured() -> None:
    answer = ask(PODS, [NO], LAST_WORDS)
    assert said(answer.causes) == [("crash-exit", "Deployment/shop/stock")]


def test_without_logs_a_probe_that_reaches_nobody_leads_nowhere() -> None:
    answer = ask(PODS, [unhealthy("web", "dial tcp 10.0.0.9:8080: connect: connection refused")], LAST_WORDS)
    assert ("unknown", "Deployment/shop/web") in said(answer.causes)


def test_nobody_is_to_blame_where_all_that_is_called_is_well() -> None:
    logs = {"web": failing("gateway", "orders"), "gateway": failing("orders", "stock"), "orders": "INFO served\n"}
    answer = ask([*PODS[:3], pod("stock", ready=True)], [NO], logs)
    assert said(answer.causes) == [("unknown", "Deployment/shop/web")]
