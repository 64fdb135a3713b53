"""Specifications of any shape: the fit and the sentences made from it neither crash nor guess."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie import pipeline
from vigie.model.evidence import Evidence

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 9999) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TERM = {
    "topologyKey": "kubernetes.io/hostname",
    "labelSelector": {"matchLabels": {"app": "x"}},
    "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
    "matchLabelKeys": ["app"],
}
SPEC: dict[str, Any] = {
    "containers": [
        {
            "name": "c",
            "ports": [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}},
        }
    ],
    "initContainers": [{"name": "i", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}}],
    "overhead": {"cpu": "100m"},
    "resources": {"requests": {"cpu": "1"}},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "a", "operator": "Gt", "value": "3"}],
    "schedulingGates": [{"name": "g"}],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "z", "operator": "In", "values": ["a"]}]}]
            }
        },
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]},
        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]},
    },
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {}},
        }
    ],
    "volumes": [
        {"name": "v", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "e", "ephemeral": {"volumeClaimTemplate": {}}},
        {"name": "h", "hostPath": {"path": "/etc/cni/net.d"}},
    ],
}


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in inner for path in paths(item, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    if isinstance(value, dict):
        return {k: replaced(v, path[1:], by) if k == path[0] else v for k, v in value.items()}
    return [replaced(v, path[1:], by) if n == path[0] else v for n, v in enumerate(value)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(paths(SPEC)[1:]), JUNK, st.booleans())
def test_any_field_may_hold_anything(path: tuple[Any, ...], junk: Any, placed: bool) -> None:
    spec = replaced(SPEC, path, junk)
    said = "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible."
    pending = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    refused = 'MountVolume.SetUp failed for volume "v" : mount failed: exit status 32'
    items = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "s", "labels": {"app": "x"}},
         "spec": spec, "status": {"phase": "Pending", "conditions": [pending]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "namespace": "s", "labels": {"app": "x"}},
         "spec": {**(spec if placed else SPEC), "nodeName": "n1", "hostNetwork": True}, "status": {"phase": "Pending"}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1"}},
         "spec": {"taints": [{"key": "a", "value": "2", "effect": "NoSchedule"}]},
         "status": {"allocatable": {"cpu": "1"}, "conditions": [
             {"type": "Ready", "status": "False", "message": "cni plugin not initialized"}]}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "s"},
         "spec": {}, "status": {"phase": "Pending"}},
        {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "s"}, "type": "Warning",
         "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "s", "name": "b"},
         "reason": "FailedMount", "message": refused, "lastTimestamp": "2026-11-22T10:00:00Z"},
    ]  # fmt: skip
    data = msgspec.json.encode({"kind": "List", "apiVersion": "v1", "items": items})
    graph = pipeline.read_all([Evidence.of("all.json", data, "json")])
    assert any(cause.entity.name == "n1" or cause.entity.namespace == "s" for cause in pipeline.ask(graph).causes)
