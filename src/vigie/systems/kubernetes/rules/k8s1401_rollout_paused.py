from collections.abc import Iterator
from typing import Any

from vigie.kit import Entity, Graph, Outcome, found, leans, rule
from vigie.systems.kubernetes import commands, workloads
from vigie.systems.kubernetes.joins import dig
from vigie.systems.kubernetes.kinds.controllers import Deployment
from vigie.systems.kubernetes.kinds.workloads import Pod

_HASH = "pod-template-hash"


@rule(
    "K8S1401",
    on="apps/Deployment",
    where=lambda table: table[Deployment.paused].isin(True),
    causes=("rollout-paused",),
    severity="medium",
    since="0.1.0",
    strength=0.85,
)
def rollout_paused(deployment: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Deployment is paused with a changed template, and what runs meanwhile is unwell or nothing.

    ## Why is this bad
    A change of a paused Deployment is accepted and not delivered: the repair that everybody believes to be out is not.

    ## Fix
    Resume the rollout.
    """
    sets = [s for s in deployment.owned() if s.kind == "ReplicaSet"]
    if any(_template(s) == _template(deployment) for s in sets):
        return
    pods = workloads.pods_of(deployment)
    ill = [pod for pod in pods if workloads.is_unwell(pod)]
    if not ill and (pods or not workloads.wanted(deployment)):
        return
    for pod in ill:
        yield leans(pod, "owns", pod.proof(Pod.phase))
    yield found(
        "rollout-paused", deployment, deployment.proof(Deployment.paused),
        fix=f"Resume Deployment {deployment.namespace}/{deployment.name}, whose spec.paused holds back a change of "
        f"its template.",
        command=commands.kubectl("rollout resume", deployment),
    )  # fmt: skip


def _template(holder: Entity) -> Any:
    """A pod template without the label that tells revisions apart."""
    template = dig(holder.body, "spec", "template")
    labels = dig(template, "metadata", "labels")
    own = {key: value for key, value in labels.items() if key != _HASH} if isinstance(labels, dict) else {}
    return own, dig(template, "metadata", "annotations") or {}, dig(template, "spec")
