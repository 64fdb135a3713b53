"""Recorded incidents: the evidence, the truth about it, and how an answer is judged against the truth.

An incident is a folder of `tests/samples/incidents`: `evidence.tar.gz`, `truth.yaml`, `SOURCE`. The truth names the
objects to change with their classes, and objects that must not be blamed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from vigie import pipeline
from vigie.graph.graph import Graph
from vigie.model.answer import Answer, Cause
from vigie.model.evidence import Evidence, Gap

ROOT = Path(__file__).parent / "samples" / "incidents"
HOLDOUT = ROOT.parent / "holdout"
Found = Iterator[Evidence | Gap]
THINNINGS = ("no-logs", "no-events", "no-previous-logs", "namespace-only")


@dataclass(frozen=True, slots=True)
class Truth:
    """One cause as it really was; `also` are other classes, or class and entity, that are right as well."""

    entity: str
    name: str
    also: tuple[tuple[str, str], ...]

    def met_by(self, cause: Cause) -> bool:
        """Whether a cause names the right object and class."""
        return (cause.name, spell(cause)) in ((self.name, self.entity), *self.also)

    def at(self, cause: Cause) -> bool:
        """Whether a cause names the right object."""
        return spell(cause) in (self.entity, *(entity for _, entity in self.also))


@dataclass(slots=True)
class Incident:
    """One recording with its truth; a healthy control has no causes."""

    name: str
    path: Path
    truths: list[Truth]
    innocent: list[str]
    thinned: dict[str, str] = field(default_factory=dict)

    @property
    def evidence(self) -> Path:
        return self.path / "evidence.tar.gz"


def spell(cause: Cause) -> str:
    entity = cause.entity
    return f"{entity.kind}/{entity.namespace}/{entity.name}"


def incidents(root: Path = ROOT) -> list[Incident]:
    """Every recording, by name."""
    return [load(path.parent) for path in sorted(root.glob("*/truth.yaml"))]


def load(path: Path) -> Incident:
    """One recording."""
    said = yaml.safe_load((path / "truth.yaml").read_text("utf-8")) or {}
    truths = [truth(entry) for entry in said.get("causes") or ()]
    return Incident(path.name, path, truths, list(said.get("innocent") or ()), dict(said.get("thinned") or {}))


def truth(entry: dict[str, Any]) -> Truth:
    """One cause of a truth file."""
    also = []
    for other in entry.get("also") or ():
        if isinstance(other, dict):
            also.append((other.get("class", entry["class"]), other.get("entity", entry["entity"])))
        else:
            also.append((other, entry["entity"]))
    return Truth(entry["entity"], entry["class"], tuple(also))


def thin(found: Found, how: str, namespaces: set[str]) -> Found:
    """Evidence as it is after an hour, or as somebody with fewer rights would have collected it."""
    for item in found:
        path = item.origin.rpartition("!")[2]
        if how == "no-logs" and path.startswith("logs/"):
            continue
        if how == "no-previous-logs" and path.endswith(".previous.log"):
            continue
        if how == "no-events" and path.endswith("/events.json"):
            continue
        if how == "namespace-only" and isinstance(item, Evidence):
            yield from narrow(item, path, namespaces)
            continue
        yield item


def narrow(item: Evidence, path: str, namespaces: set[str]) -> Iterator[Evidence]:
    """What one document holds of some namespaces, a list for each; nothing of what is cluster-scoped."""
    if path.startswith("logs/"):
        if path.split("/")[1] in namespaces:
            yield item
        return
    with item.open() as stream:
        said = msgspec.json.decode(stream.read())
    items = said.get("items") or () if isinstance(said, dict) else ()  # what could not be read is told as an array
    api, _, plural = path.rpartition("/")
    if not items or any(not o.get("metadata", {}).get("namespace") for o in items):
        return
    for namespace in sorted(namespaces):
        own = [o for o in items if o["metadata"]["namespace"] == namespace]
        yield Evidence.of(f"{api}/namespaces/{namespace}/{plural}", msgspec.json.encode({**said, "items": own}), "json")


def namespaces(incident: Incident) -> set[str]:
    """The namespaces that a person would look at: those of the causes and of the innocent."""
    named = [t.entity for t in incident.truths] + incident.innocent
    return {name.split("/")[1] for name in named if name.count("/") == 2 and name.split("/")[1]} - {"kube-system"}


def read(incident: Incident, how: str = "") -> Graph:
    """The graph of a recording, thinned or whole."""
    found = pipeline.sources([str(incident.evidence)])
    return pipeline.read_all(thin(found, how, namespaces(incident)) if how else found)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer does against the truth. `extra` are causes that are not true, `blamed` innocents among them."""

    top1: bool
    top3: bool
    classed: bool
    complete: bool
    extra: tuple[str, ...]
    blamed: tuple[str, ...]


def judge(incident: Incident, answer: Answer) -> Verdict:
    """Compare the ranked causes with the truth."""
    causes = [c for c in answer.causes if c.name != "unknown"]
    extra = tuple(f"{c.name} {spell(c)}" for c in causes if not any(t.met_by(c) for t in incident.truths))
    blamed = tuple(spell(c) for c in causes if spell(c) in incident.innocent)
    if not incident.truths:
        quiet = not answer.causes
        return Verdict(quiet, quiet, quiet, quiet, extra, blamed)
    first = causes[:1]
    return Verdict(
        any(t.at(c) for c in first for t in incident.truths),
        any(t.at(c) for c in causes[:3] for t in incident.truths),
        any(t.met_by(c) for c in first for t in incident.truths),
        all(any(t.met_by(c) for c in causes) for t in incident.truths),
        extra,
        blamed,
    )


Answerer = Callable[[Incident], Answer]


def by_vigie(incident: Incident) -> Answer:
    """vigie's own answer."""
    return pipeline.ask(read(incident))
