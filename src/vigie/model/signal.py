"""A signal: something that an entity's evidence says of its health, made from a symptom."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from typing import TYPE_CHECKING

from vigie.model.finding import Proof

if TYPE_CHECKING:
    from vigie.graph.entity import Entity


@dataclass(frozen=True, slots=True)
class Signal:
    """One statement about `entity` (and a `part` of it, such as a container).

    `text` is the message as it was written, `field` and `value` where it stands and what stands there, `time` (and
    `first`) when it was last (first) said, in microseconds since the epoch, `count` how often. `roles` are the
    pattern's named groups, `names` the kinds of those that name objects.
    """

    name: str
    entity: "Entity"
    text: str
    field: str
    value: str | None
    time: int | None
    evidence: str
    part: str = ""
    first: int | None = None
    count: int = 1
    broken: bool = False
    roles: Mapping[str, str] = _field(default_factory=dict)
    names: Mapping[str, str] = _field(default_factory=dict)

    def named(self, role: str) -> "Entity":
        """The object that the text names in this role; it need not exist. Raises KeyError for an unknown role."""
        return self.entity.near(self.names[role], self.roles[role])

    def said(self, role: str) -> str:
        """The text of a role, "" where the pattern did not meet it."""
        return self.roles.get(role, "")

    def prove(self) -> Proof:
        return Proof(self.entity, self.field, self.value, self.time, self.evidence)
