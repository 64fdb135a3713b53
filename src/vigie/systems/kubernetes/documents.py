"""The files in which Kubernetes evidence comes: Troubleshoot bundles, cluster-info dumps, raw API answers, logs."""

import re
from collections.abc import Iterator

from vigie.kit import Document

_SECTION = re.compile(
    r"^==== (?:START logs for container (?P<container>\S+) of pod (?P<namespace>[^/\s]+)/(?P<pod>\S+)"
    r"|END logs\b.*) ====$",
    re.MULTILINE,
)
_PREFIX = re.compile(r"^\[pod/(?P<pod>[^/\]\s]+)/(?P<container>[^\]\s]+)\] ?(?P<line>.*)$")

_LIVE = "namespaces/{namespace}/pods/{pod}/log?container={container}"
_LOGS = (
    (_LIVE + "&previous=true", True, "the previous log of a container, as the API gives it"),
    (_LIVE, False, "the log of a container, as the API gives it"),
    ("logs/{namespace}/{pod}/{container}.previous.log", True, "the previous log of a container"),
    ("logs/{namespace}/{pod}/{container}-previous.log", True, "the same, as Troubleshoot names it"),
    ("logs/{namespace}/{pod}/{container}.log", False, "the log of a container"),
    ("containers/{pod}_{namespace}_{container}-{id}.log", False, "a kubelet's link to a container's log"),
    ("pods/{namespace}_{pod}_{uid}/{container}/{attempt}.log", False, "a kubelet's log of one run of a container"),
)

# Where nothing more exact has matched: Troubleshoot's own `logs` collector, and `kubectl logs --prefix`.
_LOOSE_LOGS = (
    ("{name}/{pod}/{container}-previous.log", True, "the previous log of a container, namespace unsaid"),
    ("{name}/{pod}/{container}.log", False, "the log of a container, namespace unsaid"),
)

# `kubectl cluster-info dump --output-directory`: one folder a namespace.
_DUMPED = {
    "daemonsets": "apps/DaemonSet",
    "deployments": "apps/Deployment",
    "events": "Event",
    "pods": "Pod",
    "replicasets": "apps/ReplicaSet",
    "replication-controllers": "ReplicationController",
    "services": "Service",
}

# Troubleshoot: the name of the file or folder, the kind, and whether the folder holds one file a namespace.
_CLUSTER = {
    "certificatesigningrequests": "certificates.k8s.io/CertificateSigningRequest",
    "clusterRoleBindings": "rbac.authorization.k8s.io/ClusterRoleBinding",
    "clusterRoles": "rbac.authorization.k8s.io/ClusterRole",
    "clusterrolebindings": "rbac.authorization.k8s.io/ClusterRoleBinding",
    "clusterroles": "rbac.authorization.k8s.io/ClusterRole",
    "custom-resource-definitions": "apiextensions.k8s.io/CustomResourceDefinition",
    "ingress-classes": "networking.k8s.io/IngressClass",
    "mutating-webhook-configurations": "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations": "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "namespaces": "Namespace",
    "nodes": "Node",
    "priorityclasses": "scheduling.k8s.io/PriorityClass",
    "pvs": "PersistentVolume",
    "storage-classes": "storage.k8s.io/StorageClass",
    "validating-webhook-configurations": "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations": "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "volumeattachments": "storage.k8s.io/VolumeAttachment",
}
_NAMESPACED = {
    "configmaps": "ConfigMap",
    "cronjobs": "batch/CronJob",
    "daemonsets": "apps/DaemonSet",
    "deployments": "apps/Deployment",
    "endpoints": "Endpoints",
    "endpointslices": "discovery.k8s.io/EndpointSlice",
    "events": "Event",
    "ingress": "networking.k8s.io/Ingress",
    "jobs": "batch/Job",
    "leases": "coordination.k8s.io/Lease",
    "limitranges": "LimitRange",
    "network-policy": "networking.k8s.io/NetworkPolicy",
    "pod-disruption-budgets": "policy/PodDisruptionBudget",
    "pods": "Pod",
    "pvcs": "PersistentVolumeClaim",
    "replicasets": "apps/ReplicaSet",
    "resource-quota": "ResourceQuota",
    "resource-quotas": "ResourceQuota",
    "rolebindings": "rbac.authorization.k8s.io/RoleBinding",
    "roleBindings": "rbac.authorization.k8s.io/RoleBinding",
    "roles": "rbac.authorization.k8s.io/Role",
    "serviceaccounts": "ServiceAccount",
    "services": "Service",
    "statefulsets": "apps/StatefulSet",
}
_NOT_OBJECTS = ("groups", "resources")
_NOT_OBJECTS_EACH = ("auth-cani-list", "image-pull-secrets")

# Raw answers of the API: below `api/v1` or `apis/GROUP/VERSION`, cluster-wide or below `namespaces/NAMESPACE`.
_SERVED = {
    "": {
        "componentstatuses": "ComponentStatus",
        "configmaps": "ConfigMap",
        "endpoints": "Endpoints",
        "events": "Event",
        "limitranges": "LimitRange",
        "namespaces": "Namespace",
        "nodes": "Node",
        "persistentvolumeclaims": "PersistentVolumeClaim",
        "persistentvolumes": "PersistentVolume",
        "pods": "Pod",
        "podtemplates": "PodTemplate",
        "replicationcontrollers": "ReplicationController",
        "resourcequotas": "ResourceQuota",
        "secrets": "Secret",
        "serviceaccounts": "ServiceAccount",
        "services": "Service",
    },
    "admissionregistration.k8s.io": {
        "mutatingadmissionpolicies": "MutatingAdmissionPolicy",
        "mutatingadmissionpolicybindings": "MutatingAdmissionPolicyBinding",
        "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
        "validatingadmissionpolicies": "ValidatingAdmissionPolicy",
        "validatingadmissionpolicybindings": "ValidatingAdmissionPolicyBinding",
        "validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"customresourcedefinitions": "CustomResourceDefinition"},
    "apiregistration.k8s.io": {"apiservices": "APIService"},
    "apps": {
        "controllerrevisions": "ControllerRevision",
        "daemonsets": "DaemonSet",
        "deployments": "Deployment",
        "replicasets": "ReplicaSet",
        "statefulsets": "StatefulSet",
    },
    "autoscaling": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "batch": {"cronjobs": "CronJob", "jobs": "Job"},
    "certificates.k8s.io": {"certificatesigningrequests": "CertificateSigningRequest"},
    "coordination.k8s.io": {"leases": "Lease"},
    "discovery.k8s.io": {"endpointslices": "EndpointSlice"},
    "events.k8s.io": {"events": "Event"},
    "networking.k8s.io": {
        "ingressclasses": "IngressClass",
        "ingresses": "Ingress",
        "ipaddresses": "IPAddress",
        "networkpolicies": "NetworkPolicy",
        "servicecidrs": "ServiceCIDR",
    },
    "node.k8s.io": {"runtimeclasses": "RuntimeClass"},
    "policy": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "rbac.authorization.k8s.io": {
        "clusterrolebindings": "ClusterRoleBinding",
        "clusterroles": "ClusterRole",
        "rolebindings": "RoleBinding",
        "roles": "Role",
    },
    "resource.k8s.io": {
        "deviceclasses": "DeviceClass",
        "resourceclaims": "ResourceClaim",
        "resourceclaimtemplates": "ResourceClaimTemplate",
        "resourceslices": "ResourceSlice",
    },
    "scheduling.k8s.io": {"priorityclasses": "PriorityClass"},
    "storage.k8s.io": {
        "csidrivers": "CSIDriver",
        "csinodes": "CSINode",
        "csistoragecapacities": "CSIStorageCapacity",
        "storageclasses": "StorageClass",
        "volumeattachments": "VolumeAttachment",
        "volumeattributesclasses": "VolumeAttributesClass",
    },
}


def _logs() -> Iterator[Document]:
    yield Document("{namespace}/{pod}/logs.txt", "log", split=_SECTION, doc="the logs of a pod in a cluster-info dump")
    for path, previous, doc in _LOGS:
        yield Document(path, "log", previous=previous, doc=doc)


def _bundles() -> Iterator[Document]:
    root = "cluster-resources/"
    for names, each in ((_CLUSTER, False), (_NAMESPACED, True)):
        for name, kind in names.items():
            yield Document(f"{root}{name}-errors.json", "errors", kind, doc=f"why {name} could not be collected")
            if each:
                yield Document(
                    f"{root}{name}/{{namespace}}-errors.json", "errors", kind, doc="the same, in a namespace"
                )
                yield Document(f"{root}{name}/{{namespace}}.json", "objects", kind, doc=f"{name} of a namespace")
            else:
                yield Document(f"{root}{name}.json", "objects", kind, doc=f"all {name}")
    for name in _NOT_OBJECTS:
        yield Document(f"{root}{name}.json", "ignore", doc="what the API serves")
    for name in _NOT_OBJECTS_EACH:
        yield Document(f"{root}{name}/{{namespace}}.json", "ignore", doc="no objects")
    yield Document(f"{root}custom-resources/{{crd}}/{{namespace}}-errors.json", "errors", doc="an uncollected kind")
    yield Document(f"{root}custom-resources/{{crd}}-errors.json", "errors", doc="an uncollected kind")


def _api() -> Iterator[Document]:
    for group, resources in _SERVED.items():
        root = f"apis/{group}/{{version}}" if group else "api/{version}"
        for plural, kind in resources.items():
            name = f"{group}/{kind}" if group else kind
            each = f"{root}/namespaces/{{namespace}}/{plural}"
            yield Document(f"{root}/{plural}.json", "objects", name, doc=f"all {plural}, as the API lists them")
            yield Document(f"{each}.json", "objects", name, doc=f"the {plural} of a namespace")
            yield Document(f"{root}/{plural}-errors.json", "errors", name, doc=f"why {plural} could not be listed")
            yield Document(f"{each}-errors.json", "errors", name, doc="the same, in a namespace")


def _dumps() -> Iterator[Document]:
    for name, kind in _DUMPED.items():
        yield Document(
            f"{{namespace}}/{name}.json", "objects", kind, doc=f"{name} of a namespace, as cluster-info dumps"
        )


def _loose_logs() -> Iterator[Document]:
    for path, previous, doc in _LOOSE_LOGS:
        yield Document(path, "log", previous=previous, doc=doc)
    yield Document("{file}.log", "log", split=_PREFIX, doc="what `kubectl logs --prefix` printed")


DOCUMENTS = (*_logs(), *_bundles(), *_api(), *_dumps(), *_loose_logs())
