"""The network plug-in of a node: its words, the pods that are it, and the addresses that it gives out."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from vigie.kit import Entity, Graph
from vigie.systems.kubernetes import shapes
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.controllers import DaemonSet
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Pod
from vigie.systems.kubernetes.mending import template

_WORDS = re.compile(
    r"(?i)network ?plugin|NetworkPluginNotReady|NetworkReady=false|cni plugin|cni config|network is not ready|\bCNI\b"
)
_CONFIG = ("/etc/cni", "/opt/cni", "/var/lib/cni", "/run/cni")


def is_network(text: str) -> bool:
    """Whether a kubelet's message speaks of the network plug-in."""
    return bool(_WORDS.search(text))


def plugin_pods(node: Entity) -> list[Entity]:
    """The pods on a node that are its network plug-in: on the host's network, with its CNI folders mounted."""
    return [p for p in _all(node.graph) if p[Pod.node] == node.name]


def plugin_sets(graph: Graph) -> list[Entity]:
    """The DaemonSets that install network plug-ins."""
    return [ds for ds in graph.all(DaemonSet) if _installs(template(ds))]


def _all(graph: Graph) -> list[Entity]:
    def make() -> list[Entity]:
        pods = graph.table(Pod)
        if pods is None:
            return []
        return [p for p in graph.where(Pod, pods[Pod.host_network].isin(True)) if _installs(shapes.spec(p))]

    return once(graph, "network plug-in pods", make)


def _installs(spec: Mapping[str, Any]) -> bool:
    paths = [(volume.get("hostPath") or {}).get("path", "") for volume in spec.get("volumes") or []]
    return any(path == root or path.startswith(root + "/") for path in paths for root in _CONFIG)


def addresses(node: Entity) -> tuple[str, int] | None:
    """The range of a node's pods and how many pods of it may have an address; None where it says none."""
    text = node[Node.pod_range]
    if not text:
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return text, max(0, int(network.num_addresses) - 3)
