"""Rules: one subject each, declared by a decorator, found by their system."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vigie.model.errors import DeclarationError
from vigie.model.finding import SEVERITIES, Outcome, Severity

if TYPE_CHECKING:
    from vigie.graph.entity import Entity
    from vigie.graph.graph import Graph

Body = Callable[["Entity", "Graph"], Iterator[Outcome]]
QUESTIONS = {1: "broken", 2: "exposed", 3: "next", 4: "delivered"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `where` is a predicate over whole columns: it takes the table of the kind (of each kind, for `*`) and returns a
    boolean array.
    """

    id: str
    on: str
    causes: tuple[str, ...]
    severity: Severity
    since: str
    signals: tuple[str, ...]
    where: Callable[[Any], Any] | None
    per: str
    needs: tuple[str, ...]
    strength: float
    aliases: tuple[str, ...]
    body: Body

    @property
    def name(self) -> str:
        """The rule's name: it says the problem, in hyphens."""
        return self.body.__name__.replace("_", "-")

    @property
    def question(self) -> str:
        """Which of the four questions the rule belongs to, by the thousands of its id."""
        return QUESTIONS[int(self.id[-4])]

    @property
    def doc(self) -> str:
        """The docstring: first line the problem, then why it is bad and how to fix it."""
        return inspect.cleandoc(self.body.__doc__ or "")

    @property
    def title(self) -> str:
        return self.doc.partition("\n")[0]

    @property
    def module(self) -> str:
        return self.body.__module__


def rule(
    id: str,
    *,
    on: str,
    causes: tuple[str, ...] = (),
    severity: Severity = "high",
    since: str,
    signal: str | tuple[str, ...] = (),
    where: Callable[[Any], Any] | None = None,
    per: str = "",
    needs: tuple[str, ...] = (),
    strength: float = 0.9,
    aliases: tuple[str, ...] = (),
) -> Callable[[Body], Rule]:
    """Declare a rule.

    `on` is the subject's kind in short form, or `*`. With `signal`, the body runs once for each subject that carries
    one of these signals; with `where`, for each row of the kind for which the predicate holds; with neither, for
    every object of the kind. `per="template"` runs it once per distinct pod template and generation, on the one of
    its pods that is worst off. `needs` names evidence without which the outcome is *unknown* (`logs:Pod`).
    `strength` (0..1) is how strong the rule's usual proof is. Raises DeclarationError for a malformed declaration.
    """
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,3}[1-4]\d{3}", id):
        raise DeclarationError(f"{id!r} is no rule id: a prefix in capitals, the question's digit, three digits")
    if severity not in SEVERITIES:
        raise DeclarationError(f"{id}: {severity!r} is no severity")
    signals = (signal,) if isinstance(signal, str) else signal

    def declare(body: Body) -> Rule:
        if not body.__doc__:
            raise DeclarationError(f"{id}: a rule needs a docstring that says the problem")
        return Rule(id, on, causes, severity, since, signals, where, per, needs, strength, aliases, body)

    return declare
