from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, rule
from vigie.systems.kubernetes.daemons import absent_on
from vigie.systems.kubernetes.health.daemons import lacking
from vigie.systems.kubernetes.kinds.controllers import DaemonSet


@rule(
    "K8S1134",
    on="apps/DaemonSet",
    where=lacking,
    causes=("daemonset-misplaced",),
    severity="medium",
    since="0.1.0",
    strength=0.85,
)
def daemon_pod_absent(daemons: Entity, graph: Graph) -> Iterator[Outcome]:
    """A DaemonSet wants a pod on a node and has none there, and nothing says that it was refused.

    ## Why is this bad
    What the DaemonSet does for each node (logs, network, storage) is missing on that one, and is only noticed there.

    ## Fix
    Look at the DaemonSet's events and at its rollout; delete leftover pods that bear its name on the node.
    """
    if daemons.signals("daemon-refused") or daemons.stale:
        return
    counts = [daemons.proof(DaemonSet.desired), daemons.proof(DaemonSet.current)]
    missing = absent_on(daemons)
    if missing is None:
        return
    proofs = [Proof(node, "pods of the DaemonSet", "none", None, node.pointer, stated=False) for node in missing[:4]]
    where = ", ".join(node.name for node in missing[:3]) or "some nodes"
    placed = [s.prove() for s in daemons.signals("daemon-not-placed")[-1:]]
    yield found(
        "daemonset-misplaced",
        daemons,
        *placed,
        *counts,
        *proofs,
        fix=f"Find out why DaemonSet {daemons.namespace}/{daemons.name} has made no pod on {where}.",
    )
