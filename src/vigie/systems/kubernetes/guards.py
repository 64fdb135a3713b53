"""The guards of the API server: which refusal stands now, and which object spoke it."""

import re
from collections.abc import Iterator

from vigie.kit import Entity, Graph, Proof, Row, Signal, quantity
from vigie.systems.kubernetes.kinds.access import (
    MutatingWebhook,
    MutatingWebhookConfiguration,
    ValidatingWebhook,
    ValidatingWebhookConfiguration,
)
from vigie.systems.kubernetes.kinds.config import Limit
from vigie.systems.kubernetes.symptoms.admission import REFUSALS

_SERVICE = re.compile(r"https?://(?P<name>[a-z0-9]([-a-z0-9]*[a-z0-9])?)\.(?P<space>[a-z0-9]([-a-z0-9]*[a-z0-9])?)\.svc\b")
_CONFIGURATIONS = (
    (ValidatingWebhookConfiguration, ValidatingWebhook),
    (MutatingWebhookConfiguration, MutatingWebhook),
)


def standing(owner: Entity, *names: str) -> Signal | None:
    """The last refusal that was told of an object, if it is of one of these names; a later one of another name wins."""
    told = owner.signals(*REFUSALS)
    newest = max((s.time for s in told if s.time is not None), default=None)
    mine = [s for s in told if s.name in names and (newest is None or s.time is None or s.time >= newest)]
    return mine[-1] if mine else None


def webhooks(graph: Graph, name: str) -> Iterator[tuple[Entity, Row]]:
    """The configurations that declare a webhook of this name, with its row."""
    for kind, rows in _CONFIGURATIONS:
        for entity in graph.all(kind):
            for row in entity.rows(rows):
                if row[rows.name] == name:
                    yield entity, row


def webhook_service(graph: Graph, call: Signal) -> tuple[Entity | None, tuple[Proof, ...]]:
    """The Service that a failed call was for, and the proof of it in the webhook's configuration.

    Several configurations may declare a webhook of one name: the one whose Service is in the called URL counts.
    """
    url = _SERVICE.match(call.said("url"))
    asked = graph.get("Service", url["space"], url["name"]) if url else None
    for entity, row in webhooks(graph, call.said("webhook")):
        rows = ValidatingWebhook if entity.kind == ValidatingWebhookConfiguration.key.kind else MutatingWebhook
        name, space = row[rows.service], row[rows.space]
        declared = graph.get("Service", space, name) if name and space else None
        if declared is not None and (asked is None or asked == declared):
            return declared, (row.proof(rows.service), row.proof(rows.failure_policy))
    return asked, ()


def webhook_configuration(graph: Graph, name: str) -> tuple[Entity, Proof] | None:
    """The first configuration that declares a webhook of this name."""
    for entity, row in webhooks(graph, name):
        rows = ValidatingWebhook if entity.kind == ValidatingWebhookConfiguration.key.kind else MutatingWebhook
        return entity, row.proof(rows.name)
    return None


def limit_that_refused(owner: Entity, refusal: Signal) -> tuple[Entity, Proof] | None:
    """The LimitRange of the owner's namespace whose bound a refusal quotes."""
    bound = refusal.said("bound")
    resource = refusal.said("resource") or refusal.said("ratio_of")
    type = refusal.said("type") or refusal.said("ratio_type") or "Container"
    quoted = quantity(refusal.said("limit") or refusal.said("ratio"))
    field = {"maximum": Limit.maximum, "minimum": Limit.minimum, "": Limit.ratio}[bound]
    for entity, row in limits(owner):
        held = row[field].get(resource)
        if row[Limit.type] == type and held is not None and (quoted is None or quantity(held) == quoted):
            path = f'{row.path(field)}["{resource}"]' if "." in resource else f"{row.path(field)}.{resource}"
            return entity, Proof(entity, path, str(held), None, entity.pointer)
    return None


def limits(owner: Entity) -> Iterator[tuple[Entity, Row]]:
    """The LimitRanges of an object's namespace, each with one of its limits."""
    for entity in owner.graph.all("LimitRange"):
        if entity.namespace == owner.namespace:
            for row in entity.rows(Limit):
                yield entity, row


def amounts(text: str) -> dict[str, str]:
    """`requests.cpu=1,pods=3` as a map."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() and value.strip()}


def written(amount: float, like: str) -> str:
    """A quantity written in the unit of another: millicores, Mi, or a plain number; rounded up."""
    if like.endswith("m") or (like.isdigit() and amount != int(amount)):
        return f"{-(-amount * 1000 // 1):.0f}m"
    for unit, size in (("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30), ("Ti", 2**40)):
        if like.endswith(unit):
            return f"{-(-amount // size):.0f}{unit}"
    return f"{-(-amount // 1):.0f}"
