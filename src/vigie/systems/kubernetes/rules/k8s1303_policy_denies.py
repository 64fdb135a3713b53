from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Record, found, rule
from vigie.systems.kubernetes import callers, containers, dependencies, policies
from vigie.systems.kubernetes.fixes import called, edit
from vigie.systems.kubernetes.kinds.workloads import Pod

_SILENT = ("timeout", "no-route", "unavailable")


@rule(
    "K8S1303",
    on="*",
    signal=("container-ended", "pod-not-ready", "webhook-call-failed", "api-unavailable"),
    where=containers.failed,
    causes=("policy-denies",),
    severity="high",
    since="0.1.0",
    strength=0.9,
)
def policy_denies(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A NetworkPolicy lets a call not pass.

    ## Why is this bad
    A pod that any policy selects for a direction gets only what some policy allows it there. The call is dropped
    without
    an answer: the caller waits until its time is over, and the callee is well and knows nothing.

    ## Fix
    Allow the call in the policy: the caller's labels, its namespace and the port, or the way out to the callee and to
    the cluster's DNS.
    """
    if pod.key != Pod.key:
        yield from _by_server(pod, graph)
        return
    for record, target, port in _silences(pod):
        cut = policies.denial(pod, target, port) if target is not None else policies.unresolving(pod)
        if cut is not None:
            yield found(
                "policy-denies",
                cut.policy,
                record,
                policies.proof(cut),
                via="cut-by",
                fix=f"Allow {called(pod.holder)} to reach "
                f"{called(target) if target else 'the DNS of the cluster'} on port {port} in {called(cut.policy)} "
                f"({cut.side}).",
                command=edit(cut.policy),
            )
            return


def _by_server(subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """A webhook or an aggregated API that runs, is ready, and does not answer the API server in time."""
    for call, service, port in callers.unanswered(subject, graph):
        cut = policies.closed_to_servers(service, port)
        if cut is not None and dependencies.serving(service):
            yield found(
                "policy-denies", cut.policy, call, policies.proof(cut), via="cut-by", strength=0.96,
                fix=f"Allow the API server to reach {called(service)} in {called(cut.policy)} ({cut.side}).",
                command=edit(cut.policy),
            )  # fmt: skip


def _silences(pod: Entity) -> Iterator[tuple[Record, Entity | None, int | None]]:
    """What was called and did not answer; None is the cluster's DNS."""
    for _, said in dependencies.troubled(pod):
        for failure in dependencies.failures(pod, said):
            if failure.trouble in _SILENT and failure.target is not None:
                yield failure.record, failure.target, failure.address.port
        for record in said:
            if record.trouble == "name-unanswered":
                yield record, None, 53
