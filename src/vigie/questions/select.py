"""The part of an answer that one asks about: one object, or one namespace."""

from collections.abc import Collection
from dataclasses import replace

from vigie.graph.entity import Entity
from vigie.model.answer import Answer, Cause


def about(answer: Answer, entities: Collection[Entity]) -> Answer:
    """The causes of which one of these objects is a victim, the root, or a step on the way."""
    wanted = {e.address for e in entities}
    return _ranked(answer, [c for c in answer.causes if wanted & _concerned(c)])


def within(answer: Answer, namespace: str) -> Answer:
    """The causes that have a victim, or their root, in a namespace; only its victims are kept."""
    kept = []
    for cause in answer.causes:
        victims = tuple(v for v in cause.victims if v.entity.namespace == namespace)
        if victims or cause.entity.namespace == namespace:
            kept.append(replace(cause, victims=victims))
    return _ranked(answer, kept)


def _concerned(cause: Cause) -> set[tuple[str, str, str, str]]:
    steps = {step.entity.address for step in cause.chain}
    return steps | {cause.entity.address} | {v.entity.address for v in cause.victims}


def _ranked(answer: Answer, causes: list[Cause]) -> Answer:
    for rank, cause in enumerate(causes, 1):
        cause.rank = rank
    members = {e for c in causes for e in _concerned(c)}
    unknown = [u for u in answer.unknown if u.entity.address in members]
    return Answer(answer.question, answer.as_of, causes, unknown, answer.checked)
