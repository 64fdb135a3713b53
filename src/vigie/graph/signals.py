"""Signals of one entity: its conditions, columns and events held against the declared symptoms."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vigie.graph import clock
from vigie.model.kind import Key, Rows
from vigie.model.signal import Signal
from vigie.model.symptom import Symptom

if TYPE_CHECKING:
    from vigie.graph.entity import Entity
    from vigie.graph.graph import Graph
    from vigie.graph.schema import Schema

_COMBINED = "(combined from similar events): "


class Index:
    """The symptoms of a schema by where they are looked for."""

    def __init__(self, schema: "Schema") -> None:
        self.conditions: dict[str, list[tuple[Key | None, Symptom]]] = {}
        self.events: dict[str, list[tuple[Key | None, Symptom]]] = {}
        self.columns: dict[Key, list[Symptom]] = {}
        for symptom in schema.symptoms:
            on = None if symptom.on == "*" else schema.resolve(symptom.on)
            if symptom.where == "condition":
                for type in symptom.types:
                    self.conditions.setdefault(type, []).append((on, symptom))
            elif symptom.where == "event":
                for reason in symptom.reasons:
                    self.events.setdefault(reason, []).append((on, symptom))
            elif on is not None:
                self.columns.setdefault(on, []).append(symptom)


@lru_cache(maxsize=8)
def index(schema: "Schema") -> Index:
    """The index of one schema, made once."""
    return Index(schema)


def of(entity: "Entity") -> tuple[Signal, ...]:
    """All signals of an entity, oldest first, then by name, part and text."""
    found = [*_conditions(entity), *_columns(entity), *_events(entity)]
    found.sort(key=lambda s: (s.time if s.time is not None else clock.MISSING, s.name, s.part, s.text))
    return tuple(found)


def _match(symptom: Symptom, text: str) -> dict[str, str] | None:
    if symptom.pattern is None:
        return {}
    hit = symptom.pattern.search(text)
    return None if hit is None else {k: v for k, v in hit.groupdict().items() if v is not None}


def _names(symptom: Symptom, roles: dict[str, str]) -> dict[str, str]:
    return {role: kind for role, kind in symptom.names.items() if role in roles}


def _conditions(entity: "Entity") -> Iterator[Signal]:
    if entity.stale:
        return
    known = index(entity.graph.schema).conditions
    for condition in entity.conditions:
        for on, symptom in known.get(condition.type, ()):
            if on is not None and on != entity.key:
                continue
            if condition.status not in symptom.statuses:
                continue
            if symptom.reasons and condition.reason not in symptom.reasons:
                continue
            roles = _match(symptom, condition.message)
            if roles is not None:
                yield Signal(
                    symptom.signal, entity, condition.message or condition.reason,
                    f"status.conditions[{condition.index}].message" if condition.message
                    else f"status.conditions[{condition.index}].reason",
                    condition.message or condition.reason, condition.since, entity.pointer,
                    first=condition.since, broken=symptom.broken, roles=roles, names=_names(symptom, roles),
                )  # fmt: skip


def _columns(entity: "Entity") -> Iterator[Signal]:
    for symptom in index(entity.graph.schema).columns.get(entity.key, ()):
        field = symptom.column
        assert field is not None
        owner = field.owner
        if isinstance(owner, type) and issubclass(owner, Rows):
            for row in entity.rows(owner):
                yield from _column(symptom, entity, row)
        else:
            yield from _column(symptom, entity, entity)


def _column(symptom: Symptom, entity: "Entity", holder: Any) -> Iterator[Signal]:
    assert symptom.column is not None
    value = holder[symptom.column]
    if value is None or (symptom.values and value not in symptom.values):
        return
    if symptom.above is not None and not value > symptom.above:
        return
    text = str((holder[symptom.message] if symptom.message else None) or value)
    roles = _match(symptom, text)
    if roles is None:
        return
    part = str((holder[symptom.part] if symptom.part else None) or "")
    when = holder[symptom.at] if symptom.at else None
    path = symptom.column.path.partition(" | ")[0] if holder is entity else holder.path(symptom.column)
    shown = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    yield Signal(
        symptom.signal, entity, text, path, shown if not symptom.message else text, when, entity.pointer,
        part=part, first=when, broken=symptom.broken, roles=roles, names=_names(symptom, roles),
    )  # fmt: skip


_PART = re.compile(r"spec\.\w+\{([^}]+)\}")


def _events(entity: "Entity") -> Iterator[Signal]:
    for event in events_about(entity):
        yield from event_signals(entity, event)


def events_about(entity: "Entity") -> list["Entity"]:
    """The events about an entity; none about a namesake of another uid."""
    out: list[Entity] = []
    for system in entity.graph.schema.systems:
        if system.events is not None:
            out += [edge.source for edge in entity.into(system.events.about)]
    return out


def event_signals(entity: "Entity", event: "Entity") -> Iterator[Signal]:
    """What one event says about an entity."""
    graph: Graph = entity.graph
    declared = next(s.events for s in graph.schema.systems if s.events is not None and s.events.kind.key == event.key)
    assert declared is not None
    reason = event[declared.reason] or ""
    known = index(graph.schema).events.get(reason)
    if not known:
        return
    message = (event[declared.message] or "").removeprefix(_COMBINED)
    type = event[declared.type] or ""
    for on, symptom in known:
        if (on is not None and on != entity.key) or (symptom.types and type not in symptom.types):
            continue
        roles = _match(symptom, message)
        if roles is None:
            continue
        about = next(iter(event.out(declared.about)), None)
        part = _PART.fullmatch(about.key) if about else None
        count = event[declared.count]
        last = event[declared.last]
        first = event[declared.first]
        yield Signal(
            symptom.signal, entity, message, "message", message, last if last is not None else event.created,
            event.pointer, part=part[1] if part else "", first=first if first is not None else last,
            count=int(count) if count else 1, broken=symptom.broken, roles=roles, names=_names(symptom, roles),
        )  # fmt: skip
