"""Which entities are unhealthy now, and what one sees of it: decided over whole columns."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from vigie.graph import clock
from vigie.graph.columns import Column, Mask
from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.graph.signals import events_about
from vigie.graph.tables import Table
from vigie.model.finding import Proof
from vigie.model.kind import Key, Rows
from vigie.model.symptom import Symptom
from vigie.model.system import Health


class Sickness:
    """The unhealthy entities of a graph, each with the sentences that say what is seen of it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._seen: dict[Entity, list[str]] = {}
        self._tellers: dict[Entity, Entity] = {}
        self.checked: Counter[Key] = Counter()
        for entity, sentence in self._all():
            said = self._seen.setdefault(entity, [])
            if sentence and sentence not in said:
                said.append(sentence)

    @classmethod
    def of(cls, graph: Graph) -> "Sickness":
        """The sickness of a graph, decided once."""
        known = _KNOWN.get(graph)
        if known is None:
            known = _KNOWN[graph] = cls(graph)
        return known

    def __contains__(self, entity: Entity) -> bool:
        return entity in self._seen

    def __iter__(self) -> Iterator[Entity]:
        """In the order of their addresses, so that the order of the evidence does not matter."""
        return iter(sorted(self._seen, key=lambda e: e.address))

    def __len__(self) -> int:
        return len(self._seen)

    def symptom(self, entity: Entity) -> str:
        """What one sees of an unhealthy entity, in one sentence."""
        said = self._seen.get(entity)
        if said:
            return said[0]
        signals = [s for s in entity.signals() if s.broken] or entity.signals()
        return signals[-1].text if signals else "unhealthy"

    def proof(self, entity: Entity) -> Proof:
        """The evidence for what one sees of an unhealthy entity."""
        signals = entity.signals()
        chosen = [s for s in signals if s.broken] or signals
        if chosen:
            return chosen[-1].prove()
        teller = self._tellers.get(entity)
        if teller is not None:
            return Proof(entity, "message", self.symptom(entity), teller.created, teller.pointer)
        return Proof(entity, "status", self.symptom(entity), None, entity.pointer)

    def _all(self) -> Iterator[tuple[Entity, str]]:
        schema = self.graph.schema
        for health, table in self._tests():
            if health.on != "*":
                self.checked[table.key] = table.real
            mask = np.asarray(health.test(table), np.bool_)
            mask[table.real :] = False
            for row in np.flatnonzero(mask):
                entity = self.graph.entity(table.base + int(row))
                yield entity, health.says(entity)
        broken = [symptom for symptom in schema.symptoms if symptom.broken]
        for symptom in broken:
            for entity in self._met(symptom):
                yield entity, ""
        yield from self._told()

    def _tests(self) -> Iterator[tuple[Health, Table]]:
        """Every declaration of health with the tables that it is about: one, or all for `*`."""
        for health in self.graph.schema.health:
            named = self.graph.table(health.on) if health.on != "*" else None
            for table in self.graph.tables.values() if health.on == "*" else (named,):
                if table is not None and table.real:
                    yield health, table

    def _met(self, symptom: Symptom) -> Iterator[Entity]:
        """The objects for which a symptom that breaks its subject is met, before its pattern is looked at."""
        if symptom.where == "condition":
            yield from self._conditions(symptom)
        elif symptom.where == "event":
            yield from self._events(symptom)
        else:
            yield from self._columns(symptom)

    def _confirm(self, entity: Entity, symptom: Symptom) -> bool:
        return entity.read and any(s.name == symptom.signal for s in entity.signals())

    def _conditions(self, symptom: Symptom) -> Iterator[Entity]:
        columns = self.graph.conditions.columns
        mask = columns["type"].isin(*symptom.types) & columns["status"].isin(*symptom.statuses)
        if symptom.reasons:
            mask &= columns["reason"].isin(*symptom.reasons)
        for id in np.unique(self.graph.conditions.parent[mask]):
            entity = self.graph.entity(int(id))
            if (symptom.on == "*" or self.graph.schema.resolve(symptom.on) == entity.key) and self._confirm(
                entity, symptom
            ):
                yield entity

    def _columns(self, symptom: Symptom) -> Iterator[Entity]:
        table = self.graph.table(symptom.on)
        field = symptom.column
        if table is None or field is None:
            return
        owner = field.owner
        if isinstance(owner, type) and issubclass(owner, Rows):
            rows = table.rows(owner)
            mask = rows.any(_holds(rows[field], symptom))
        else:
            mask = _holds(table[field], symptom)
        mask[table.real :] = False
        for entity in self.graph.where(symptom.on, mask):
            if self._confirm(entity, symptom):
                yield entity

    def _events(self, symptom: Symptom) -> Iterator[Entity]:
        for system in self.graph.schema.systems:
            declared = system.events
            table = self.graph.table(declared.kind) if declared else None
            if declared is None or table is None:
                continue
            edges = self.graph.edges.get(declared.about)
            rows = np.flatnonzero(table[declared.reason].isin(*symptom.reasons)) + table.base
            if edges is None or not len(rows):
                continue
            for id in np.unique(edges.target[np.isin(edges.source, rows)]):
                entity = self.graph.entity(int(id))
                if self._confirm(entity, symptom):
                    yield entity

    def _told(self) -> Iterator[tuple[Entity, str]]:
        """Objects known from events alone, whose kind nobody listed: their last event decides, if it means anything.

        Warnings that no system declares a symptom for are the noise of every cluster.
        """
        for system in self.graph.schema.systems:
            declared = system.events
            table = self.graph.table(declared.kind) if declared else None
            edges = self.graph.edges.get(declared.about) if declared else None
            if declared is None or table is None or edges is None:
                continue
            warned = table[declared.type].isin("Warning")
            rows = np.isin(edges.source, np.flatnonzero(warned) + table.base)
            for id in np.unique(edges.target[rows & self._unread(edges.target)]):
                entity = self.graph.entity(int(id))
                if entity.exists is None and entity.signals():
                    said = self._last_warning(entity, declared)
                    if said:
                        yield entity, said

    def _unread(self, ids: Any) -> Mask:
        """Which of these entities were not read themselves."""
        read = np.zeros(len(self.graph), np.bool_)
        for table in self.graph.tables.values():
            read[table.base : table.base + table.real] = True
        return np.asarray(~read[ids])

    def _last_warning(self, entity: Entity, declared: Any) -> str:
        def when(event: Entity) -> int:
            last = event[declared.last]
            return last if last is not None else event.created or clock.MISSING

        events = sorted(events_about(entity), key=lambda e: (when(e), e[declared.type] == "Warning", e.name))
        last = events[-1]
        self._tellers[entity] = last
        return str(last[declared.message] or last[declared.reason]) if last[declared.type] == "Warning" else ""


_KNOWN: WeakKeyDictionary[Graph, Sickness] = WeakKeyDictionary()


def _holds(column: Column, symptom: Symptom) -> Mask:
    mask = column.isin(*symptom.values) if symptom.values else column.known
    if symptom.above is not None:
        mask = mask & (column.numbers(-np.inf) > symptom.above)
    return np.asarray(mask)
