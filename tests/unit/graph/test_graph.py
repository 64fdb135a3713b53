"""The graph: what is declared becomes tables, what is named becomes edges, what is missing becomes visible."""

import io
from collections.abc import Iterable

import msgspec
import numpy as np
import pytest

from vigie.formats import yaml as yamlformat
from vigie.graph.build import Builder
from vigie.graph.graph import Graph
from vigie.graph.read import Reader
from vigie.graph.schema import Schema
from vigie.graph.seal import seal
from vigie.model.errors import DeclarationError, UsageError
from vigie.model.evidence import Evidence, Gap, Listed
from vigie.model.kind import EdgeType, Kind, Ref, Rows, Selector, flag, number, text
from vigie.model.system import System


class Pod(Kind, api="v1", short="po"):
    """A pod."""

    phase = text("status.phase", "its phase")
    count = number("spec.count", "a number")
    refs = (
        Ref("schedules-on", "Node", "spec.nodeName"),
        Ref("mounts", "Secret", "spec.volumes[].secret.secretName", optional="optional"),
        Ref("reads", "ConfigMap", "spec.containers[].env[].valueFrom.configMapKeyRef.name", key="key"),
    )


class Container(Rows, of=Pod, at=("status.containerStatuses[]", "status.initContainerStatuses[]")):
    """A container."""

    name = text("name", "its name")
    waiting = text("state.waiting.reason", "why it waits")
    ready = flag("ready", "whether it is ready")


class Secret(Kind, api="v1"):
    """A secret."""


class ConfigMap(Kind, api="v1", short="cm"):
    """A map."""


class Node(Kind, api="v1", namespaced=False):
    """A node."""


class Service(Kind, api="v1", short="svc"):
    """A service."""

    refs = (Selector("selects", "Pod", "spec.selector"),)


class ReplicaSet(Kind, api=("apps/v1", "extensions/v1beta1"), short="rs", holds=True):
    """A replica set."""


KINDS = (Pod, Secret, ConfigMap, Node, Service, ReplicaSet)
EDGES = tuple(EdgeType(name, "An edge.") for name in ("schedules-on", "mounts", "reads", "selects", "refers-to"))
SYSTEM = System("test", "TST", "Test", KINDS, (Container,), edges=EDGES)


def build(*evidence: Evidence | Gap, schema: Schema | None = None) -> Graph:
    builder = Builder()
    schema = schema or Schema([SYSTEM])

    def documents(stream: io.BufferedIOBase, origin: str) -> Iterable[tuple[int, bytes] | Gap]:
        return yamlformat.documents(stream, origin)

    Reader(builder, schema, documents, {}).take(evidence)
    return seal(builder, schema)


def pod(name: str, namespace: str = "shop", **rest: object) -> dict:
    meta = {"name": name, "namespace": namespace, "uid": f"u-{name}", "labels": {"app": name[0]}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**meta, **rest.pop("metadata", {})}, **rest}  # type: ignore[dict-item]


def items(*objects: dict, origin: str = "list.json", kind: str = "List") -> Evidence:
    return Evidence.of(origin, msgspec.json.encode({"kind": kind, "apiVersion": "v1", "items": objects}), "json")


def test_columns_rows_and_types() -> None:
    status = {
        "phase": "Pending",
        "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ErrImagePull"}}, "ready": False}],
        "initContainerStatuses": [{"name": "i", "ready": True}],
    }
    graph = build(items(pod("a", status=status, spec={"count": 3}), pod("b", status={"phase": "Running"})))
    a, b = graph.all(Pod)
    assert (a[Pod.phase], a[Pod.count], b[Pod.phase], b[Pod.count]) == ("Pending", 3.0, "Running", None)
    first, second = a.rows(Container)
    assert (first[Container.waiting], first[Container.ready], first.list) == (
        "ErrImagePull",
        False,
        "status.containerStatuses[]",
    )
    assert second.path(Container.ready) == "status.initContainerStatuses[0].ready"
    assert b.rows(Container) == []
    table = graph.table(Pod)
    assert table is not None
    assert (table[Pod.phase] == "Pending").tolist() == [True, False]
    assert table.rows(Container).any(table.rows(Container)[Container.waiting].known).tolist() == [True, False]


def test_references_find_what_is_there_and_name_what_is_not() -> None:
    spec = {
        "nodeName": "n1",
        "volumes": [{"secret": {"secretName": "tls", "optional": True}}, {"secret": {"secretName": "gone"}}],
        "containers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "conf", "key": "url"}}}]}],
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "shop"}}
    graph = build(items(pod("a", spec=spec), secret), items(secret, origin="secrets.json", kind="SecretList"))
    (a,) = graph.all(Pod)
    tls, gone = sorted(a.out("mounts"), key=lambda e: e.target.name, reverse=True)
    assert (tls.target.exists, tls.optional, gone.target.exists, gone.optional) == (True, True, False, False)
    (conf,) = a.out("reads")
    assert (conf.target.exists, conf.key, str(conf.target)) == (None, "url", "ConfigMap/shop/conf")
    assert [e.source for e in conf.target.into("reads")] == [a]
    assert str(a.out("schedules-on")[0].target) == "Node/n1"


def test_selectors_match_by_label_sets_in_the_same_namespace() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "shop"},
        "spec": {"selector": {"app": "a"}},
    }
    empty = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "e", "namespace": "shop"},
        "spec": {"selector": {}},
    }
    graph = build(items(pod("a1"), pod("a2"), pod("b1"), pod("a3", "other"), service, empty))
    found = {str(e.target) for s in graph.all(Service) for e in s.out("selects")}
    assert found == {"Pod/shop/a1", "Pod/shop/a2"}


def test_owners_join_by_uid_and_a_namesake_is_no_owner() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "new", "controller": True}
    stale = {**owner, "uid": "old"}
    rs = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "rs", "namespace": "shop", "uid": "new"}}
    graph = build(
        items(pod("a", metadata={"ownerReferences": [owner]}), pod("b", metadata={"ownerReferences": [stale]}), rs)
    )
    a, b = graph.all(Pod)
    assert str(a.owner) == "ReplicaSet/shop/rs"
    assert a.holder == a.owner
    assert b.owner is None


def test_newest_copy_of_an_object_wins() -> None:
    old = pod("a", metadata={"resourceVersion": "9"}, status={"phase": "Pending"})
    new = pod("a", metadata={"resourceVersion": "10"}, status={"phase": "Running"})
    for order in ((old, new), (new, old)):
        (a,) = build(*(items(o, origin=f"{n}.json") for n, o in enumerate(order))).all(Pod)
        assert a[Pod.phase] == "Running"


def test_pointers_name_the_place_in_each_layout() -> None:
    one = msgspec.json.encode(pod("a"))
    text = "---\n" + "\n---\n".join(msgspec.json.encode(pod(n)).decode() for n in "bc")
    graph = build(
        Evidence.of("one.json", one, "json"),
        items(pod("d"), origin="list.json"),
        Evidence.of("bare.json", msgspec.json.encode([pod("e")]), "json"),
        Evidence.of("many.yaml", text.encode(), "yaml"),
    )
    pointers = {e.name: e.pointer for e in graph.all(Pod)}
    assert pointers == {
        "a": "one.json", "b": "many.yaml#doc=0", "c": "many.yaml#doc=1", "d": "list.json#/items/0", "e": "bare.json#/0",
    }  # fmt: skip
    assert next(e for e in graph.all(Pod) if e.name == "c").body["metadata"]["name"] == "c"


def test_coverage_needs_a_list() -> None:
    graph = build(
        items(pod("a"), kind="PodList"),
        Evidence.of("x.json", msgspec.json.encode([]), "json", listed=Listed("", "Secret")),
    )
    assert graph.covers("Pod", "shop")
    assert not graph.covers("Pod", "other")
    assert graph.covers("Secret", "anywhere")
    assert graph.get("Secret", "shop", "x").exists is False
    assert graph.get("ConfigMap", "shop", "x").exists is None


def test_undeclared_kinds_enter_by_metadata_conditions_and_references() -> None:
    backup = {
        "apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "b", "namespace": "shop", "finalizers": ["velero.io/x"]},
        "spec": {"storage": {"secretRef": {"name": "cloud"}}, "targets": [{"kind": "Pod", "name": "a", "namespace": "other"}]},
        "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Broken", "message": "no"}]},
    }  # fmt: skip
    graph = build(items(backup))
    (b,) = graph.all("velero.io/Backup")
    assert sorted(str(e.target) for e in b.out("refers-to")) == ["Pod/other/a", "Secret/shop/cloud"]
    condition = b.condition("Ready")
    assert condition is not None
    assert (condition.reason, b.finalizers) == ("Broken", ("velero.io/x",))


def test_wrong_types_lose_the_field_and_not_the_object() -> None:
    broken = pod("a", status={"phase": 7, "containerStatuses": "none"}, spec={"nodeName": ["n"], "count": 2})
    graph = build(items(broken, pod("b", status={"phase": "Running"})))
    a, b = graph.all(Pod)
    assert (a[Pod.phase], a[Pod.count], b[Pod.phase]) == (None, 2.0, "Running")
    assert {gap.what.split(":")[1].split()[0] for gap in graph.gaps} == {
        "status.phase",
        "status.containerStatuses",
        "spec.nodeName",
    }


def test_old_groups_are_the_same_kind() -> None:
    rs = {"apiVersion": "extensions/v1beta1", "kind": "ReplicaSet", "metadata": {"name": "rs", "namespace": "shop"}}
    assert [str(e) for e in build(items(rs)).all(ReplicaSet)] == ["ReplicaSet/shop/rs"]


def test_edges_go_both_ways_and_ids_are_dense() -> None:
    graph = build(items(*(pod(f"a{i}", spec={"nodeName": f"n{i % 3}"}) for i in range(9))))
    edges = graph.edges["schedules-on"]
    assert sorted(np.concatenate([edges.out(i) for i in range(len(graph))]).tolist()) == list(range(9))
    assert [len(node.into("schedules-on")) for node in (graph.get("Node", "", f"n{i}") for i in range(3))] == [3, 3, 3]
    assert [graph.entity(i).id for i in range(len(graph))] == list(range(len(graph)))


def test_a_person_finds_objects_by_type_and_name() -> None:
    graph = build(items(pod("a"), pod("a", "other")))
    assert [str(e) for e in graph.find("po/a")] == ["Pod/other/a", "Pod/shop/a"] or len(graph.find("pods/a")) == 2
    with pytest.raises(UsageError, match="no kind goes by 'pds'"):
        graph.find("pds/a")
    with pytest.raises(UsageError, match="TYPE/NAME"):
        graph.find("a")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"__doc__": "x", "f": text("a[].b", "x")}, "cannot walk a list"),
        ({"__doc__": "x", "f": text("a.b", "x"), "g": text("a", "x")}, "declared twice"),
    ],
)
def test_declarations_that_cannot_be_are_refused(body: dict, says: str) -> None:
    def make() -> None:
        kind = type("Bad", (Kind,), body, api="v1")
        Schema([System("bad", "BAD", "Bad", (kind,))]).decoder(kind.key)

    with pytest.raises(DeclarationError, match=says):
        make()
