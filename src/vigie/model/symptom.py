"""Symptoms: the meaning of a condition, an event, a column value, as data. A symptom that is met becomes a Signal.

A pattern's named groups are roles: `names={"secret": "Secret"}` says that the text in group `secret` names a Secret
in the namespace of the subject (`NAMESPACE/NAME` in the text overrides it), which a rule reads as
`signal.named("secret")`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vigie.model.kind import Field

Where = Literal["condition", "event", "column"]


@dataclass(frozen=True, slots=True)
class Symptom:
    """One way in which evidence states something about an entity. Made by `condition`, `event` or `column`.

    `on` is the kind of the subject in short form (`Pod`, `apps/Deployment`) or `*`. `broken` says that the signal
    alone makes its subject unhealthy; an informative signal (False) only serves rules.
    """

    signal: str
    where: Where
    on: str
    doc: str
    broken: bool = False
    reasons: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    column: Field[Any] | None = None
    values: tuple[Any, ...] = ()
    above: float | None = None
    part: Field[Any] | None = None
    message: Field[Any] | None = None
    at: Field[Any] | None = None


def _tuple(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _pattern(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern, re.DOTALL) if pattern else None


def condition(
    signal: str,
    on: str,
    type: str | tuple[str, ...],
    doc: str,
    *,
    status: str | tuple[str, ...] = "True",
    reason: str | tuple[str, ...] = (),
    pattern: str = "",
    names: Mapping[str, str] | None = None,
    broken: bool = True,
) -> Symptom:
    """A status condition of this type and status (and reason, and message pattern) is this signal."""
    return Symptom(
        signal,
        "condition",
        on,
        doc,
        broken,
        _tuple(reason),
        _tuple(type),
        _tuple(status),
        _pattern(pattern),
        names or {},
    )


def event(
    signal: str,
    on: str,
    reason: str | tuple[str, ...],
    doc: str,
    *,
    pattern: str = "",
    names: Mapping[str, str] | None = None,
    type: str | tuple[str, ...] = (),
    broken: bool = False,
) -> Symptom:
    """An event about the subject with one of these reasons (and types, and message pattern) is this signal.

    An event never makes its subject unhealthy by itself unless `broken`: it counts only while its object exists and
    is unhealthy.
    """
    return Symptom(signal, "event", on, doc, broken, _tuple(reason), _tuple(type), (), _pattern(pattern), names or {})


def column(
    signal: str,
    on: str,
    field: Field[Any],
    doc: str,
    *,
    values: tuple[Any, ...] = (),
    above: float | None = None,
    pattern: str = "",
    names: Mapping[str, str] | None = None,
    part: Field[Any] | None = None,
    message: Field[Any] | None = None,
    at: Field[Any] | None = None,
    broken: bool = True,
) -> Symptom:
    """A column of a kind, or of its rows, with one of these values (or above a number) is this signal.

    `message` is the column whose text the pattern reads and the signal shows; `part` the one that names the part
    (a container); `at` the one that holds the time.
    """
    return Symptom(
        signal, "column", on, doc, broken, (), (), (), _pattern(pattern), names or {},
        field, values, above, part, message, at,
    )  # fmt: skip
