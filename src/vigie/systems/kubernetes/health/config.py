"""When a namespace, or any object that is to go, does not go."""

from vigie.kit import Entity, Health
from vigie.systems.kubernetes import finalizers, namespaces


def _held(entity: Entity) -> str:
    return "is to be deleted and waits for " + ", ".join(entity.finalizers)


def _stuck(space: Entity) -> str:
    for type in namespaces.CONDITIONS:
        condition = space.condition(type)
        if condition is not None and condition.status == "True":
            return f"Terminating: {condition.message}"
    return "Terminating for more than a minute"


FINALIZER = Health("*", finalizers.held, _held, "No finalizer holds it for more than a minute after it was to be "
"deleted.")
NAMESPACE = Health("Namespace", namespaces.stuck, _stuck, "It is gone a minute after it was to be deleted.")
