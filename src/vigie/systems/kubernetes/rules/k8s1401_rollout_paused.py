from collections.abc import Iterator
from typing import Any

from vigie.kit import Entity, Graph, Outcome, found, leans, rule, valid_name
from vigie.systems.kubernetes import workloads
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
    """A Deployment is paused, its template was changed since, and what runs in the meantime is unwell or nothing.

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
    command = ("kubectl", "rollout", "resume", f"deployment/{deployment.name}", "-n", deployment.namespace)
    yield found(
        "rollout-paused", deployment, deployment.proof(Deployment.paused),
        fix=f"Resume Deployment {deployment.namespace}/{deployment.name}, whose spec.paused holds back a change of "
        f"its template.",
        command=command if valid_name(deployment.name) else None,
    )  # fmt: skip


def _template(holder: Entity) -> Any:
    """A pod template without the label that tells revisions apart."""
    template = holder.body.get("spec", {}).get("template", {})
    metadata = {k: v for k, v in (template.get("metadata") or {}).items() if v and k != "creationTimestamp"}
    if isinstance(metadata.get("labels"), dict):
        metadata["labels"] = {k: v for k, v in metadata["labels"].items() if k != _HASH}
    return {"metadata": metadata, "spec": template.get("spec")}
