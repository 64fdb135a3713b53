"""The runner: each rule on each of its subjects, with three outcomes - found, clear, unknown."""

import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.model.errors import DeclarationError
from vigie.model.finding import Found, Leans, Outcome, Unknown
from vigie.model.rule import Rule
from vigie.questions.sickness import Sickness

FAILED = "rule:"
"""Starts the need of an unknown that a failing rule left."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One statement of one rule: why its subject is unwell, and on what that hangs."""

    rule: Rule
    subject: Entity
    found: Found | None
    leans: tuple[Leans, ...]

    @property
    def strength(self) -> float:
        if self.found is not None and self.found.strength is not None:
            return self.found.strength
        return self.rule.strength

    @property
    def part(self) -> str:
        return self.found.part if self.found is not None else ""


@dataclass(slots=True)
class Outcomes:
    """What the rules said: by subject, and what they could not say."""

    hypotheses: dict[Entity, list[Hypothesis]] = field(default_factory=dict)
    unknown: dict[Entity, list[Unknown]] = field(default_factory=dict)
    ran: int = 0


def run(graph: Graph, sick: Sickness, rules: Collection[Rule]) -> Outcomes:
    """Run rules over a graph; the order of rules and subjects does not depend on the order of the evidence."""
    out = Outcomes()
    by_signal = _carriers(sick)
    for rule in sorted(rules, key=lambda r: r.id):
        for subject, alike in _subjects(rule, graph, by_signal):
            _one(rule, subject, alike, graph, out)
    return out


def _carriers(sick: Sickness) -> dict[str, list[Entity]]:
    out: dict[str, list[Entity]] = {}
    for entity in sick:
        for name in sorted({signal.name for signal in entity.signals()}):
            out.setdefault(name, []).append(entity)
    return out


def _subjects(rule: Rule, graph: Graph, by_signal: dict[str, list[Entity]]) -> Iterator[tuple[Entity, list[Entity]]]:
    """The subjects of a rule, each with those that are like it and need not be asked again."""
    found: dict[Entity, None] = {}
    key = None if rule.on == "*" else graph.schema.resolve(rule.on)
    if rule.signals:
        for name in rule.signals:
            for entity in by_signal.get(name, ()):
                if key is None or entity.key == key:
                    found[entity] = None
    if rule.where is not None:
        for table in graph.tables.values() if key is None else filter(None, (graph.tables.get(key),)):
            mask = np.asarray(rule.where(table), np.bool_).copy()
            mask[table.real :] = False
            found.update((graph.entity(table.base + int(row)), None) for row in np.flatnonzero(mask))
    if not rule.signals and rule.where is None:
        found.update((entity, None) for entity in graph.all(rule.on))
    subjects = sorted(found, key=lambda e: e.address)
    if rule.per != "template":
        yield from ((subject, []) for subject in subjects)
        return
    groups: dict[object, list[Entity]] = {}
    for subject in subjects:
        groups.setdefault(_template(subject, rule), []).append(subject)
    for group in groups.values():
        best = min(group, key=lambda e: (not any(True for _ in e.logs()), e.address))
        yield best, [entity for entity in group if entity is not best]


def _template(entity: Entity, rule: Rule) -> object:
    """What makes two pods alike to a rule: their template, and the signals that it looks at."""
    labels = entity.labels
    revision = str(labels.get("pod-template-hash") or labels.get("controller-revision-hash") or "")
    signals = tuple(sorted({(s.name, s.part) for s in entity.signals(*rule.signals)}))
    holder = entity.holder
    return (holder.address, revision, signals) if holder != entity else (entity.address, revision, signals)


def _one(rule: Rule, subject: Entity, alike: list[Entity], graph: Graph, out: Outcomes) -> None:
    out.ran += 1
    missing = _missing(rule, subject)
    if missing:
        for entity in (subject, *alike):
            out.unknown.setdefault(entity, []).append(Unknown(entity, missing, _how(missing, entity)))
        return
    leaning: list[Leans] = []
    stated: list[Hypothesis] = []
    for outcome in _outcomes(rule, subject, graph):
        if isinstance(outcome, Leans):
            leaning.append(outcome)
        elif isinstance(outcome, Found):
            if outcome.cause not in rule.causes:
                raise DeclarationError(f"{rule.id} states the class {outcome.cause!r} that it does not declare")
            stated.append(Hypothesis(rule, subject, outcome, tuple(leaning)))
        else:
            out.unknown.setdefault(outcome.entity, []).append(outcome)
    if leaning and not stated:
        stated.append(Hypothesis(rule, subject, None, tuple(leaning)))
    for hypothesis in stated:
        out.hypotheses.setdefault(subject, []).append(hypothesis)
        for entity in alike:
            out.hypotheses.setdefault(entity, []).append(Hypothesis(rule, entity, hypothesis.found, hypothesis.leans))


def _outcomes(rule: Rule, subject: Entity, graph: Graph) -> Iterator[Outcome]:
    """What a rule says of one subject. One that fails on it leaves that *unknown*, and every other answer stands."""
    try:
        yield from rule.body(subject, graph)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        why = f"the rule failed: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        yield Unknown(subject, f"{FAILED}{rule.id}", f"report this with `vigie get {subject} -o yaml`", why)


def _missing(rule: Rule, subject: Entity) -> str:
    """The evidence that a rule needs of its subject and that was not read."""
    for need in rule.needs:
        what, _, kind = need.partition(":")
        if what == "logs":
            if not any(True for _ in subject.logs()):
                return need
        elif what == "list" and not subject.graph.covers(kind, subject.namespace):
            return need
    return ""


def _how(need: str, entity: Entity) -> str:
    what, _, kind = need.partition(":")
    if what == "logs":
        return f"kubectl logs -n {entity.namespace} {entity.name} --all-containers --previous"
    return f"kubectl get {kind.lower()} -n {entity.namespace} -o json"
