from collections.abc import Iterator

import numpy as np

from vigie.kit import Entity, Graph, Outcome, Table, found, leans, rule
from vigie.systems.kubernetes import commands, workloads
from vigie.systems.kubernetes.joins import Mask
from vigie.systems.kubernetes.kinds.controllers import StatefulSet
from vigie.systems.kubernetes.kinds.workloads import Pod


def _short(table: Table) -> Mask:
    """The ordered StatefulSets of which a pod was not made, while one that was is not ready."""
    fewer = table[StatefulSet.current].numbers() < table[StatefulSet.replicas].numbers(1)
    unready = table[StatefulSet.ready].numbers() < table[StatefulSet.current].numbers()
    return np.asarray(~table[StatefulSet.policy].isin("Parallel") & fewer & unready, np.bool_)


@rule(
    "K8S1405",
    on="apps/StatefulSet",
    where=_short,
    causes=("statefulset-blocked",),
    severity="high",
    since="0.1.0",
    strength=0.8,
)
def statefulset_blocked(owner: Entity, graph: Graph) -> Iterator[Outcome]:
    """A pod of a StatefulSet is not ready, and under OrderedReady the next ones are not made before it is.

    ## Why is this bad
    One bad ordinal keeps all higher ones away, however healthy they would be.

    ## Fix
    Mend the lower pod; or, where the order does not matter, use `podManagementPolicy: Parallel`.
    """
    pods = sorted(workloads.pods_of(owner), key=_ordinal)
    if not pods:
        yield found(
            "statefulset-blocked", owner, owner.proof(StatefulSet.ready), owner.proof(StatefulSet.current),
            fix=f"Mend the lowest pod of StatefulSet {owner.namespace}/{owner.name} that is not ready: "
            "the next one waits for it.",
            command=commands.kubectl("describe", owner),
        )  # fmt: skip
    for pod in pods:
        if workloads.is_unwell(pod):
            yield leans(pod, "owns", pod.proof(Pod.phase), owner.proof(StatefulSet.current))
            yield found(
                "statefulset-blocked", owner, owner.proof(StatefulSet.current), pod.proof(Pod.phase),
                fix=f"Mend Pod {pod.namespace}/{pod.name}: "
                f"until it is ready StatefulSet {owner.name} makes no further pod.",
                command=commands.kubectl("describe", pod),
            )  # fmt: skip
            return


def _ordinal(pod: Entity) -> int:
    number = pod.name.rpartition("-")[2]
    return int(number) if number.isdigit() else -1
