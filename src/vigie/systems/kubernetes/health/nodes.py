"""When a pod is unwell because of its node, or was ended by it again and again."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Health, Table, clock
from vigie.systems.kubernetes import evictions, refusals
from vigie.systems.kubernetes.joins import MINUTE, edges, none, since, told
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Pod

Mask = npt.NDArray[np.bool_]
_HOUR = 3600 * clock.SECOND
_MOMENT = 15 * clock.SECOND


def not_ready(nodes: Table) -> Mask:
    """The nodes of which nothing is heard, or that say no themselves and have not just joined."""
    ready = nodes.condition("Ready").status
    return np.asarray(nodes.exists & (ready.isin("Unknown") | (ready.isin("False") & ~joining(nodes))))


def joining(nodes: Table) -> Mask:
    """The nodes that have joined within the minute and have never been ready."""
    young = nodes.created.known & (nodes.age() <= MINUTE)
    since_when = nodes.condition("Ready").since
    born = np.where(nodes.created.known, nodes.created.data, 0)
    never = since_when.known & (np.where(since_when.known, since_when.data, 0) - born <= _MOMENT)
    return np.asarray(young & never)


def node_unwell(nodes: Table) -> Mask:
    """The nodes that are not ready, or to which nobody has made a network a minute after they joined."""
    young = nodes.created.known & (nodes.age() <= MINUTE)
    cut_off = nodes.condition("NetworkUnavailable").status.isin("True") & ~young & nodes.exists
    return np.asarray(not_ready(nodes) | cut_off)


def on_ailing_node(pods: Table) -> Mask:
    """The pods that are not ready on a node that is not ready."""
    nodes = pods.graph.table(Node)
    out = none(pods)
    if nodes is None:
        return out
    unready_nodes = not_ready(nodes)
    if not unready_nodes.any():
        return out
    source, target = edges(pods, "schedules-on", nodes)
    out[source[unready_nodes[target]]] = True
    unready = pods.condition("Ready").status.isin("False", "Unknown")
    ended = pods[Pod.phase].isin("Succeeded", "Failed")
    return np.asarray(out & unready & ~ended & pods.exists)


def evicted(pods: Table) -> Mask:
    """The pods that kubelets evicted."""
    return np.asarray(pods.exists & pods[Pod.phase].isin("Failed") & pods[Pod.reason].isin("Evicted"))


def when_ended(pods: Table) -> npt.NDArray[np.int64]:
    """When each pod stopped being ready, or was told to be evicted; its start where that is not known."""
    latest = np.maximum(pods.condition("DisruptionTarget").since.data, pods.condition("Ready").since.data)
    latest = np.maximum(latest, told(pods, ("Evicted",)))
    return np.asarray(np.maximum(latest, np.maximum(pods[Pod.started].data, pods.created.data)))


def evicted_by_itself(pods: Table) -> Mask:
    """The pods that went beyond their own limits within the hour, and whose successors will.

    That one stands for them now does not make it well: it writes as much. Not so where a node evicted them for its
    own sake: that heals with the node.
    """
    own = pods[Pod.message].matching(evictions.by_own_limit)
    ended = when_ended(pods)
    out = none(pods)
    for row in np.flatnonzero(evicted(pods) & own & (since(ended, pods.as_of) < _HOUR)):
        out[row] = not evictions.outgrown(pods.graph.entity(pods.base + int(row)), int(ended[row]))
    return out


def _set_says(entity: Any) -> str:
    seen: Entity = entity
    found = evictions.told_of(seen.graph)[seen]
    return f"its pods were evicted {len(found)} times within the hour: {found[-1].text.strip()}"


def unwell(pods: Table) -> Mask:
    """The pods that their nodes fail, end or do not take."""
    return np.asarray(on_ailing_node(pods) | evicted_by_itself(pods) | refusals.unserved(pods))


def _says(pod: Any) -> str:
    return says(pod)


def says(pod: Entity) -> str:
    """What one sees of such a pod."""
    if pod[Pod.reason]:
        return f"{pod[Pod.phase]}, {pod[Pod.reason]}: {pod[Pod.message] or ''}".rstrip(": ")
    return f"{pod[Pod.phase]}, not ready on {pod[Pod.node]}, which is not ready"


def _node_says(node: Any) -> str:
    ready = node.condition("Ready")
    if ready is None or ready.status == "True":
        return "its network is unavailable"
    return f"Ready={ready.status}: {ready.message or ready.reason}"


HEALTH = (
    Health(
        "Node",
        node_unwell,
        _node_says,
        "Its kubelet posts nothing; or a minute after it joined it is not ready, or nobody made its network.",
    ),
    Health(
        "Pod",
        unwell,
        _says,
        "The pod is not ready and its node is not either; or the kubelet evicted it within the hour for what it wrote, "
        "and no successor has lived long since; or it refused the pod, and its owner has made none since.",
    ),
    Health(
        "apps/StatefulSet",
        evictions.repeating,
        _set_says,
        "The kubelet did not evict the same pod of it twice within the hour for what it wrote.",
    ),
)
