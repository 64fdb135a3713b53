from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, sources
from vigie.systems.kubernetes.fixes import called


@rule(
    "K8S1043",
    on="Pod",
    signal=("config-object-missing", "container-waiting", "container-ended"),
    where=containers.failed,
    causes=("secret-missing",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def secret_missing(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Secret that a pod needs does not exist.

    ## Why is this bad
    The kubelet does not make the container before it is there. Running pods go on with what they read at their
    start, so that
    the loss shows only when one is replaced.

    ## Fix
    Create the Secret, or mend what should have made it (an issuer, an external store, a release).
    """
    for lack in sources.lacks(pod, "Secret", key=False):
        yield found(
            "secret-missing",
            lack.object,
            *lack.proofs,
            strength=0.97 if lack.stated else 0.93,
            via="reads",
            fix=f"Create {called(lack.object)}, or name one that exists.",
            command=None,
        )
