"""What a kubelet's words about its own node mean, and what mends it."""

import re

_ADVICE = (
    (
        r"container runtime is down|runtime status check may not have completed|runtime.*(?:not ready|unavailable)",
        "Start the container runtime of node {node}, or find out why it does not answer its kubelet.",
    ),
    (
        r"PLEG is not healthy",
        "Find out what holds up the container runtime of node {node}: it has not listed its pods for minutes.",
    ),
    (r"node is shutting down", "Let node {node} come back up, or cancel its shutdown."),
    (
        r"(?i)cgroup|failed to initialize|csinode",
        "Look into the kubelet's log on node {node}: it cannot set up the node.",
    ),
    (r"(?i)certificate|x509|unauthorized", "Renew the certificate or token of the kubelet on node {node}."),
)


def advice(node: str, text: str) -> str:
    """One sentence on what to do with a node whose kubelet says this."""
    for pattern, sentence in _ADVICE:
        if re.search(pattern, text):
            return sentence.format(node=node)
    return f"Mend what the kubelet of node {node} says is missing: {text}."
