"""`vigie describe TYPE/NAME`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vigie.cli.options import Source, say, source
from vigie.model.errors import UsageError

if TYPE_CHECKING:
    from vigie.graph.entity import Entity
    from vigie.graph.graph import Graph
    from vigie.model.answer import Answer

_EDGES = 40


@click.command("describe")
@click.argument("target", metavar="TYPE/NAME")
@source
def command(source: Source, target: str) -> None:
    """Show everything that is known of one object: health, causes, relations, and what happened when."""
    from vigie import pipeline
    from vigie.views.escape import terminal

    graph = source.read()
    found = [e for e in graph.find(target) if not source.namespace or e.namespace in ("", source.namespace)]
    if not found:
        raise UsageError(f"{target} is not in the evidence", fix="`vigie get` lists what is")
    answer = pipeline.ask(graph)
    for entity in found:
        say("".join(terminal(line) + "\n" for line in _lines(graph, entity, answer)))


def _lines(graph: "Graph", entity: "Entity", answer: "Answer") -> Iterator[str]:
    from vigie.graph import clock
    from vigie.questions.select import about
    from vigie.questions.sickness import Sickness
    from vigie.views.plain import excerpt

    sick = Sickness.of(graph)
    yield str(entity)
    yield f"  Health:    {excerpt(sick.symptom(entity)) if entity in sick else 'ok'}"
    if entity.created is not None:
        yield f"  Created:   {clock.show(entity.created)} ({clock.age(graph.as_of - entity.created)} ago)"
    if entity.deleted is not None:
        yield f"  Deleting:  since {clock.show(entity.deleted)}; finalizers: {', '.join(entity.finalizers) or 'none'}"
    if entity.owner:
        yield f"  Owner:     {entity.owner}"
    if entity.holder != entity:
        yield f"  Mend in:   {entity.holder}"
    if entity.labels:
        yield "  Labels:    " + ",".join(f"{k}={v}" for k, v in sorted(entity.labels.items()))
    yield f"  Evidence:  {entity.pointer}"
    causes = about(answer, [entity]).causes
    if causes:
        yield "Causes"
        for cause in causes:
            yield f"  {cause.name} {cause.entity}: {excerpt(cause.summary)}  (vigie explain cause/{cause.id})"
    if entity.conditions:
        yield "Conditions"
        for c in entity.conditions:
            yield f"  {c.type}={c.status} {c.reason} since {clock.show(c.since) or '?'}: {excerpt(c.message)}"
    yield from _relations(graph, entity)
    yield from _timeline(entity)


def _relations(graph: "Graph", entity: "Entity") -> Iterator[str]:
    lines = []
    for name in graph.edges:
        if name == "about":
            continue
        for edge in entity.out(name):
            there = "" if edge.target.exists else " (not there)" if edge.target.exists is False else " (not read)"
            lines.append(f"  -{name}-> {edge.target}{f' key {edge.key}' if edge.key else ''}{there}")
        lines += [f"  <-{name}- {edge.source}" for edge in entity.into(name)]
    if lines:
        yield "Relations"
        yield from sorted(set(lines))[:_EDGES]
        if len(lines) > _EDGES:
            yield f"  and {len(lines) - _EDGES} more"


def _timeline(entity: "Entity") -> Iterator[str]:
    """Conditions, events and ends of containers in the order of time."""
    from vigie.graph import clock
    from vigie.graph.signals import events_about
    from vigie.views.plain import excerpt

    told: set[tuple[int, str]] = set()
    for signal in entity.signals():
        if signal.time is not None:
            part = f" [{signal.part}]" if signal.part else ""
            told.add((signal.time, f"{signal.name}{part}: {excerpt(signal.text)}"))
    for system in entity.graph.schema.systems:
        events = system.events
        for event in events_about(entity) if events else ():
            assert events is not None
            when = event[events.last] or event.created
            if when is not None:
                count = event[events.count]
                times = f" x{int(count)}" if count and count > 1 else ""
                told.add(
                    (
                        when,
                        f"event {event[events.type]} {event[events.reason]}{times}: {excerpt(event[events.message])}",
                    )
                )
    if told:
        yield "Timeline"
        for when, what in sorted(told):
            yield f"  {clock.show(when)}  {what}"
