"""Addresses, owners, policies and configuration as a pod sees them."""

from typing import Any

import msgspec
import pytest

from vigie import pipeline
from vigie.graph.graph import Graph
from vigie.model.evidence import Evidence, Listed
from vigie.systems.kubernetes import environment, policies, rights


def named(kind: str, name: str, namespace: str = "shop", api: str = "v1", **fields: Any) -> dict[str, Any]:
    labels = fields.pop("labels", {})
    owners = fields.pop("owners", [])
    metadata = {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": owners}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def graph(*objects: dict[str, Any], covers: tuple[str, ...] = ()) -> Graph:
    data = msgspec.json.encode({"kind": "List", "apiVersion": "v1", "items": list(objects)})
    evidence = [Evidence.of("all.json", data, "json")]
    for kind in covers:
        empty = msgspec.json.encode({"kind": f"{kind}List", "items": []})
        evidence.append(Evidence.of(f"{kind}.json", empty, "json", listed=Listed("", kind, None)))
    return pipeline.read_all(evidence)


def service(name: str, ip: str = "10.96.0.7", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    return named("Service", name, namespace, spec={"clusterIP": ip, "selector": {"app": name}, **spec})


def pod(name: str, ip: str = "10.0.0.5", namespace: str = "shop", app: str = "web", **spec: Any) -> dict[str, Any]:
    return named("Pod", name, namespace, labels={"app": app}, spec=spec, status={"phase": "Running", "podIP": ip})


CLUSTER = (
    pod("web-1"),
    pod("db-0", "10.0.0.6", app="db"),
    service("db"),
    service("queue", "None"),
    pod("queue-0", "10.0.0.7", app="queue"),
    service("prices", "10.96.0.9", "back"),
    service("alias", "None", type="ExternalName", externalName="prices.back.svc.cluster.local"),
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("db", "Service/shop/db"),
        ("db:5432", "Service/shop/db"),
        ("postgres://u:p@db:5432/x", "Service/shop/db"),
        ("DB.shop", "Service/shop/db"),
        ("db.shop.svc", "Service/shop/db"),
        ("db.shop.svc.cluster.local.", "Service/shop/db"),
        ("prices.back", "Service/back/prices"),
        ("prices", "Service/shop/prices"),
        ("10.96.0.9:8080", "Service/back/prices"),
        ("10.0.0.6", "Pod/shop/db-0"),
        ("queue-0.queue", "Pod/shop/queue-0"),
        ("queue-0.queue.shop.svc.cluster.local:5672", "Pod/shop/queue-0"),
        ("alias", "Service/back/prices"),
        ("nothing.back.svc", "Service/back/nothing"),
        ("localhost:80", "Pod/shop/web-1"),
        ("127.0.0.1", "Pod/shop/web-1"),
        ("example.com", None),
        ("api.example.com:443", None),
        ("192.0.2.1:443", None),
        ("not an address", None),
    ],
)
def test_addresses_mean_what_cluster_dns_says(address: str, expected: str | None) -> None:
    held = graph(*CLUSTER)
    near = held.get("Pod", "shop", "web-1")
    found = held.resolve(address, near=near)
    assert (str(found) if found is not None else None) == expected


def test_a_name_of_no_service_is_an_absent_service() -> None:
    held = graph(*CLUSTER, covers=("Service",))
    found = held.resolve("payment", near=held.get("Pod", "shop", "web-1"))
    assert found is not None
    assert (str(found), found.exists) == ("Service/shop/payment", False)


def test_the_deployment_of_a_replica_set_that_was_not_read_is_inferred() -> None:
    owners = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d4", "controller": True}]
    held = graph(named("Pod", "web-6d4-x", labels={"pod-template-hash": "6d4"}, owners=owners, spec={}, status={}))
    assert str(held.get("Pod", "shop", "web-6d4-x").holder) == "Deployment/shop/web"
    other = graph(named("Pod", "web-6d4-x", labels={"pod-template-hash": "zzz"}, owners=owners, spec={}, status={}))
    assert str(other.get("Pod", "shop", "web-6d4-x").holder) == "ReplicaSet/shop/web-6d4"


def test_owners_known_from_events_alone_are_found() -> None:
    def told(number: int, kind: str, name: str, reason: str, message: str) -> dict[str, Any]:
        about = {"apiVersion": "apps/v1", "kind": kind, "namespace": "shop", "name": name}
        return named("Event", f"e{number}", involvedObject=about, reason=reason, type="Normal", message=message)

    held = graph(
        told(1, "ReplicaSet", "web-6d4", "SuccessfulCreate", "Created pod: web-6d4-x"),
        told(2, "Deployment", "web", "ScalingReplicaSet", "Scaled up replica set web-6d4 from 0 to 1"),
    )
    assert str(held.get("Pod", "shop", "web-6d4-x").holder) == "Deployment/shop/web"


def policy(name: str = "p", **spec: Any) -> dict[str, Any]:
    return named("NetworkPolicy", name, api="networking.k8s.io/v1", spec=spec)


DB = service("db", ports=[{"port": 5432, "targetPort": "sql"}])
CALLEE = pod(
    "db-0", "10.0.0.6", app="db", containers=[{"name": "db", "ports": [{"name": "sql", "containerPort": 5433}]}]
)
SELECT_DB = {"podSelector": {"matchLabels": {"app": "db"}}}


@pytest.mark.parametrize(
    ("spec", "denied"),
    [
        ({**SELECT_DB, "policyTypes": ["Ingress"]}, True),
        ({**SELECT_DB}, True),
        ({**SELECT_DB, "ingress": [{}]}, False),
        ({**SELECT_DB, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]}, False),
        ({**SELECT_DB, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "x"}}}]}]}, True),
        ({**SELECT_DB, "ingress": [{"ports": [{"port": "sql"}]}]}, False),
        ({**SELECT_DB, "ingress": [{"ports": [{"port": 5433}]}]}, False),
        ({**SELECT_DB, "ingress": [{"ports": [{"port": 5432}]}]}, True),
        ({**SELECT_DB, "ingress": [{"ports": [{"port": 5000, "endPort": 6000}]}]}, False),
        ({**SELECT_DB, "ingress": [{"ports": [{"port": 5433, "protocol": "UDP"}]}]}, True),
        ({**SELECT_DB, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/24"}}]}]}, False),
        ({**SELECT_DB, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.5/32"]}}]}]}, True),
        ({**SELECT_DB, "ingress": [{"from": [{"namespaceSelector": {}}]}]}, False),
        (
            {
                **SELECT_DB,
                "ingress": [
                    {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}]}
                ],
            },
            True,
        ),
        ({"podSelector": {"matchLabels": {"app": "other"}}, "policyTypes": ["Ingress"]}, False),
        ({"podSelector": {}, "policyTypes": ["Egress"]}, True),
        ({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [SELECT_DB]}]}, False),
        ({"podSelector": {"matchLabels": {"app": "web"}}, "egress": []}, True),
    ],
)
def test_policies_are_evaluated_as_the_api_defines_them(spec: dict[str, Any], denied: bool) -> None:
    held = graph(pod("web-1"), CALLEE, DB, policy(**spec))
    caller, target = held.get("Pod", "shop", "web-1"), held.get("Service", "shop", "db")
    assert (policies.denial(caller, target, 5432) is not None) == denied


def test_two_policies_add_up() -> None:
    allow = policy("allow", **SELECT_DB, ingress=[{}])
    held = graph(pod("web-1"), CALLEE, DB, policy("deny-all", podSelector={}, policyTypes=["Ingress"]), allow)
    assert policies.denial(held.get("Pod", "shop", "web-1"), held.get("Service", "shop", "db"), 5432) is None


def test_a_way_out_without_dns_is_seen() -> None:
    held = graph(pod("web-1"), policy(podSelector={}, policyTypes=["Egress"], egress=[{"to": [SELECT_DB]}]))
    assert policies.unresolving(held.get("Pod", "shop", "web-1")) is not None
    open_ = graph(
        pod("web-1"),
        policy(podSelector={}, policyTypes=["Egress"], egress=[{"ports": [{"port": 53, "protocol": "UDP"}]}]),
    )
    assert policies.unresolving(open_.get("Pod", "shop", "web-1")) is None


CONTAINER = {
    "name": "web",
    "args": ["--listen=:8080", "--mode", "turbo"],
    "env": [
        {"name": "WORKERS", "value": "two"},
        {"name": "API_URL", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "api.url"}}},
    ],
    "envFrom": [{"configMapRef": {"name": "more"}, "prefix": "X_"}],
    "volumeMounts": [{"name": "files", "mountPath": "/etc/web"}],
}
CONFIGURED = (
    pod("web-1", containers=[CONTAINER], volumes=[{"name": "files", "configMap": {"name": "files"}}]),
    named("ConfigMap", "conf", data={"api.url": "ftp://api"}),
    named("ConfigMap", "more", data={"COLOUR": "mauve"}),
    named("ConfigMap", "files", data={"web.properties": "# comment\npool.size=many\nname: web\n"}),
)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('invalid value "two" for key "WORKERS": want a whole number', "Pod/shop/web-1"),
        ("API_URL: unsupported protocol scheme", "ConfigMap/shop/conf"),
        ('unknown colour "mauve"', "ConfigMap/shop/more"),
        ("/etc/web/web.properties:2: syntax error", "ConfigMap/shop/files"),
        ("cannot parse pool.size: many is not a number", "ConfigMap/shop/files"),
        ('invalid argument "turbo" for --mode', "Pod/shop/web-1"),
        ("index out of range [3] with length 3", None),
        ("the name of the customer is missing", None),
        ("segment 14 is corrupt", None),
    ],
)
def test_a_complaint_names_the_setting_that_it_quotes(text: str, at: str | None) -> None:
    held = graph(*CONFIGURED)
    setting = environment.quoted(text, environment.settings(held.get("Pod", "shop", "web-1"), "web"))
    assert (str(setting.at) if setting is not None else None) == at


def test_a_refusal_of_the_api_server_is_read() -> None:
    wanted = rights.refused(
        'secrets is forbidden: User \\"system:serviceaccount:ops:sync\\" cannot list resource \\"secrets\\" in API group '
        '\\"\\" in the namespace \\"ops\\"'
    )
    assert wanted is not None
    assert (wanted.account, wanted.verb, wanted.resource, wanted.namespace) == (
        ("ops", "sync"),
        "list",
        "secrets",
        "ops",
    )
    assert rights.refused("nothing of the kind") is None
