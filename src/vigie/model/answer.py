"""Answers: what is said to a question, in the shape that every view and script reads."""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vigie.model.finding import Proof, Severity, Unknown

if TYPE_CHECKING:
    from vigie.graph.entity import Entity


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain: an entity, the relation to the next one (None on the last), and the proof."""

    entity: "Entity"
    relation: str | None
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Victim:
    """An entity that suffers from a cause, and what one sees of it."""

    entity: "Entity"
    symptom: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change shortly before a cause began."""

    entity: "Entity"
    what: str
    time: int | None
    evidence: str


@dataclass(slots=True)
class Cause:
    """A ranked hypothesis about one entity."""

    name: str
    entity: "Entity"
    part: str
    score: float
    severity: Severity
    rule: str
    summary: str
    fix: str
    command: tuple[str, ...] | None
    since: int | None
    stated: bool
    proofs: tuple[Proof, ...]
    chain: tuple[Step, ...]
    victims: tuple[Victim, ...]
    change: Change | None = None
    rank: int = 0

    @property
    def id(self) -> str:
        """Twelve hex digits that stay the same over time and reading order."""
        e = self.entity
        key = "\0".join((self.name, "", e.group, e.kind, e.namespace, e.name, self.part))
        return hashlib.sha256(key.encode()).hexdigest()[:12]


@dataclass(slots=True)
class Answer:
    """The answer to `broken`: ranked causes, what is unknown, and what was looked at and is well."""

    question: str
    as_of: int
    causes: list[Cause] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
