from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import sources
from vigie.systems.kubernetes.fixes import called


@rule(
    "K8S1041",
    on="Pod",
    signal=("config-object-missing", "container-waiting"),
    causes=("config-missing",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def config_missing(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A ConfigMap that a pod needs does not exist.

    ## Why is this bad
    The kubelet does not make the container before it is there. Running pods go on with what they read at their
    start, so that
    the loss shows only when one is replaced.

    ## Fix
    Create the ConfigMap under this name, or name one that exists.
    """
    for lack in sources.lacks(pod, "ConfigMap", key=False):
        yield found(
            "config-missing",
            lack.object,
            *lack.proofs,
            strength=0.97 if lack.stated else 0.93,
            via="reads",
            fix=f"Create {called(lack.object)}, or name one that exists.",
            command=None,
        )
