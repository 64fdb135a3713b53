from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, dependencies, policies
from vigie.systems.kubernetes.fixes import called


@rule(
    "K8S1302",
    on="Pod",
    signal=("container-ended", "pod-not-ready"),
    where=containers.failed,
    per="template",
    causes=("dns-unavailable",),
    severity="critical",
    since="0.1.0",
    strength=0.86,
)
def dns_unavailable(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """The cluster's DNS does not answer.

    ## Why is this bad
    Names cannot be looked up, so that every call by name fails, whoever is called: the callers look broken and the
    callees are well.

    ## Fix
    Bring the cluster's DNS back: its pods, their configuration, their Service in namespace kube-system.
    """
    unanswered = [
        record for _, said in dependencies.troubled(pod) for record in said if record.trouble == "name-unanswered"
    ]
    asked = next((graph.resolve(str(r.nameserver), near=pod) for r in unanswered if r.nameserver), None)
    at = asked if asked is not None and asked.read else dependencies.dns(graph)
    if not unanswered or at is None or policies.unresolving(pod) is not None:
        return
    yield from dependencies.behind(at, "resolves-with", unanswered[0])
    yield found(
        "dns-unavailable",
        at,
        *unanswered[:3],
        via="resolves-with",
        fix=f"Bring the pods behind {called(at)} back.",
    )
