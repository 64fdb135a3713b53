"""Suppressions: what a person decided to live with, with a reason, and until when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from vigie.graph.entity import Entity
from vigie.model.answer import Answer
from vigie.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Suppression:
    """One decision. `rule` is a rule's id or name, or a class; `object` a glob over `Kind/namespace/name`.

    `expires` is in microseconds since the epoch; from then on the decision no longer holds.
    """

    rule: str
    object: str
    reason: str
    expires: int | None = None

    def covers(self, names: Collection[str], entity: Entity) -> bool:
        return self.rule in names and fnmatchcase(str(entity), self.object)


class Suppressions:
    """All decisions that hold at a time, and what each of them hid."""

    def __init__(
        self, given: Iterable[Suppression], as_of: int, names: dict[str, str], baseline: Collection[str] = ()
    ) -> None:
        every = list(given)
        self.active = [s for s in every if s.expires is None or s.expires > as_of]
        self.expired = [s for s in every if s.expires is not None and s.expires <= as_of]
        self.hidden: list[tuple[str, str]] = []
        self._names = names
        self._baseline = frozenset(baseline)

    def why(self, rule: str, cause: str, entity: Entity, fingerprint: str) -> str | None:
        """The reason for which something is hidden, None where it is not."""
        names = {rule, self._names.get(rule, ""), cause}
        for suppression in self.active:
            if suppression.covers(names, entity):
                return suppression.reason
        for held in (entity, entity.holder):
            annotated, _, reason = held.ignored.partition(" ")
            if annotated and annotated in names and reason.strip():
                return reason.strip()
        return "in the baseline" if fingerprint in self._baseline else None

    def apply_to_answer(self, answer: Answer) -> None:
        """Take the suppressed causes out of an answer and rank the rest again."""
        kept = []
        for cause in answer.causes:
            reason = self.why(cause.rule, cause.name, cause.entity, cause.id)
            if reason is None:
                kept.append(cause)
            else:
                self.hidden.append((f"{cause.name} {cause.entity}", reason))
        for rank, cause in enumerate(kept, 1):
            cause.rank = rank
        answer.causes = kept

    def apply_to_findings(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that nobody decided to live with."""
        kept = []
        for finding in findings:
            found = finding.found
            reason = self.why(finding.rule, found.cause, found.at, fingerprint(finding))
            if reason is None:
                kept.append(finding)
            else:
                self.hidden.append((f"{finding.rule} {found.cause} {found.at}", reason))
        return kept


def fingerprint(finding: Finding) -> str:
    """A finding's identity: rule, class, entity and part; no time and no uid."""
    return "|".join((finding.rule, finding.found.cause, str(finding.found.at), finding.found.part))
