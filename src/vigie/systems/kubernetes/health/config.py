"""When a namespace, or any object that is to go, does not go."""

from vigie.kit import Entity, Health
from vigie.systems.kubernetes import finalizers, namespaces, operators


def _held(entity: Entity) -> str:
    return "is to be deleted and waits for " + ", ".join(entity.finalizers)


def _stuck(space: Entity) -> str:
    for type in namespaces.CONDITIONS:
        condition = space.condition(type)
        if condition is not None and condition.status == "True":
            return f"Terminating: {condition.message}"
    return "Terminating for more than a minute"


def _unseen(entity: Entity) -> str:
    return "its controller has not looked at it" if entity.stale else "has no status"


UNSEEN = Health("*", operators.unseen, _unseen, "Its controller, where one is known, is up or has looked at it.")
FINALIZER = Health("*", finalizers.held, _held, "No finalizer holds it for more than a minute after it was to be "
"deleted.")
NAMESPACE = Health("Namespace", namespaces.stuck, _stuck, "It is gone a minute after it was to be deleted.")
