from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, found, rule
from vigie.systems.kubernetes import containers, sources
from vigie.systems.kubernetes.fixes import called, edit


@rule(
    "K8S1044",
    on="Pod",
    signal=("config-key-missing", "container-waiting", "container-ended"),
    where=containers.failed,
    causes=("secret-key-missing",),
    severity="high",
    since="0.1.0",
    strength=0.97,
)
def secret_key_missing(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A Secret lacks a key that a pod needs.

    ## Why is this bad
    The kubelet does not make the container before the key is there. A renamed key does no harm until a pod is
    replaced: what
    was changed an hour ago breaks now.

    ## Fix
    Give the Secret the key back, or ask for one that it has.
    """
    for lack in sources.lacks(pod, "Secret", key=True):
        yield found(
            "secret-key-missing",
            lack.object,
            *lack.proofs,
            strength=0.97 if lack.stated else 0.93,
            via="reads",
            fix=f"Give {called(lack.object)} the key {lack.key}, or ask for one that it has{sources.shown(lack)}.",
            command=edit(lack.object),
        )
