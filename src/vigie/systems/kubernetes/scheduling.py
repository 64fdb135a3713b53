"""What the scheduler says when a pod fits nowhere: its message as a histogram of reasons.

The grammar is `0/N nodes are available: <PreFilter message> | <count reason>, ... . <PostFilter message>`. Every
wording since Kubernetes 1.7 is read; a reason that no version of this module knows is kept as `other`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Filter = Literal[
    "cordoned", "node-name", "taint", "affinity", "port", "cpu", "memory", "resource", "pods", "volume-access",
    "volume-limit", "volume-zone", "volume-gone", "volume-space", "volume-unbound", "claim", "spread", "pod-affinity",
    "devices", "features", "condition", "other",
]  # fmt: skip
"""What a node fails on, in the scheduler's own order."""

_HEAD = re.compile(
    r"^(?:\d+/(?P<of>\d+) nodes are available|No nodes are available that match all of the (?:following )?\w+)[:,]+\s*"
)
_TAIL = re.compile(r"\.(?:\s+(?=\S)|$)")
_ITEM = re.compile(r"^(?P<count>\d+) (?P<reason>.+)$", re.DOTALL)
_OLD_ITEM = re.compile(r"^(?P<reason>.+?) \((?P<count>\d+)\)$")
_SPLIT = re.compile(r",\s+(?=\d+ )")
_OLD_SPLIT = re.compile(r",\s+")
_PREEMPTION = re.compile(r"preemption: (?:\d+/\d+ nodes are available: )?(?P<what>.+)", re.DOTALL)
_TAINT = re.compile(r"\{(?P<key>[^:{}]+?)(?:: ?(?P<value>[^{}]*))?\}")
_PLUGINS = re.compile(r"didn't satisfy plugin\(s\) \[(?P<names>[^\]]*)\]")

_REASONS: tuple[tuple[Filter, tuple[str, ...]], ...] = (
    ("cpu", (r"^Insufficient cpu$",)),
    ("memory", (r"^Insufficient memory$",)),
    ("pods", (r"^Too many pods$", r"^Insufficient pods$")),
    ("resource", (r"^Insufficient (?P<resource>\S+)",)),
    ("cordoned", (r"^node\(s\) were (?:unschedulable|cordoned)", r"^(?:Check)?NodeUnschedulable$")),
    (
        "taint",
        (
            r"untolerated taint",
            r"had taints? ",
            r"that the pod didn't tolerate",
            "PodToleratesNodeTaints",
            "TaintToleration",
        ),
    ),
    ("node-name", (r"didn't match the requested (?:node name|hostname)", r"^HostName$", r"^NodeName$")),
    (
        "affinity",
        (
            r"didn't match (?:Pod's )?(?:node (?:affinity|selector)|scheduler-enforced node affinity)",
            "MatchNodeSelector",
            r"^NodeAffinity$",
        ),
    ),
    ("port", (r"didn't have free ports", "PodFitsHostPorts", r"^NodePorts$")),
    (
        "pod-affinity",
        (
            r"didn't (?:match pod|satisfy existing pods) (?:anti-)?affinity",
            "MatchInterPodAffinity",
            r"^InterPodAffinity$",
        ),
    ),
    ("spread", (r"didn't match pod topology spread constraints", "EvenPodsSpread", r"^PodTopologySpread$")),
    (
        "volume-zone",
        (
            r"no available volume zone",
            r"volume node affinity conflict",
            r"PersistentVolume's node affinity",
            "NoVolumeZoneConflict",
            "VolumeNodeAffinityConflict",
            r"^VolumeZone$",
        ),
    ),
    ("volume-limit", (r"exceed max volume count", r"Max\w*VolumeCount", r"^NodeVolumeLimits$")),
    ("volume-gone", (r"pvc\(s\) bound to non-existent pv\(s\)", r"bound to non-existent persistentvolume")),
    ("volume-space", (r"did not have enough free storage",)),
    ("volume-access", ("ReadWriteOncePod", r"had no available disk", "NoDiskConflict", r"^VolumeRestrictions$")),
    (
        "volume-unbound",
        (
            r"unbound immediate PersistentVolumeClaims",
            r"didn't find available persistent volumes to bind",
            "VolumeBindingNoMatch",
            r"^VolumeBinding$",
        ),
    ),
    (
        "claim",
        (
            r'persistentvolumeclaim "[^"]+" (?:not found|is being deleted|bound to)',
            "ephemeral volume controller to create",
        ),
    ),
    (
        "devices",
        (
            r"(?i)resource ?claim",
            r"cannot allocate all claims",
            r"waiting for dynamic resource",
            r"^DynamicResources$",
        ),
    ),
    ("features", (r"didn't match Pod's required features", r"^NodeDeclaredFeatures$")),
    ("condition", (r"had unknown conditions", "NodeNotReady", "NodeOutOfDisk", r"\w+Pressure$", "NetworkUnavailable")),
)
_COMPILED = tuple((name, re.compile("|".join(patterns))) for name, patterns in _REASONS)


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the histogram: so many nodes fail on this filter.

    `count` is 0 for a PreFilter message, which speaks of all nodes at once. `resource` is set for the resource
    filters, `key` for a taint whose key the text still names.
    """

    filter: Filter
    count: int
    text: str
    resource: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One parsed message. `preempt` is what the PostFilter said of preemption, "" where it said nothing."""

    nodes: int | None
    reasons: tuple[Reason, ...]
    preempt: str
    text: str

    def histogram(self) -> dict[str, int]:
        """Nodes by filter; resources by their name."""
        out: dict[str, int] = {}
        for reason in self.reasons:
            name = reason.resource if reason.filter == "resource" else reason.filter
            out[name] = out.get(name, 0) + reason.count
        return out

    @property
    def filters(self) -> frozenset[Filter]:
        return frozenset(reason.filter for reason in self.reasons)


def parse(message: str) -> Verdict:
    """A scheduler's message as a histogram; one without the grammar has no reasons."""
    text = message.strip()
    head = _HEAD.match(text)
    if head is None:
        bare = _reason(text, 0)
        return Verdict(0 if text.startswith("no nodes available") else None, bare, "", text)
    body = text[head.end() :]
    cut = _TAIL.search(body)
    after = ""
    if cut:
        after = body[cut.end() :]
        body = body[: cut.start()]
    preemption = _PREEMPTION.search(after)
    nodes = int(head["of"]) if head["of"] else None
    return Verdict(nodes, tuple(_reasons(body)), preemption["what"].strip() if preemption else "", text)


def _reasons(body: str) -> Iterator[Reason]:
    if _ITEM.match(body):
        for part in _SPLIT.split(body):
            item = _ITEM.match(part)
            if item:
                yield from _reason(item["reason"].strip(), int(item["count"]))
        return
    olds = [_OLD_ITEM.match(part) for part in _OLD_SPLIT.split(body)]
    if olds and all(olds):
        for item in olds:
            assert item is not None
            yield from _reason(item["reason"], int(item["count"]))
        return
    yield from _reason(body, 0)


def _reason(text: str, count: int) -> tuple[Reason, ...]:
    plugins = _PLUGINS.search(text)
    if plugins:
        return tuple(r for name in plugins["names"].split() for r in _reason(name, count))
    for name, pattern in _COMPILED:
        hit = pattern.search(text)
        if hit is None:
            continue
        resource = {"cpu": "cpu", "memory": "memory", "pods": "pods"}.get(name, hit.groupdict().get("resource") or "")
        taint = _TAINT.search(text) if name == "taint" else None
        return (Reason(name, count, text, resource, taint["key"].strip() if taint else ""),)
    return (Reason("other", count, text),) if count else ()
