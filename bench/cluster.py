"""A generated cluster of any size, shaped as a real one is: every object as an API server writes it.

Pods carry probes, environment, volumes, conditions and managedFields, about 6.3 kB of compact JSON each. Some of
the workloads are broken on purpose; `FAULTS` says which class each of them is.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

T0 = "2026-03-01T08:00:00Z"
T1 = "2026-03-01T11:58:00Z"
NOW = "2026-03-01T12:00:00Z"
PODS_PER_SERVICE = 20
FAULTS = ("secret-missing", "config-missing", "image-not-found", "oom-limit", "config-key-missing")


def _managed(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "manager": manager, "operation": "Update", "apiVersion": "v1", "time": T0, "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }  # fmt: skip


_SPEC_FIELDS = {
    "f:metadata": {
        "f:generateName": {},
        "f:labels": {".": {}, "f:app": {}, "f:pod-template-hash": {}},
        "f:ownerReferences": {".": {}, 'k:{"uid":"0"}': {}},
    },
    "f:spec": {
        "f:containers": {
            'k:{"name":"app"}': {
                ".": {},
                "f:env": {".": {}, **{f'k:{{"name":"VAR_{i}"}}': {".": {}, "f:name": {}, "f:value": {}} for i in range(8)}},
                "f:image": {}, "f:imagePullPolicy": {}, "f:name": {},
                "f:livenessProbe": {".": {}, "f:failureThreshold": {}, "f:httpGet": {".": {}, "f:path": {}, "f:port": {}}},
                "f:readinessProbe": {".": {}, "f:failureThreshold": {}, "f:httpGet": {".": {}, "f:path": {}, "f:port": {}}},
                "f:resources": {".": {}, "f:limits": {".": {}, "f:memory": {}}, "f:requests": {".": {}, "f:cpu": {}, "f:memory": {}}},
                "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {},
                "f:volumeMounts": {".": {}, 'k:{"mountPath":"/etc/app"}': {".": {}, "f:mountPath": {}, "f:name": {}}},
            }
        },
        "f:dnsPolicy": {}, "f:enableServiceLinks": {}, "f:restartPolicy": {}, "f:schedulerName": {},
        "f:securityContext": {}, "f:terminationGracePeriodSeconds": {},
        "f:volumes": {".": {}, 'k:{"name":"config"}': {".": {}, "f:configMap": {".": {}, "f:defaultMode": {}, "f:name": {}}, "f:name": {}}},
    },
}  # fmt: skip
_STATUS_FIELDS = {
    "f:status": {
        "f:conditions": {
            f'k:{{"type":"{type}"}}': {".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {}}
            for type in ("ContainersReady", "Initialized", "PodReadyToStartContainers", "Ready")
        },
        "f:containerStatuses": {}, "f:hostIP": {}, "f:hostIPs": {}, "f:phase": {},
        "f:podIP": {}, "f:podIPs": {".": {}, 'k:{"ip":"10.0.0.1"}': {".": {}, "f:ip": {}}}, "f:startTime": {},
    }
}  # fmt: skip


def _uid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


class Cluster:
    """Objects of a cluster with this many pods; the first `faults` services are broken, each in one way."""

    def __init__(self, pods: int, nodes: int, events: int, faults: int = 0) -> None:
        self.pods = pods
        self.nodes = nodes
        self.events = events
        self.faults = faults
        self.services = pods // PODS_PER_SERVICE

    def place(self, service: int) -> tuple[str, str]:
        """Namespace and name of one service."""
        return f"team-{service % 300:03d}", f"svc-{service:05d}"

    def fault(self, service: int) -> str | None:
        return FAULTS[service % len(FAULTS)] if service < self.faults else None

    def _pod_name(self, service: int, member: int) -> str:
        return f"{self.place(service)[1]}-7d9f8c6b5-{service % 9973:04d}{member:x}"

    def pod(self, service: int, member: int) -> dict[str, Any]:
        """One pod of a service."""
        namespace, name = self.place(service)
        number = service * PODS_PER_SERVICE + member
        ip = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        host = f"172.16.{number % self.nodes >> 8}.{number % self.nodes & 255}"
        broken = self.fault(service)
        env = [{"name": f"VAR_{i}", "value": f"value-{service}-{i}"} for i in range(8)]
        env.append({"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": name, "key": "token"}}})
        probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1,
                 "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}  # fmt: skip
        container = {
            "name": "app", "image": f"registry.example.com/team/{name}:1.2.3", "env": env,
            "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "50m", "memory": "128Mi"}},
            "volumeMounts": [
                {"name": "config", "mountPath": "/etc/app"},
                {"name": "kube-api-access", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
            ],
            "livenessProbe": probe, "readinessProbe": probe, "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent",
        }  # fmt: skip
        ready = "False" if broken else "True"
        conditions = [
            {"type": type, "status": ready if type in ("Ready", "ContainersReady") else "True", "lastProbeTime": None,
             "lastTransitionTime": T1 if broken else T0,
             **({"reason": "ContainersNotReady", "message": "containers with unready status: [app]"}
                if broken and type in ("Ready", "ContainersReady") else {})}
            for type in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        ]  # fmt: skip
        return {
            "metadata": {
                "name": self._pod_name(service, member), "generateName": f"{name}-7d9f8c6b5-", "namespace": namespace,
                "uid": _uid(1, number), "resourceVersion": str(10_000_000 + number), "generation": 1,
                "creationTimestamp": T0, "labels": {"app": name, "pod-template-hash": "7d9f8c6b5"},
                "ownerReferences": [
                    {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{name}-7d9f8c6b5", "uid": _uid(2, service),
                     "controller": True, "blockOwnerDeletion": True}
                ],
                "managedFields": [
                    _managed("kube-controller-manager", _SPEC_FIELDS),
                    {**_managed("kubelet", _STATUS_FIELDS), "subresource": "status"},
                ],
            },
            "spec": {
                "volumes": [
                    {"name": "config", "configMap": {"name": f"{name}-conf", "defaultMode": 420}},
                    {"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
                    ]}},
                ],
                "containers": [container], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
                "dnsPolicy": "ClusterFirst", "serviceAccountName": "default", "serviceAccount": "default",
                "nodeName": f"node-{number % self.nodes:05d}", "securityContext": {}, "schedulerName": "default-scheduler",
                "tolerations": [
                    {"key": f"node.kubernetes.io/{k}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
                    for k in ("not-ready", "unreachable")
                ],
                "priority": 0, "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority",
            },
            "status": {
                "phase": "Pending" if broken and broken != "oom-limit" else "Running", "conditions": conditions,
                "hostIP": host, "hostIPs": [{"ip": host}], "podIP": ip, "podIPs": [{"ip": ip}], "startTime": T0,
                "containerStatuses": [self._status(service, number, broken)], "qosClass": "Burstable",
            },
        }  # fmt: skip

    def _status(self, service: int, number: int, broken: str | None) -> dict[str, Any]:
        namespace, name = self.place(service)
        image = f"registry.example.com/team/{name}:1.2.3"
        waiting = {
            "secret-missing": ("CreateContainerConfigError", f'secret "{name}" not found'),
            "config-key-missing": ("CreateContainerConfigError", f"couldn't find key token in Secret {namespace}/{name}"),
            "config-missing": ("CreateContainerConfigError", f'configmap "{name}-conf" not found'),
            "image-not-found": ("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'),
        }  # fmt: skip
        state: dict[str, Any] = {"running": {"startedAt": T0}}
        last: dict[str, Any] = {}
        if broken == "oom-limit":
            state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app"}}
            last = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": T0, "finishedAt": T1, "containerID": "containerd://0"}}
        elif broken:
            reason, message = waiting[broken]
            state = {"waiting": {"reason": reason, "message": message}}
        return {
            "name": "app", "state": state, "lastState": last, "ready": not broken,
            "restartCount": 7 if broken == "oom-limit" else 0, "image": image,
            "imageID": f"registry.example.com/team/{name}@sha256:{service:064x}",
            "containerID": f"containerd://{number:064x}", "started": not broken,
        }  # fmt: skip

    def lists(self) -> Iterator[tuple[str, str, str, Iterator[dict[str, Any]]]]:
        """File name, apiVersion, kind and items of every List."""
        services = range(self.services)
        yield "nodes.json", "v1", "Node", (self._node(n) for n in range(self.nodes))
        yield "pods.json", "v1", "Pod", (self.pod(s, m) for s in services for m in range(PODS_PER_SERVICE))
        yield "replicasets.json", "apps/v1", "ReplicaSet", (self._workload(s, "ReplicaSet") for s in services)
        yield "deployments.json", "apps/v1", "Deployment", (self._workload(s, "Deployment") for s in services)
        yield "services.json", "v1", "Service", (self._service(s) for s in services)
        yield "endpointslices.json", "discovery.k8s.io/v1", "EndpointSlice", (self._slice(s) for s in services)
        yield "configmaps.json", "v1", "ConfigMap", (c for s in services for c in self._configmaps(s))
        yield "secrets.json", "v1", "Secret", (c for s in services for c in self._secrets(s))
        yield "events.json", "v1", "Event", (self._event(n) for n in range(self.events))

    def _node(self, n: int) -> dict[str, Any]:
        capacity = {"cpu": "64", "memory": "262144000Ki", "pods": "250", "ephemeral-storage": "500Gi"}
        conditions = [
            {"type": t, "status": s, "lastHeartbeatTime": NOW, "lastTransitionTime": T0, "reason": r, "message": r}
            for t, s, r in (
                ("MemoryPressure", "False", "KubeletHasSufficientMemory"), ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                ("PIDPressure", "False", "KubeletHasSufficientPID"), ("Ready", "True", "KubeletReady"),
            )
        ]  # fmt: skip
        return {
            "metadata": {"name": f"node-{n:05d}", "uid": _uid(3, n), "resourceVersion": "5", "creationTimestamp": T0,
                         "labels": {"kubernetes.io/hostname": f"node-{n:05d}", "topology.kubernetes.io/zone": f"z{n % 3}"}},
            "spec": {"podCIDR": "10.0.0.0/24"},
            "status": {"capacity": capacity, "allocatable": capacity, "conditions": conditions,
                       "nodeInfo": {"kubeletVersion": "v1.36.3", "containerRuntimeVersion": "containerd://2.1.0"}},
        }  # fmt: skip

    def _workload(self, s: int, kind: str) -> dict[str, Any]:
        namespace, name = self.place(s)
        ready = 0 if self.fault(s) else PODS_PER_SERVICE
        meta: dict[str, Any] = {
            "name": name if kind == "Deployment" else f"{name}-7d9f8c6b5", "namespace": namespace, "generation": 1,
            "uid": _uid(4 if kind == "Deployment" else 2, s), "resourceVersion": "7", "creationTimestamp": T0,
            "labels": {"app": name},
        }  # fmt: skip
        status: dict[str, Any] = {"observedGeneration": 1, "replicas": PODS_PER_SERVICE, "readyReplicas": ready, "availableReplicas": ready}
        if kind == "ReplicaSet":
            owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": _uid(4, s), "controller": True}
            meta["ownerReferences"] = [{**owner, "blockOwnerDeletion": True}]
        else:
            status |= {"updatedReplicas": PODS_PER_SERVICE, "unavailableReplicas": PODS_PER_SERVICE - ready, "conditions": [
                {"type": "Available", "status": "True" if ready else "False", "lastTransitionTime": T1 if not ready else T0,
                 "reason": "MinimumReplicasAvailable" if ready else "MinimumReplicasUnavailable", "message": "Deployment availability"},
            ]}  # fmt: skip
        spec = {"replicas": PODS_PER_SERVICE, "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": "x"}]}}}  # fmt: skip
        return {"metadata": meta, "spec": spec, "status": status}

    def _service(self, s: int) -> dict[str, Any]:
        namespace, name = self.place(s)
        return {
            "metadata": {"name": name, "namespace": namespace, "uid": _uid(5, s), "resourceVersion": "8", "creationTimestamp": T0},
            "spec": {"selector": {"app": name}, "clusterIP": f"10.96.{s >> 8 & 255}.{s & 255}", "type": "ClusterIP",
                     "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]},
            "status": {"loadBalancer": {}},
        }  # fmt: skip

    def _slice(self, s: int) -> dict[str, Any]:
        namespace, name = self.place(s)
        ready = not self.fault(s)
        endpoints = []
        for member in range(PODS_PER_SERVICE):
            number = s * PODS_PER_SERVICE + member
            endpoints.append(
                {"addresses": [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"],
                 "conditions": {"ready": ready, "serving": ready, "terminating": False},
                 "targetRef": {"kind": "Pod", "namespace": namespace, "name": self._pod_name(s, member), "uid": _uid(1, number)}}
            )  # fmt: skip
        return {
            "metadata": {"name": f"{name}-x7k2p", "namespace": namespace, "uid": _uid(6, s), "resourceVersion": "9",
                         "creationTimestamp": T0, "labels": {"kubernetes.io/service-name": name},
                         "ownerReferences": [{"apiVersion": "v1", "kind": "Service", "name": name, "uid": _uid(5, s), "controller": True, "blockOwnerDeletion": True}]},
            "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        }  # fmt: skip

    def _configmaps(self, s: int) -> Iterator[dict[str, Any]]:
        namespace, name = self.place(s)
        if self.fault(s) != "config-missing":
            yield {"metadata": {"name": f"{name}-conf", "namespace": namespace, "uid": _uid(7, s), "resourceVersion": "9", "creationTimestamp": T0},
                   "data": {"app.yaml": f"name: {name}\nlevel: info\n" * 8}}  # fmt: skip

    def _secrets(self, s: int) -> Iterator[dict[str, Any]]:
        namespace, name = self.place(s)
        broken = self.fault(s)
        if broken != "secret-missing":
            data = {} if broken == "config-key-missing" else {"token": ""}
            yield {"metadata": {"name": name, "namespace": namespace, "uid": _uid(8, s), "resourceVersion": "9", "creationTimestamp": T0},
                   "type": "Opaque", "data": data}  # fmt: skip

    def _event(self, n: int) -> dict[str, Any]:
        service = n % self.services
        namespace, _ = self.place(service)
        pod = self._pod_name(service, n // self.services % PODS_PER_SERVICE)
        reason, type, message = (
            ("Pulled", "Normal", "Container image already present on machine"),
            ("Scheduled", "Normal", f"Successfully assigned {namespace}/{pod} to node-{n % self.nodes:05d}"),
            ("Unhealthy", "Warning", "Readiness probe failed: Get \"http://10.0.0.1:8080/healthz\": dial tcp: connection refused"),
            ("Started", "Normal", "Started container app"),
        )[n // self.services // PODS_PER_SERVICE % 4]  # fmt: skip
        return {
            "metadata": {"name": f"{pod}.{n:016x}", "namespace": namespace, "uid": _uid(9, n), "resourceVersion": str(20_000_000 + n), "creationTimestamp": T0},
            "involvedObject": {"kind": "Pod", "namespace": namespace, "name": pod, "uid": _uid(1, service * PODS_PER_SERVICE), "apiVersion": "v1", "resourceVersion": "1"},
            "reason": reason, "message": message, "source": {"component": "kubelet", "host": f"node-{n % self.nodes:05d}"},
            "firstTimestamp": T0, "lastTimestamp": T0, "count": 1, "type": type, "eventTime": None,
            "reportingComponent": "kubelet", "reportingInstance": f"node-{n % self.nodes:05d}",
        }  # fmt: skip

    def write(self, directory: Path, *, indent: bool = False) -> int:
        """Write every List: compact as the API serves it, or as `kubectl get -o json` prints it; returns the bytes."""
        directory.mkdir(parents=True, exist_ok=True)
        total = 0
        for name, api, kind, items in self.lists():
            with (directory / name).open("w") as out:
                if indent:
                    out.write('{\n    "apiVersion": "v1",\n    "items": [')
                else:
                    out.write(f'{{"kind":"{kind}List","apiVersion":"{api}","metadata":{{"resourceVersion":"1"}},"items":[')
                for n, item in enumerate(items):
                    if indent:
                        body = json.dumps({"apiVersion": api, "kind": kind, **item}, indent=4).replace("\n", "\n        ")
                        out.write(("," if n else "") + "\n        " + body)
                    else:
                        out.write(("," if n else "") + json.dumps(item, separators=(",", ":")))
                out.write('\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n' if indent else "]}\n")
            total += (directory / name).stat().st_size
        return total
