"""Kubernetes: its built-in kinds, what its components say, and the rules about what breaks in it."""

from vigie.kit import system
from vigie.systems.kubernetes.addresses import resolve
from vigie.systems.kubernetes.kinds.events import EVENTS
from vigie.systems.kubernetes.owners import owner

SYSTEM = system(
    __name__, prefix="K8S", title="Kubernetes", events=EVENTS, resolvers=(resolve,), owners=(owner,)
)
