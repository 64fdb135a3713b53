"""Commands and sentences for the way out: valid for the kind, and enough for a pod to come of them."""

from typing import Any

import msgspec
import pytest

from vigie import pipeline
from vigie.graph.entity import Entity
from vigie.model.evidence import Evidence
from vigie.systems.kubernetes import fixes


def owned_by(kind: str, name: str) -> list[dict[str, Any]]:
    api = {"Job": "batch/v1", "Node": "v1"}.get(kind, "apps/v1")
    return [{"apiVersion": api, "kind": kind, "name": name, "controller": True}]


def pod(name: str, kind: str = "", owner: str = "", **labels: str) -> dict[str, Any]:
    ready = {"type": "Ready", "status": "False"}
    meta = {"name": name, "namespace": "shop", "labels": labels}
    held = {"metadata": meta | ({"ownerReferences": owned_by(kind, owner)} if kind else {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        **held,
        "spec": {},
        "status": {"phase": "Running", "conditions": [ready]},
    }


def revision(name: str, number: int) -> dict[str, Any]:
    notes = {"deployment.kubernetes.io/revision": str(number)}
    meta = {"name": name, "namespace": "shop", "annotations": notes, "ownerReferences": owned_by("Deployment", "web")}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": {}}


def workload(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    api = "batch/v1" if kind == "Job" else "apps/v1"
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def read(first: dict[str, Any], *others: dict[str, Any]) -> Entity:
    """The pod that comes first, in a graph with the others."""
    items = {"kind": "List", "apiVersion": "v1", "items": [first, *others]}
    graph = pipeline.read_all([Evidence.of("all.json", msgspec.json.encode(items), "json")])
    return graph.get("Pod", "shop", first["metadata"]["name"])


WEB = workload("Deployment", "web")


def test_a_workload_of_one_revision_is_edited() -> None:
    subject = read(pod("web-a-1", "ReplicaSet", "web-a"), revision("web-a", 1), WEB)
    assert fixes.rollback(subject) == ("kubectl", "edit", "deployment/web", "-n", "shop")


def test_the_newest_of_two_revisions_is_rolled_back_and_the_older_is_edited() -> None:
    sets = revision("web-a", 1), revision("web-b", 2), WEB
    newest = read(pod("web-b-1", "ReplicaSet", "web-b"), *sets)
    assert fixes.rollback(newest) == ("kubectl", "rollout", "undo", "deployment/web", "-n", "shop")
    assert fixes.rollback(read(pod("web-a-1", "ReplicaSet", "web-a"), *sets)) == fixes.edit(newest.holder)


@pytest.mark.parametrize(
    ("subject", "ending"),
    [
        (read(pod("job-1", "Job", "job"), workload("Job", "job")), "the Job must be made anew"),
        (read(pod("alone")), "the pod must be made anew"),
        (read(pod("etcd-n1", "Node", "n1")), "its manifest is a file on node n1"),
    ],
)
def test_what_cannot_be_edited_is_said_and_has_no_command(subject: Entity, ending: str) -> None:
    assert fixes.rollback(subject) is None
    assert ending in fixes.sentence("Raise the limit", subject)


def test_an_ordered_set_does_not_replace_a_broken_pod() -> None:
    ordered = read(pod("db-0", "StatefulSet", "db"), workload("StatefulSet", "db"))
    parallel = read(pod("db-0", "StatefulSet", "db"), workload("StatefulSet", "db", podManagementPolicy="Parallel"))
    assert "delete pod db-0 then" in fixes.sentence("Raise the limit", ordered)
    assert fixes.sentence("Raise the limit", parallel) == "Raise the limit."


def test_the_image_of_a_bare_pod_can_be_changed() -> None:
    alone = read(pod("alone"))
    assert fixes.rollback(alone, image=True) == ("kubectl", "edit", "pod/alone", "-n", "shop")
    assert fixes.sentence("Set the image", alone, image=True) == "Set the image."
