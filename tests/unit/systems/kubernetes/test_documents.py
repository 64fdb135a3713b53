"""The files in which evidence comes, recognised by their paths."""

import msgspec
import pytest

from vigie import pipeline
from vigie.graph.graph import Graph
from vigie.model.evidence import Evidence

POD = {"metadata": {"name": "web-1", "namespace": "shop"}, "spec": {"containers": [{"name": "web"}]}}
PODS = {"kind": "PodList", "apiVersion": "v1", "items": [POD]}


def read(*files: tuple[str, object]) -> Graph:
    found = []
    for origin, content in files:
        data = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
        found.append(Evidence.of(origin, data, "log" if origin.endswith((".log", "logs.txt")) else "json"))
    return pipeline.read_all(found)


def words(graph: Graph, previous: bool = False) -> list[str]:
    return [line.text for line in graph.get("Pod", "shop", "web-1").log("web", previous=previous).lines]


@pytest.mark.parametrize(
    ("path", "previous"),
    [
        ("logs/shop/web-1/web.log", False),
        ("logs/shop/web-1/web.previous.log", True),
        ("logs/shop/web-1/web-previous.log", True),
        ("b.tar.gz!support-bundle/cluster-resources/pods/logs/shop/web-1/web-previous.log", True),
        ("var/log/containers/web-1_shop_web-" + "0" * 64 + ".log", False),
        ("bundle/app-logs/web-1/web.log", False),
        ("bundle/app-logs/web-1/web-previous.log", True),
    ],
)
def test_log_layouts(path: str, previous: bool) -> None:
    graph = read(("pods.json", PODS), (path, "it said this\n"))
    assert words(graph, previous) == ["it said this"]
    assert words(graph, not previous) == []


def test_runs_of_a_container_as_kubelets_number_them() -> None:
    root = "var/log/pods/shop_web-1_7c1d/web"
    graph = read(("pods.json", PODS), (f"{root}/0.log", "first\n"), (f"{root}/1.log", "second\n"))
    assert words(graph) == ["second"]
    assert words(graph, previous=True) == ["first"]


SECTION = (
    "==== START logs for container web of pod shop/web-1 ====\none\ntwo\n"
    "==== END logs for container web of pod shop/web-1 ====\n"
)


def test_sections_of_a_cluster_info_dump() -> None:
    graph = read(("dump/shop/pods.json", PODS), ("dump/shop/web-1/logs.txt", SECTION))
    assert words(graph) == ["one", "two"]


def test_a_dump_on_stdout_goes_on_after_the_logs() -> None:
    other = {**POD, "metadata": {"name": "db-0", "namespace": "bank"}}
    text = (
        msgspec.json.encode(PODS).decode() + "\n" + SECTION + msgspec.json.encode({**PODS, "items": [other]}).decode()
    )
    graph = read(("dump.json", text))
    assert words(graph) == ["one", "two"]
    assert graph.get("Pod", "bank", "db-0").read


def test_prefixed_lines_of_kubectl_logs() -> None:
    graph = read(
        ("pods.json", PODS), ("web.log", "[pod/web-1/web] one\n[pod/web-2/web] not mine\n[pod/web-1/web] two\n")
    )
    assert words(graph) == ["one", "two"]


@pytest.mark.parametrize("items", [[], [POD]])
@pytest.mark.parametrize(
    ("path", "namespace"),
    [
        ("api/v1/pods.json", ""),
        ("api/v1/namespaces/shop/pods.json", "shop"),
        ("x!support-bundle/cluster-resources/pods/shop.json", "shop"),
        ("dump/shop/pods.json", "shop"),
    ],
)
def test_what_a_file_proves_to_be_complete(path: str, namespace: str, items: list) -> None:
    graph = read((path, {**PODS, "items": items}))
    assert graph.covers("Pod", namespace)
    assert graph.covers("Pod") is (not namespace)
    assert graph.get("Pod", "shop", "nobody").exists is False


def test_bare_arrays_take_their_kind_from_the_path() -> None:
    graph = read(("support-bundle/cluster-resources/pods/shop.json", [POD]))
    assert graph.get("Pod", "shop", "web-1").read


def test_old_names_of_bundles() -> None:
    binding = {"metadata": {"name": "admins"}, "roleRef": {"kind": "ClusterRole", "name": "admin"}}
    graph = read(("support-bundle/cluster-resources/clusterRoleBindings.json", [binding]))
    assert graph.get("rbac.authorization.k8s.io/ClusterRoleBinding", "", "admins").read


def test_what_could_not_be_collected_is_unknown_and_not_absent() -> None:
    graph = read(("support-bundle/cluster-resources/pods-errors.json", {"shop": "pods is forbidden"}))
    assert graph.gap("Pod", "shop") is not None
    assert graph.get("Pod", "shop", "web-1").exists is None
