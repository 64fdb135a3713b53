"""Plain data: answers and findings as the maps and lists that every other view renders, redacted once."""

import shlex
from typing import Any

from vigie.graph import clock
from vigie.graph.entity import Entity, valid_name
from vigie.model.answer import Answer, Cause, Step
from vigie.model.finding import Finding, Proof, Unknown
from vigie.model.rule import Rule
from vigie.sources.redaction import redact

API = "vigie/v1"
_EXCERPT = 2000


def excerpt(value: str | None) -> str | None:
    """A text that evidence says, redacted and bounded; None stays None."""
    if value is None:
        return None
    clean = redact(value)
    return clean if len(clean) <= _EXCERPT else clean[:_EXCERPT] + "..."


def entity(of: Entity, part: str | None = None) -> dict[str, Any]:
    """The identity of an entity."""
    return {
        "cluster": "", "group": of.group, "kind": of.kind, "namespace": of.namespace, "name": of.name,
        "uid": of.uid, "part": part or None,
    }  # fmt: skip


def proof(of: Proof) -> dict[str, Any]:
    """One proof, with the entity that it speaks of."""
    return {
        "entity": entity(of.entity), "field": of.field, "value": excerpt(of.value), "time": clock.show(of.time),
        "evidence": of.evidence, "stated": of.stated,
    }  # fmt: skip


def command(words: tuple[str, ...] | None, of: Entity) -> str | None:
    """A command with every word quoted for a shell; None when a name in it could not be Kubernetes' own."""
    if not words or not valid_name(of.name) or (of.namespace and not valid_name(of.namespace)):
        return None
    return shlex.join(words)


def _step(step: Step) -> dict[str, Any]:
    found = step.proof
    return {
        "entity": entity(step.entity), "relation": step.relation, "field": found.field if found else None,
        "value": excerpt(found.value) if found else None, "time": clock.show(found.time) if found else None,
        "evidence": found.evidence if found else step.entity.pointer,
    }  # fmt: skip


def cause(of: Cause) -> dict[str, Any]:
    """One cause, in the shape that stays the same between releases."""
    change = of.change
    return {
        "rank": of.rank, "id": of.id, "score": of.score, "class": of.name, "entity": entity(of.entity, of.part),
        "summary": excerpt(of.summary),
        "fix": {"text": excerpt(of.fix or "Look at the proof and decide."), "command": command(of.command, of.entity)},
        "since": clock.show(of.since), "severity": of.severity, "rule": of.rule or None,
        "chain": [_step(step) for step in of.chain],
        "proofs": [proof(p) for p in of.proofs],
        "victims": [{"entity": entity(v.entity), "symptom": excerpt(v.symptom)} for v in of.victims],
        "change": change and {
            "entity": entity(change.entity), "what": excerpt(change.what), "time": clock.show(change.time),
            "evidence": change.evidence,
        },
    }  # fmt: skip


def unknown(of: Unknown) -> dict[str, Any]:
    """What could not be known, and how it would be."""
    return {"entity": entity(of.entity), "needs": of.needs or None, "how": of.how, "why": excerpt(of.why) or None}


def answer(of: Answer) -> dict[str, Any]:
    """A whole answer."""
    return {
        "apiVersion": API, "kind": "Answer", "question": of.question, "asOf": clock.show(of.as_of),
        "causes": [cause(c) for c in of.causes],
        "unknown": [unknown(u) for u in of.unknown],
        "healthy": {"checked": sum(of.checked.values()), "kinds": dict(of.checked)},
    }  # fmt: skip


def finding(of: Finding, rule: Rule) -> dict[str, Any]:
    """One finding of a rule."""
    return {
        "rule": of.rule, "name": rule.name, "title": rule.title, "severity": of.severity, "class": of.found.cause,
        "entity": entity(of.found.at, of.found.part), "subject": entity(of.subject),
        "subjects": 1 + len(of.also), "proofs": [proof(p) for p in of.found.proofs],
        "fix": {"text": excerpt(of.found.fix), "command": command(of.found.command, of.found.at)},
    }  # fmt: skip


def findings(of: list[Finding], rules: dict[str, Rule], unknowns: list[Unknown], as_of: int) -> dict[str, Any]:
    """All findings."""
    return {
        "apiVersion": API, "kind": "FindingList", "asOf": clock.show(as_of),
        "items": [finding(f, rules[f.rule]) for f in of],
        "unknown": [unknown(u) for u in unknowns],
    }  # fmt: skip


def name(of: dict[str, Any]) -> str:
    """`Kind/namespace/name` of an identity, with its part in brackets."""
    parts = [of["kind"], of["namespace"], of["name"]]
    text = "/".join(part for part in parts if part)
    return f"{text} [{of['part']}]" if of.get("part") else text
