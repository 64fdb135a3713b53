from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, clock, found, leans, rule
from vigie.systems.kubernetes import commands, controlplane, finalizers
from vigie.systems.kubernetes.kinds.access import CustomResourceDefinition

_INSTANCES = "customresourcecleanup.apiextensions.k8s.io"


@rule(
    "K8S1603",
    on="*",
    where=finalizers.held,
    causes=("finalizer-stuck",),
    severity="medium",
    since="0.1.0",
    strength=0.93,
)
def finalizer_stuck(entity: Entity, graph: Graph) -> Iterator[Outcome]:
    """An object is to be deleted, and a finalizer holds it whose controller does not act.

    ## Why is this bad
    Neither the object nor its namespace can go, and what the finalizer stands for (a disk, a record, a lock) is
    perhaps never cleaned up.

    ## Fix
    Bring back the controller that removes the finalizer. Take the finalizer out by hand only when that controller is
    gone for good and what it would clean up was cleaned up.
    """
    asked = clock.show(entity.deleted)
    deleted = Proof(entity, "metadata.deletionTimestamp", asked, entity.deleted, entity.pointer)
    down = controlplane.stale_lease(graph, controlplane.MANAGER) is not None
    for index, name in enumerate(entity.finalizers):
        held = Proof(entity, f"metadata.finalizers[{index}]", name, entity.deleted, entity.pointer)
        part = finalizers.component(name)
        if part == controlplane.MANAGER and down:
            continue
        waits = finalizers.dependents(entity) if name == "foregroundDeletion" else _instances(entity, name)
        for other in waits:
            yield leans(other, "owns", held, deleted)
        workloads = finalizers.controllers(graph, name, entity.group) if not part else []
        for workload in workloads:
            yield leans(workload, "managed-by", held, deleted)
        by = ", ".join(f"{w.kind} {w.namespace}/{w.name}" for w in workloads) or (part or f"the controller of {name}")
        yield found(
            "finalizer-stuck", entity, held, deleted, part=f"metadata.finalizers[{name}]",
            fix=f"Bring back {by}, which is to remove the finalizer {name} of {entity.kind} "
            f"{entity.namespace + '/' if entity.namespace else ''}{entity.name}.",
            command=commands.kubectl("get", entity, "-o", "yaml"),
        )  # fmt: skip


def _instances(entity: Entity, finalizer: str) -> list[Entity]:
    """The objects of a custom kind that its definition waits for."""
    if finalizer != _INSTANCES:
        return []
    group = entity[CustomResourceDefinition.served_group] or ""
    kind = entity[CustomResourceDefinition.served_kind] or ""
    return sorted((e for e in entity.graph.all(f"{group}/{kind}") if e.deleted is not None), key=lambda e: e.address)
