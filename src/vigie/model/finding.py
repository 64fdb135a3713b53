"""What a rule says: proofs, `found`, `leans`, and the third outcome, *unknown*."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from vigie.graph.entity import Entity

Severity = Literal["critical", "high", "medium", "low", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: which field of which entity holds which value since when, and where to open it.

    `time` is in microseconds since the epoch. `evidence` is the pointer
    `PATH[!MEMBER][#JSON-POINTER | #doc=N/POINTER | :LINE]`. `stated` is False for what vigie computed from other
    evidence instead of reading it.
    """

    entity: "Entity"
    field: str
    value: str | None
    time: int | None
    evidence: str
    stated: bool = True


class Provable(Protocol):
    """Whatever carries a proof: a signal, a log line, a computed fact."""

    def prove(self) -> Proof: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A rule's statement: `at` is the object to change, `cause` the class."""

    cause: str
    at: "Entity"
    proofs: tuple[Proof, ...]
    part: str = ""
    fix: str = ""
    command: tuple[str, ...] | None = None
    strength: float | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """One entity that stands between a subject and what it leans on: well by its state, and passing the trouble on.

    `edge` leads to the next one. A hop of which the proof is its own (its own log says that its call fails) suffers
    from the cause; another only lies on the way.
    """

    entity: "Entity"
    edge: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Leans:
    """The subject's trouble depends on `on`: if that is sick or absent, it takes the blame.

    `through` are the entities between the two, in their order; the edge is then the one to the first of them.
    """

    on: "Entity"
    edge: str
    proofs: tuple[Proof, ...]
    absent: str = ""
    through: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not decidable: `needs` names the missing evidence (`logs:Pod`), `how` the command that gets it."""

    entity: "Entity"
    needs: str
    how: str
    why: str = ""


def _proofs(given: tuple[Provable | Proof, ...]) -> tuple[Proof, ...]:
    return tuple(item if isinstance(item, Proof) else item.prove() for item in given)


def found(
    cause: str,
    at: "Entity",
    *proof: Provable | Proof,
    part: str = "",
    fix: str = "",
    command: tuple[str, ...] | None = None,
    strength: float | None = None,
    via: str = "",
) -> Found:
    """State that class `cause` at entity `at` explains the subject.

    `fix` is one imperative sentence; `command` the words of a kubectl command (quoted by the view); `strength`
    (0..1) overrides the rule's own; `via` names the relation from the subject to `at` when no edge of the graph does.
    Raises ValueError without a proof: a finding without evidence is a bug.
    """
    if not proof:
        raise ValueError(f"found({cause!r}) at {at} carries no proof")
    return Found(cause, at, _proofs(proof), part, fix, command, strength, via)


def leans(
    on: "Entity", edge: str, *proof: Provable | Proof, absent: str = "", through: tuple[Hop, ...] = ()
) -> Leans:
    """State that the subject's trouble hangs on another entity, through an edge of this type.

    A rule yields what its subject leans on before the `found` that holds when all of it is well, the likeliest first.
    `absent` is the class that is answered when the other entity is proven not to exist; `through` are healthy
    entities between the two that pass the trouble on, each with its proof.
    """
    return Leans(on, edge, _proofs(proof), absent, through)


Outcome = Found | Leans | Unknown


@dataclass(slots=True)
class Finding:
    """A `Found` of one rule on one subject, as views show it."""

    rule: str
    severity: Severity
    subject: "Entity"
    found: Found
    leans: tuple[Leans, ...] = ()
    also: list["Entity"] = field(default_factory=list)
