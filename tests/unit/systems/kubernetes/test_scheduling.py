"""The scheduler's messages of all versions, as histograms."""

import pytest

from vigie.systems.kubernetes.scheduling import parse

MESSAGES = (
    (
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, "
        "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not "
        "helpful for scheduling.",
        2,
        {"cpu": 1, "taint": 1},
    ),
    (
        "0/1 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, "
        "that the pod didn't tolerate.",
        1,
        {"taint": 1},
    ),
    (
        "0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}, 3 Insufficient nvidia.com/gpu. "
        "preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims "
        "found "
        "for incoming pod.",
        4,
        {"taint": 1, "nvidia.com/gpu": 3},
    ),
    ("0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory.", 3, {"cpu": 3, "memory": 3}),
    (
        "No nodes are available that match all of the following predicates:: Insufficient cpu (3), "
        "PodToleratesNodeTaints (1).",
        None,
        {"cpu": 3, "taint": 1},
    ),
    ("0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.", 1, {"volume-unbound": 1}),
    ("pod has unbound immediate PersistentVolumeClaims (repeated 2 times)", None, {"volume-unbound": 0}),
    ('persistentvolumeclaim "uploads" not found', None, {"claim": 0}),
    (
        "0/5 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity], 1 Too many pods, 2 node(s) had "
        "volume node affinity conflict.",
        5,
        {"affinity": 2, "pods": 1, "volume-zone": 2},
    ),
    (
        "0/6 nodes are available: 1 node(s) were unschedulable, 1 node(s) didn't have free ports for the requested pod "
        "ports, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) exceed max "
        "volume count, 1 node(s) didn't satisfy existing pods anti-affinity rules, 1 node(s) didn't match Pod's node "
        "affinity/selector.",
        6,
        {"cordoned": 1, "port": 1, "spread": 1, "volume-limit": 1, "pod-affinity": 1, "affinity": 1},
    ),
    ("no nodes available to schedule pods", 0, {}),
    ("0/2 nodes are available: 2 something that nobody has heard of.", 2, {"other": 2}),
)


@pytest.mark.parametrize(("message", "nodes", "histogram"), MESSAGES)
def test_messages_of_all_versions(message: str, nodes: int | None, histogram: dict[str, int]) -> None:
    verdict = parse(message)
    assert verdict.nodes == nodes
    assert verdict.histogram() == histogram


def test_taint_keys_are_read_where_they_are_told() -> None:
    verdict = parse("0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.")
    assert [reason.key for reason in verdict.reasons] == ["node.kubernetes.io/unreachable"]


def test_what_preemption_could_do_is_kept_apart() -> None:
    verdict = parse(MESSAGES[0][0])
    assert verdict.preempt.startswith("1 No preemption victims found")


@pytest.mark.parametrize("text", ["", ".", "0/0 nodes are available: ", "0/1 nodes are available: 1", "{" * 50, "\0"])
def test_odd_text_is_no_crash(text: str) -> None:
    assert parse(text).text == text.strip()
