from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Unknown, found, rule, valid_name
from vigie.systems.kubernetes import complaints, containers, dependencies, rights
from vigie.systems.kubernetes.fixes import called, edit


@rule(
    "K8S1304",
    on="Pod",
    signal=("container-ended", "pod-not-ready"),
    where=lambda table: containers.failed(table) | complaints.complaining(table),
    causes=("rbac-denied",),
    severity="high",
    since="0.1.0",
    strength=0.92,
)
def rbac_denied(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """An identity lacks a right that its program needs.

    ## Why is this bad
    The API server answers and says no: a controller whose cache cannot be filled does nothing, and many end for it.

    ## Fix
    Add the verb and the resource to the Role that is bound to the ServiceAccount, or bind one that has them.
    """
    for said in (*(said for _, said in dependencies.troubled(pod)), complaints.refused(graph).get(pod, ())):
        for record in said:
            wanted = rights.refused(record.text)
            if wanted is None or rights.granted(graph, wanted):
                continue
            at, proofs = rights.to_change(graph, wanted)
            if at.kind == "ServiceAccount" and (missing := rights.unread(graph, wanted)):
                yield Unknown(pod, f"list:{missing}", f"kubectl get {missing.lower()}s -A -o json")
                return
            yield found(
                "rbac-denied",
                at,
                record,
                *proofs,
                via="uses-identity",
                fix=f"Add verb {wanted.verb} on {wanted.full} to {called(at)}."
                if at.kind in ("Role", "ClusterRole")
                else f"Bind a role with verb {wanted.verb} on {wanted.full} to {wanted.name}.",
                command=edit(at) if at.read and valid_name(at.name) else None,
            )
            return
