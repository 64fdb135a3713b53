"""Both forms of discovery give the same kinds, each once, in the preferred version."""

from tests.unit.sources.kube.fake import Answer, fake, resources
from vigie.sources.kube.discovery import Resource, discover

MEDIA = {"Content-Type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}


def kind(plural, name, *, namespaced=True, verbs=("list", "get")):
    scope = "Namespaced" if namespaced else "Cluster"
    return {"resource": plural, "responseKind": {"kind": name}, "scope": scope, "verbs": list(verbs)}


def group(name, **versions):
    listed = [{"version": version, "freshness": "Current", "resources": kinds} for version, kinds in versions.items()]
    return {"metadata": {"name": name}, "versions": listed}


CORE = group(
    "",
    v1=[
        kind("pods", "Pod"),
        kind("events", "Event"),
        kind("componentstatuses", "ComponentStatus"),
        kind("bindings", "Binding", verbs=("create",)),
        kind("nodes", "Node", namespaced=False),
    ],
)
GROUPS = [
    group("apps", v1=[kind("deployments", "Deployment")]),
    group("extensions", v1beta1=[kind("deployments", "Deployment"), kind("ingresses", "Ingress")]),
    group("metrics.k8s.io", v1beta1=[kind("pods", "PodMetrics")]),
    group("events.k8s.io", v1=[kind("events", "Event")]),
    group("x.example", v2=[kind("as", "A")], v1=[kind("as", "A"), kind("bs", "B", namespaced=False)]),
]
EXPECTED = [
    Resource("", "v1", "nodes", "Node", False),
    Resource("", "v1", "pods", "Pod", True),
    Resource("apps", "v1", "deployments", "Deployment", True),
    Resource("x.example", "v2", "as", "A", True),
    Resource("x.example", "v1", "bs", "B", False),
    Resource("", "v1", "events", "Event", True),
    Resource("events.k8s.io", "v1", "events", "Event", True),
]


def discovered(tmp_path, script):
    with fake(tmp_path, script) as api:
        cluster = api.connect()
        try:
            return discover(cluster._client)
        finally:
            cluster.close()


def test_aggregated_discovery(tmp_path):
    stale = {"version": "v1", "freshness": "Stale", "resources": []}
    groups = [*GROUPS, {"metadata": {"name": "down.example"}, "versions": [stale]}]
    script = {
        "/api": Answer({"items": [CORE]}, headers=MEDIA),
        "/apis": Answer({"items": groups}, headers=MEDIA),
    }
    found, gaps = discovered(tmp_path, script)
    assert found == EXPECTED
    assert [gap.origin for gap in gaps] == ["/apis/down.example/v1"]


def test_discovery_of_older_servers(tmp_path):
    script = {"/api": Answer({"versions": ["v1"]}), "/api/v1": _plain(CORE, "v1")}
    groups = []
    for one in GROUPS:
        name = one["metadata"]["name"]
        versions = [version["version"] for version in one["versions"]]
        listed = [{"version": version} for version in reversed(versions)]
        groups.append({"name": name, "versions": listed, "preferredVersion": listed[-1]})
        for version in versions:
            script[f"/apis/{name}/{version}"] = _plain(one, version)
    script["/apis"] = Answer({"groups": groups})
    found, gaps = discovered(tmp_path, script)
    assert found == EXPECTED
    assert not gaps


def _plain(one, version):
    kinds = next(v["resources"] for v in one["versions"] if v["version"] == version)
    answer = [
        {
            "name": entry["resource"],
            "kind": entry["responseKind"]["kind"],
            "namespaced": entry["scope"] == "Namespaced",
            "verbs": entry["verbs"],
        }
        for entry in kinds
    ]
    status = {"name": "pods/status", "kind": "Pod", "namespaced": True, "verbs": ["get", "list"]}
    return Answer({"kind": "APIResourceList", "resources": [*answer, status]})


def test_answers_of_any_shape_are_survived(tmp_path):
    for body in ({}, {"groups": 7}, {"groups": [7, {}]}, {"items": [{"versions": [{"resources": [{"verbs": None}]}]}]}):
        for headers in ({}, MEDIA):
            script = {"/apis": Answer(body, headers=headers), "/api/v1": resources(("pods", "Pod", True))}
            found, _ = discovered(tmp_path, script)
            assert [one.kind for one in found] == ["Pod"]
