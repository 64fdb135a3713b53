"""Every scenario of the lab is written as the format wants it, and its truth speaks the product's own words."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from vigie.model.classes import classes

LAB = Path(__file__).resolve().parents[2] / "lab"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FILES = sorted((LAB / "scenarios").glob("*.yaml"))
KEYS = {"description", "needs", "base", "manifests", "steps", "burn", "until", "truth", "notes"}
STEPS = {
    "apply",
    "kubectl",
    "kubectl-fails",
    "wait",
    "sleep",
    "kill-node",
    "start-node",
    "partition",
    "heal",
    "stop",
    "start",
    "node-exec",
    "stored",
}
CLUSTER_SCOPED = {
    "Node",
    "Namespace",
    "StorageClass",
    "PersistentVolume",
    "APIService",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "CustomResourceDefinition",
    "Registry",
}
NAMESPACED = {
    "Backup",
    "Component",
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Job",
    "LimitRange",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
    "StatefulSet",
}
NAME = re.compile(r"[a-z0-9]([-.:a-z0-9]*[a-z0-9])?")
# What the lab's catalogue owes: one scenario at least whose cause has this class.
OWED = set(
    re.findall(
        r"\S+",
        """
    image-registry-unreachable image-not-found image-access-denied image-rate-limited image-name-invalid
    image-absent-never-pulled crash-exit crash-signal crash-completes config-key-missing config-wrong config-missing
    command-not-found oom-limit probe-liveness probe-readiness probe-startup hook-poststart hook-prestop init-failed
    unschedulable-cpu unschedulable-memory unschedulable-affinity unschedulable-taint unschedulable-pod-affinity
    unschedulable-spread unschedulable-port volume-claim-missing unschedulable-cordoned secret-missing
    secret-key-missing serviceaccount-missing volume-class-missing rbac-denied quota-exceeded limitrange-violated
    podsecurity-violated webhook-denied certificate-expired pdb-blocks finalizer-stuck apiservice-unavailable
    hpa-no-metrics hpa-no-request pod-deadline job-deadline cron-missed service-selects-nothing service-port-mismatch
    policy-denies evicted-ephemeral node-lost scheduler-down controller-down dns-name-unknown scaled-to-zero flapping
    """,
    )
)


@lru_cache
def parsed(text: str) -> tuple[Any, ...]:
    """The YAML documents of *text*."""
    return tuple(document for document in yaml.load_all(text, Loader=LOADER) if document)


def load(path: Path) -> dict[str, Any]:
    """One scenario file."""
    (data,) = parsed(path.read_text())
    assert isinstance(data, dict)
    return data


def documents(data: Mapping[str, Any], base: bool = True) -> Iterator[dict[str, Any]]:
    """Every object that a scenario makes, and its base too unless *base* is False."""
    texts = [data.get("manifests") or ""]
    texts += [text for step in data.get("steps") or [] for verb, text in step.items() if verb in {"apply", "stored"}]
    if base and data.get("base"):
        texts += [path.read_text() for path in sorted((LAB / "base" / data["base"]).glob("*.yaml"))]
    for text in texts:
        yield from parsed(text)


def images(value: object) -> Iterator[str]:
    """Every text under a key `image`, at any depth."""
    for child in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from images(child)
    if isinstance(value, dict) and isinstance(value.get("image"), str):
        yield value["image"]


def entities(truth: Mapping[str, Any]) -> Iterator[str]:
    """Every object that a truth names."""
    yield from truth.get("innocent") or []
    for cause in truth["causes"]:
        yield cause["entity"]
        yield from cause.get("victims") or []
        yield from (other["entity"] for other in cause.get("also") or [] if isinstance(other, dict))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_written_as_the_format_wants(path: Path) -> None:
    data = load(path)
    assert data.keys() <= KEYS
    assert data["description"].strip().endswith(".")
    assert isinstance(data["burn"], int) and 0 < data["burn"] <= 300
    assert data.get("base") or data.get("manifests"), "nothing to break"
    for step in data.get("steps") or []:
        assert len(step) == 1 and step.keys() <= STEPS, step
    for document in documents(data):
        assert document["apiVersion"] and document["kind"] and document["metadata"]["name"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_truth_names_classes_and_objects_as_they_are_spelt(path: Path) -> None:
    truth, listed = load(path)["truth"], classes().keys()
    assert truth.keys() <= {"causes", "innocent", "thinned"}
    for cause in truth["causes"]:
        assert cause.keys() <= {"entity", "class", "also", "victims"}
        answers = [cause["class"], *(o["class"] if isinstance(o, dict) else o for o in cause.get("also") or [])]
        assert set(answers) <= listed
        assert cause["entity"] not in (truth.get("innocent") or [])
        assert cause["entity"] not in (cause.get("victims") or [])
    for entity in entities(truth):
        kind, namespace, name = entity.split("/", 2)
        assert kind in CLUSTER_SCOPED | NAMESPACED, entity
        assert (kind in CLUSTER_SCOPED) == (namespace == ""), entity
        assert NAME.fullmatch(name), entity
    for key, verdict in (truth.get("thinned") or {}).items():
        assert key in {"no-logs", "no-events", "no-previous-logs", "namespace-only"} and verdict in {"same", "unknown"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_victims_and_innocents_are_objects_of_the_scenario(path: Path) -> None:
    data = load(path)
    made = {f"{d['kind']}/{d['metadata'].get('namespace', '')}/{d['metadata']['name']}" for d in documents(data)}
    for document in documents(data):
        for claim in document.get("spec", {}).get("volumeClaimTemplates") or []:
            place = document["metadata"]
            made.add(f"PersistentVolumeClaim/{place['namespace']}/{claim['metadata']['name']}-{place['name']}-0")
        if document["kind"] == "StatefulSet":
            made.add(f"Pod/{document['metadata']['namespace']}/{document['metadata']['name']}-0")
    cluster = {"Node//n1", "Node//n2", "Component/kube-system/kube-scheduler"}
    cluster |= {"Deployment/kube-system/coredns", "Service/kube-system/kube-dns"}
    truth = data["truth"]
    named = [*(truth.get("innocent") or []), *(v for cause in truth["causes"] for v in cause.get("victims") or [])]
    assert set(named) <= made | cluster


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_images_are_those_of_the_lab(path: Path) -> None:
    lab = re.compile(r"vigie-lab/(busybox|shop|transcoder):\d+|registry\.lab:500\d/\S+|\S+\.invalid/\S+")
    for image in images(list(documents(load(path), base=False))):
        assert lab.fullmatch(image), image


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_carries_the_truth_of_its_scenario(path: Path) -> None:
    folder = LAB.parent / "samples" / "incidents" / path.stem
    if folder.is_dir():
        (truth,) = parsed((folder / "truth.yaml").read_text())
        assert truth == load(path)["truth"]
        assert path.stem in (folder / "SOURCE").read_text()


def test_every_recording_has_its_scenario() -> None:
    recorded = {folder.name for folder in (LAB.parent / "samples" / "incidents").glob("*/")}
    assert recorded <= {path.stem for path in FILES}


def test_a_control_names_no_cause_and_a_fault_names_one() -> None:
    for path in FILES:
        assert (load(path)["truth"]["causes"] == []) == path.stem.startswith("healthy-"), path.stem


def test_the_catalogue_is_covered() -> None:
    found = {cause["class"] for path in FILES for cause in load(path)["truth"]["causes"]}
    faults = [path for path in FILES if not path.stem.startswith("healthy-")]
    assert found >= OWED, OWED - found
    assert len(faults) >= 52
    assert len(FILES) - len(faults) >= 10


def test_most_faults_happen_inside_the_shop_or_beside_others() -> None:
    inside = [path for path in FILES if load(path).get("base") == "shop"]
    loud = [path for path in inside if any(c.get("victims") for c in load(path)["truth"]["causes"])]
    assert len(inside) >= 40
    assert len(loud) >= 30


def test_the_lab_reads_every_scenario() -> None:
    scenario = pytest.importorskip("tests.lab.scenario")
    assert set(scenario.names()) == {path.stem for path in FILES}
    assert [scenario.load(name).name for name in scenario.names()] == scenario.names()


@pytest.mark.parametrize("path", sorted((LAB / "base" / "shop").glob("*.yaml")), ids=lambda path: path.stem)
def test_base_objects_stay_in_the_shop(path: Path) -> None:
    for document in parsed(path.read_text()):
        place = document["metadata"]
        assert (place["name"] if document["kind"] == "Namespace" else place["namespace"]) == "shop"
