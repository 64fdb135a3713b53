"""Findings: what every rule found, one for each class and entity, for `check` and the reports made from it."""

from collections.abc import Collection

from vigie.graph.graph import Graph
from vigie.model.finding import SEVERITIES, Finding, Unknown
from vigie.model.rule import Rule
from vigie.questions.runner import run
from vigie.questions.sickness import Sickness


def ask(graph: Graph, rules: Collection[Rule]) -> tuple[list[Finding], list[Unknown]]:
    """Every finding, the most severe first, then by rule and entity, and what could not be decided.

    One rule, class and entity is one finding, whatever the number of its subjects.
    """
    outcomes = run(graph, Sickness.of(graph), rules)
    merged: dict[object, Finding] = {}
    for subject in sorted(outcomes.hypotheses, key=lambda e: e.address):
        for hypothesis in outcomes.hypotheses[subject]:
            found = hypothesis.found
            if found is None:
                continue
            key = (hypothesis.rule.id, found.cause, found.at.address, found.part)
            known = merged.get(key)
            if known is None:
                merged[key] = Finding(hypothesis.rule.id, hypothesis.rule.severity, subject, found, hypothesis.leans)
            else:
                known.also.append(subject)
    ordered = sorted(
        merged.values(),
        key=lambda f: (SEVERITIES.index(f.severity), f.rule, f.found.at.address, f.found.cause, f.found.part),
    )
    unexplained = (u for entity, u in outcomes.unknown.items() if entity not in outcomes.hypotheses)
    return ordered, [unknown for unknowns in unexplained for unknown in unknowns]
