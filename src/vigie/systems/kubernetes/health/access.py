"""When a part of the API does not answer."""

import numpy as np

from vigie.kit import Entity, Health, Table
from vigie.systems.kubernetes import complaints
from vigie.systems.kubernetes.joins import MINUTE, Mask, since
from vigie.systems.kubernetes.kinds.access import APIService


def unanswered(table: Table) -> Mask:
    """The aggregated APIs that have not been available for a minute."""
    available = table.condition("Available")
    waited = since(available.since.data, table.as_of) > MINUTE
    return np.asarray((available.status == "False") & waited & table[APIService.service].known & table.exists, np.bool_)


def unestablished(table: Table) -> Mask:
    """The custom kinds that the API server does not serve, a minute after they were made."""
    established = table.condition("Established")
    waited = since(established.since.data, table.as_of) > MINUTE
    return np.asarray((established.status == "False") & waited & ~table.deleted.known & table.exists, np.bool_)


def _says(entity: Entity) -> str:
    condition = entity.condition("Available") or entity.condition("Established")
    return f"{condition.reason}: {condition.message}" if condition else "does not answer"


def _names(entity: Entity) -> str:
    condition = entity.condition("NamesAccepted") or entity.condition("Established")
    return f"{condition.reason}: {condition.message}" if condition else "is not served"


def _refused(pod: Entity) -> str:
    return str(complaints.refused(pod.graph)[pod][0])


REFUSED = Health(
    "Pod", complaints.complaining, _refused, "The API server does not refuse it the same right again and again."
)
API = Health("APIService", unanswered, _says, "The server behind it answers.")
KIND = Health("CustomResourceDefinition", unestablished, _names, "Its kind is served.")
