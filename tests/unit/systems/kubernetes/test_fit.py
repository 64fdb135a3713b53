"""The fit on the graph against what the scheduler itself counted, and the columns against the specification."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import incidents as recorded
from vigie import pipeline
from vigie.graph.graph import Graph
from vigie.kit import Entity
from vigie.model.evidence import Evidence
from vigie.systems.kubernetes import affinity
from vigie.systems.kubernetes.capacity import asked, per_pod
from vigie.systems.kubernetes.fit import amount, fit, histogram
from vigie.systems.kubernetes.scheduling import parse

UNSCHEDULABLE = [i for i in recorded.incidents() if i.name.startswith(("unschedulable-", "volume-class"))]


def graph_of(*objects: dict) -> Graph:
    data = msgspec.json.encode({"kind": "List", "apiVersion": "v1", "items": list(objects)})
    return pipeline.read_all([Evidence.of("all.json", data, "json")])


def unplaced(graph: Graph) -> list[Entity]:
    return [pod for pod in graph.all("Pod") if pod.signals("unschedulable")]


@pytest.mark.parametrize("incident", UNSCHEDULABLE, ids=lambda i: i.name)
def test_the_fit_agrees_with_the_scheduler(incident: recorded.Incident) -> None:
    """A PreFilter message (count 0) speaks of all nodes."""
    graph = recorded.read(incident)
    pods = unplaced(graph)
    assert pods or incident.name == "unschedulable-gated"
    for pod in pods:
        said = parse(pod.signals("unschedulable")[-1].text)
        nodes = sum(1 for _ in graph.all("Node"))
        assert said.nodes == nodes
        assert histogram(fit(pod)) == {name: count or nodes for name, count in said.histogram().items()}


QUANTITIES = st.sampled_from([None, "100m", "1", "1500m", "2"])


@st.composite
def specs(draw: st.DrawFn) -> dict:
    def container(init: bool, number: int) -> dict:
        requests, limits = draw(QUANTITIES), draw(QUANTITIES)
        out: dict = {"name": f"{'i' if init else 'c'}{number}", "resources": {}}
        if requests:
            out["resources"]["requests"] = {"cpu": requests}
        if limits:
            out["resources"]["limits"] = {"cpu": limits}
        if init and draw(st.booleans()):
            out["restartPolicy"] = "Always"
        return out

    spec: dict = {
        "nodeName": "n1",
        "containers": [container(False, n) for n in range(draw(st.integers(1, 3)))],
        "initContainers": [container(True, n) for n in range(draw(st.integers(0, 4)))],
    }
    if draw(st.booleans()):
        spec["overhead"] = {"cpu": "250m"}
    if draw(st.booleans()):
        spec["resources"] = {"requests": {"cpu": "3"}}
    return spec


@settings(max_examples=60, deadline=None)
@given(st.lists(specs(), min_size=1, max_size=4))
def test_columns_reckon_as_the_specification_does(given_specs: list[dict]) -> None:
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{n}", "namespace": "a"}, "spec": spec}
        for n, spec in enumerate(given_specs)
    ]
    graph = graph_of(*pods)
    table = graph.table("Pod")
    assert table is not None
    by_name = dict(zip([e.name for e in graph.all("Pod")], per_pod(table, "cpu").tolist(), strict=False))
    for n, spec in enumerate(given_specs):
        assert by_name[f"p{n}"] == pytest.approx(asked(spec).get("cpu", 0.0))


def test_numeric_node_affinity() -> None:
    wanted = {"key": "cores", "operator": "Gt", "values": ["8"]}
    assert affinity.expression({"cores": "16"}, wanted)
    assert not affinity.expression({"cores": "8"}, wanted)
    assert not affinity.expression({"cores": "many"}, wanted)
    assert affinity.expression({"cores": "4"}, {**wanted, "operator": "Lt"})


def test_terms_are_alternatives_and_an_empty_one_matches_nothing() -> None:
    zone = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
    by_name = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n7"]}]}
    assert affinity.terms({"zone": "a"}, "n1", {"nodeSelectorTerms": [by_name, zone]})
    assert affinity.terms({}, "n7", {"nodeSelectorTerms": [by_name, zone]})
    assert not affinity.terms({}, "n1", {"nodeSelectorTerms": [{}]})


@pytest.mark.parametrize(
    ("toleration", "covers"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"key": "dedicated", "value": "batch"}, True),
        ({"key": "dedicated", "value": "web"}, False),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations(toleration: dict, covers: bool) -> None:
    assert affinity.tolerates([toleration], affinity.Mark("dedicated", "batch", "NoSchedule")) is covers


def test_spread_counts_eligible_domains_and_minimum_domains() -> None:
    def node(name: str, zone: str) -> dict:
        return {
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"zone": zone}},
            "status": {"allocatable": {"cpu": "4", "pods": "10"}},
        }  # fmt: skip

    def pod(name: str, node_name: str | None, constraint: dict | None = None) -> dict:
        spec: dict = {"containers": [{"name": "c"}]}
        if node_name:
            spec["nodeName"] = node_name
        if constraint:
            spec["topologySpreadConstraints"] = [constraint]
        return {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a", "labels": {"app": "w"}},
            "spec": spec, "status": {"phase": "Running" if node_name else "Pending"},
        }  # fmt: skip

    base = {
        "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "w"}},
    }  # fmt: skip
    nodes = [node("n1", "a"), node("n2", "b")]
    graph = graph_of(*nodes, pod("w1", "n1"), pod("w2", None, base))
    fits = {one.node.name: one.failures for one in fit(graph.get("Pod", "a", "w2"))}
    assert [f.filter for f in fits["n1"]] == ["spread"] and fits["n2"] == ()
    graph = graph_of(*nodes, pod("w1", "n1"), pod("w3", "n2"), pod("w2", None, {**base, "minDomains": 3}))
    assert histogram(fit(graph.get("Pod", "a", "w2"))) == {"spread": 2}


def test_amounts_are_written_as_people_do() -> None:
    assert amount("cpu", 0.12) == "120m"
    assert amount("cpu", 3.5) == "3500m"
    assert amount("cpu", 4) == "4"
    assert amount("memory", 512 * 2**20) == "512Mi"
    assert amount("example.com/gpu", 2) == "2"
