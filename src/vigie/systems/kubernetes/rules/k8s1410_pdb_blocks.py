from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import commands, drains, workloads
from vigie.systems.kubernetes.kinds.controllers import PodDisruptionBudget
from vigie.systems.kubernetes.kinds.nodes import Node
from vigie.systems.kubernetes.kinds.workloads import Pod


@rule(
    "K8S1410",
    on="policy/PodDisruptionBudget",
    where=lambda table: table[PodDisruptionBudget.allowed].numbers(1) == 0,
    causes=("pdb-blocks",),
    severity="medium",
    since="0.1.0",
    strength=0.85,
)
def pdb_blocks(budget: Entity, graph: Graph) -> Iterator[Outcome]:
    """A node is being drained, and a budget keeps a pod on it.

    ## Why is this bad
    The drain never ends: upgrades and repairs of nodes wait for it. A budget that wants as many pods as there are
    allows no eviction, ever.

    ## Fix
    Run one pod more than the budget wants, or lower what it wants; if some of its pods are unhealthy, mend them.
    """
    kept = next(drains.blocked(budget), None)
    if kept is None:
        return
    pod, node = kept
    healthy, wanted = budget[PodDisruptionBudget.healthy] or 0, budget[PodDisruptionBudget.desired] or 0
    if healthy < wanted:
        for edge in sorted(budget.out("guards"), key=lambda e: e.target.name):
            if workloads.is_unwell(edge.target):
                yield leans(edge.target, "guards", budget.proof(PodDisruptionBudget.healthy))
    field = "spec.minAvailable" if budget[PodDisruptionBudget.minimum] is not None else "spec.maxUnavailable"
    yield found(
        "pdb-blocks", budget, budget.proof(PodDisruptionBudget.allowed), budget.proof(PodDisruptionBudget.desired),
        pod.proof(Pod.node), node.proof(Node.unschedulable),
        fix=f"Scale {pod.holder.kind} {pod.holder.namespace}/{pod.holder.name} up, or loosen {field} of "
        f"PodDisruptionBudget "
        f"{budget.namespace}/{budget.name}, so that {pod.name} may leave node {node.name}.",
        command=commands.kubectl("edit", budget),
    )  # fmt: skip
