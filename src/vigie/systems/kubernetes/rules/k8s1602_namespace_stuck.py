from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, leans, rule
from vigie.systems.kubernetes import commands, namespaces
from vigie.systems.kubernetes.kinds.config import Namespace


@rule(
    "K8S1602",
    on="Namespace",
    where=namespaces.stuck,
    causes=("namespace-stuck",),
    severity="medium",
    since="0.1.0",
    strength=0.85,
)
def namespace_stuck(space: Entity, graph: Graph) -> Iterator[Outcome]:
    """A namespace is Terminating and does not end.

    ## Why is this bad
    Nothing can be made in it and its name is not free. Removing the namespace's own finalizer only hides what is left.

    ## Fix
    Mend what its conditions name: the API that cannot be listed, or the controller that should remove the finalizers
    of what remains.
    """
    said = [c for type in namespaces.CONDITIONS if (c := space.condition(type)) is not None and c.status == "True"]
    for api in namespaces.failing_apis(space):
        yield leans(api, "depends-on", *said)
    left = list(namespaces.content(space))
    for entity in left[:50]:
        yield leans(entity, "contains", *said)
    remaining = [f"{n} {plural}.{group}".rstrip(".") for plural, group, n in namespaces.remaining(space)]
    names = [f"{e.kind} {e.name}{' (' + ', '.join(e.finalizers) + ')' if e.finalizers else ''}" for e in left[:5]]
    what = ", ".join(names or remaining) or "what its conditions name"
    proofs: list[Proof] = [c.prove() for c in said] or [space.proof(Namespace.phase, space.deleted)]
    yield found(
        "namespace-stuck", space, *proofs, command=commands.kubectl("get", space, "-o", "yaml"),
        fix=f"Mend what holds Namespace {space.name}: {what}.",
    )  # fmt: skip
