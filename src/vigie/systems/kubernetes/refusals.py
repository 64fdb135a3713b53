"""Pods that a kubelet refused at the door: what it said, and whether that still matters."""

import re

import numpy as np

from vigie.kit import Entity, Table
from vigie.systems.kubernetes.joins import Mask, none, once
from vigie.systems.kubernetes.kinds.controllers import Job
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.symptoms.nodes import REFUSED

SECURITY = ("SysctlForbidden", "AppArmor")
"""The reasons of a refusal that the pod's template asks for, whatever the node."""
ELSEWHERE = (*SECURITY, "Evicted", "Preempting", "DeadlineExceeded")
"""The reasons of which other rules speak."""
_WORDS = re.compile(r"^Pod was rejected(?:: | as )")


def words(pod: Entity) -> str:
    """The kubelet's sentence, without its full stop."""
    return _WORDS.sub("", pod[Pod.message] or pod[Pod.reason] or "").strip().rstrip(".")


_AMOUNTS = re.compile(r"requested: (?P<asked>\d+), used: \d+, capacity: (?P<whole>\d+)")


def beyond(pod: Entity) -> bool:
    """Whether a refused pod asked for more than the whole of its node."""
    said = _AMOUNTS.search(pod[Pod.message] or "")
    return said is not None and int(said["asked"]) > int(said["whole"])


def by_node(pods: Table) -> Mask:
    """The pods that kubelets refused for what their nodes have not."""
    if pods.key != Pod.key:
        return none(pods)
    named = pods[Pod.reason].isin(*REFUSED) | pods[Pod.reason].matching(lambda text: text.startswith("OutOf"))
    said = pods[Pod.message].matching(lambda text: bool(_WORDS.search(text)))
    return np.asarray((pods[Pod.phase] == "Failed") & (named | said) & ~pods[Pod.reason].isin(*ELSEWHERE), np.bool_)


def refused(pods: Table) -> Mask:
    """The pods that kubelets refused, for what their nodes have not or for what they ask for themselves."""
    security = (pods[Pod.phase] == "Failed") & pods[Pod.reason].isin(*SECURITY)
    return np.asarray(by_node(pods) | security, np.bool_)


def unserved(pods: Table) -> Mask:
    """The refused pods that are the last which their owners made, as far as kubelets have looked at them.

    Their controllers make the next one at once, or have given up; those before them are told by it.
    """
    out = none(pods)
    newest: dict[Entity, Entity | None] = {}
    for row in np.flatnonzero(refused(pods) & pods.exists & ~pods.deleted.known):
        pod = pods.graph.entity(pods.base + int(row))
        owner = pod.owner
        if owner is None or not owner.read:
            continue
        if owner not in newest:
            newest[owner] = None if _over(owner) else _newest(owner)
        out[row] = newest[owner] == pod
    return out


def _newest(owner: Entity) -> Entity | None:
    seen = [p for p in owner.owned() if p.kind == "Pod" and (p[Pod.phase] != "Pending" or p[Pod.started] is not None)]
    return max(seen, key=lambda p: (p.created or 0, p.name), default=None)


def _over(owner: Entity) -> bool:
    """Whether the owner asks for nothing more: a Job that has ended speaks for itself."""
    if owner.key != Job.key:
        return False
    ended = {c.type for c in owner.conditions if c.status == "True"}
    return bool(ended & {"Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"}) or bool(owner[Job.suspended])


def since_refused(pod: Entity) -> bool:
    """Whether nothing of the pod's owner has run since."""
    owner = pod.owner
    if owner is None:
        return True
    served: dict[Entity, int] = once(pod.graph, "last served", dict)
    if owner not in served:
        served[owner] = max((p.created or 0 for p in owner.owned() if p.kind == "Pod" and _serves(p)), default=-1)
    return served[owner] < (pod.created or 0)


def _serves(pod: Entity) -> bool:
    ready = pod.condition("Ready")
    return pod[Pod.phase] == "Succeeded" or (ready is not None and ready.status == "True")
