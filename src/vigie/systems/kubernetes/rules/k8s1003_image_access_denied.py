from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Signal, found, rule, valid_name
from vigie.systems.kubernetes import images
from vigie.systems.kubernetes.fixes import called


@rule(
    "K8S1003", on="Pod", signal="image-refused", causes=("image-access-denied",), severity="high", since="0.1.0",
    strength=0.95,
)  # fmt: skip
def image_access_denied(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A registry refuses an image to the account that asks for it.

    ## Why is this bad
    The image may well be there: without the right pull secret no node gets it. The secret is missing, holds the wrong
    account, or is named nowhere.

    ## Fix
    Make the secret that the pod or its ServiceAccount names, or give it an account that may read the repository.
    """
    for refusal in images.refusals(pod, "image-access-denied"):
        secret, proofs = _secret(pod)
        at = secret or _account(pod)
        host = images.host(refusal.image)
        if secret is None:
            fix = f"Name a pull secret for {host} in imagePullSecrets of {called(at)}."
        elif secret.exists is False or pod.signals("pull-secret-absent"):
            fix = f"Create {called(secret)} with an account of {host} that may read {refusal.image}."
        else:
            fix = f"Give {called(secret)} an account of {host} that may read {refusal.image}."
        yield found(
            "image-access-denied", at, refusal.said, *proofs, fix=fix, command=_command(secret, host), via="pulls-with"
        )


def _secret(pod: Entity) -> tuple[Entity | None, list[Proof]]:
    """The pull secret to blame: one that is not there before one that is."""
    account = _account(pod)
    named = [*pod.out("pulls-with"), *account.out("pulls-with")]
    absent: list[Signal] = pod.signals("pull-secret-absent")
    if absent:
        return absent[-1].named("secret"), [absent[-1].prove()]
    for edge in sorted(named, key=lambda e: e.target.exists is not False):
        gone = [edge.target.absence()] if edge.target.exists is False else []
        return edge.target, [*gone, edge.prove()]
    return None, []


def _account(pod: Entity) -> Entity:
    named = pod.out("uses-identity")
    return named[0].target if named else pod.near("ServiceAccount", "default")


def _command(secret: Entity | None, host: str) -> tuple[str, ...] | None:
    if secret is None or secret.exists is not False or not valid_name(secret.name) or not valid_name(secret.namespace):
        return None
    return (
        "kubectl", "create", "secret", "docker-registry", secret.name, "-n", secret.namespace,
        f"--docker-server={host}",
        "--docker-username=USER", "--docker-password=PASSWORD",
    )  # fmt: skip
