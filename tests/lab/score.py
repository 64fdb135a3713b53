"""`lab score`: how answers do on the incidents, against the truth, and against what needs no thought.

The floors are answers that any script could give: an unhealthy object drawn at random; the object of the loudest
event; the worst pod with its waiting message copied. All are judged as vigie is, on the same incidents.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests import incidents as recorded
from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.model.answer import Answer
from vigie.questions.sickness import Sickness

MODES = ("live", "recorded", "replayed")
SHARES = ("top1", "top3", "classed", "blamed")
COUNTS = ("faults", *SHARES, "extra", "controls", "alarms")
SCORES = Path(__file__).resolve().parent / "scores.json"
WAITING = {
    "CrashLoopBackOff": "crash-exit",
    "Error": "crash-exit",
    "OOMKilled": "oom-limit",
    "ImagePullBackOff": "image-not-found",
    "ErrImagePull": "image-not-found",
    "InvalidImageName": "image-name-invalid",
    "ErrImageNeverPull": "image-absent-never-pulled",
    "CreateContainerConfigError": "config-missing",
    "RunContainerError": "command-not-found",
    "Unschedulable": "unschedulable-cpu",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one answer did on one incident. `named` are its causes, `wanted` the true ones, as class and object."""

    name: str
    fault: bool
    right: bool
    top1: bool
    top3: bool
    classed: bool
    blamed: bool
    extra: int
    wanted: tuple[str, ...]
    named: tuple[str, ...]

    @classmethod
    def of(cls, incident: recorded.Incident, answer: Answer) -> "Outcome":
        """Judge *answer*: right is every true cause and no other, or silence where nothing is broken."""
        verdict = recorded.judge(incident, answer)
        # `unknown` names what is unwell and blames nobody.
        first = next((recorded.spell(cause) for cause in answer.causes if cause.name != "unknown"), "")
        return cls(
            name=incident.name,
            fault=bool(incident.truths),
            right=verdict.top1 and verdict.classed and verdict.complete and not verdict.extra,
            top1=verdict.top1,
            top3=verdict.top3,
            classed=verdict.classed,
            blamed=first in incident.innocent,
            extra=len(verdict.extra),
            wanted=tuple(f"{truth.name} {truth.entity}" for truth in incident.truths),
            named=tuple(f"{cause.name} {recorded.spell(cause)}" for cause in answer.causes),
        )

    def miss(self) -> str:
        """What was wanted and what was named, for a person."""
        wanted, named = ("; ".join(names) or "nothing" for names in (self.wanted, self.named))
        return f"{self.name}: wanted {wanted}, got {named}"


@dataclass(slots=True)
class Tally:
    """What one answerer scored. Shares are exact: a random answer counts with its probability."""

    name: str
    faults: int = 0
    top1: Fraction = Fraction(0)
    top3: Fraction = Fraction(0)
    classed: Fraction = Fraction(0)
    blamed: Fraction = Fraction(0)
    extra: int = 0
    controls: int = 0
    alarms: int = 0
    asked_class: bool = True

    def row(self) -> str:
        """The line of a Markdown table."""

        def share(value: Fraction) -> str:
            return f"{float(100 * value / self.faults):.0f} %" if self.faults else "-"

        classed = share(self.classed) if self.asked_class else "-"
        blamed = f"{float(self.blamed):.0f}" if self.blamed.denominator == 1 else f"{float(self.blamed):.1f}"
        alarms = f"{self.alarms} of {self.controls}"
        cells = (self.name, share(self.top1), share(self.top3), classed, blamed, str(self.extra), alarms)
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| answerer | top-1 | top-3 | class | innocents first | extra causes | false alarms |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def vigie(outcomes: Iterable[Outcome], mode: str) -> Tally:
    """Add up how vigie did in one mode."""
    tally = Tally(f"vigie, {mode}")
    for outcome in outcomes:
        if not outcome.fault:
            tally.controls += 1
            tally.alarms += bool(outcome.named)
            continue
        tally.faults += 1
        tally.top1 += int(outcome.top1)
        tally.top3 += int(outcome.top3)
        tally.classed += int(outcome.classed)
        tally.blamed += int(outcome.blamed)
        tally.extra += outcome.extra
    return tally


def _spell(entity: Entity) -> str:
    return f"{entity.kind}/{entity.namespace}/{entity.name}"


def _count(tally: Tally, incident: recorded.Incident, guesses: list[tuple[str, str, Fraction]]) -> None:
    """Count guesses (object, class, probability) at the one place that such an answer has."""
    if not incident.truths:
        tally.controls += 1
        tally.alarms += bool(guesses)
        return
    tally.faults += 1
    for entity, cause, chance in guesses:
        right = [t for t in incident.truths if entity in (t.entity, *(e for _, e in t.also))]
        tally.top1 += chance * bool(right)
        tally.top3 += chance * bool(right)
        tally.classed += chance * any((cause, entity) in ((t.name, t.entity), *t.also) for t in incident.truths)
        tally.blamed += chance * (entity in incident.innocent)


def floors(incidents: Iterable[recorded.Incident]) -> list[Tally]:
    """What a random choice, the loudest event and the copied waiting message score."""
    random = Tally("an unhealthy object at random", asked_class=False)
    loudest = Tally("object of the loudest event", asked_class=False)
    copied = Tally("worst pod, its waiting message copied")
    for incident in incidents:
        graph = recorded.read(incident)
        sick = sorted({_spell(e) for e in Sickness.of(graph)})
        _count(random, incident, [(name, "", Fraction(1, len(sick))) for name in sick])
        _count(loudest, incident, _loudest(graph))
        _count(copied, incident, _copied(graph))
    return [random, loudest, copied]


def _loudest(graph: Graph) -> list[tuple[str, str, Fraction]]:
    counts: Counter[str] = Counter()
    for event in graph.all("Event"):
        body = event.body
        about = body.get("involvedObject") or {}
        if body.get("type") == "Warning":
            entity = graph.get(about.get("kind", "Pod"), about.get("namespace") or "", about.get("name", ""))
            counts[_spell(entity.holder)] += int(body.get("count") or 1)
    if not counts:
        return []
    best = min(counts, key=lambda name: (-counts[name], name))
    return [(best, "", Fraction(1))]


def _copied(graph: Graph) -> list[tuple[str, str, Fraction]]:
    found: list[tuple[int, str, str]] = []
    for pod in graph.all("Pod"):
        status = pod.body.get("status") or {}
        if status.get("phase") == "Succeeded":
            continue
        reason, restarts = "", 0
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            state = container.get("state") or {}
            said = (state.get("waiting") or state.get("terminated") or {}).get("reason") or ""
            if said in WAITING:
                reason, restarts = said, int(container.get("restartCount") or 0)
        for condition in status.get("conditions") or ():
            if condition.get("reason") == "Unschedulable":
                reason = "Unschedulable"
        if reason:
            found.append((-restarts, _spell(pod.holder), WAITING[reason]))
    return [(entity, cause, Fraction(1)) for _, entity, cause in sorted(found)[:1]]


def table(rows: Iterable[str], incidents: Sequence[recorded.Incident]) -> str:
    """One table on *incidents*: *rows* of vigie's, and the floors."""
    faults = sum(1 for incident in incidents if incident.truths)
    lead = f"{faults} incidents and {len(incidents) - faults} healthy controls, Kubernetes 1.36"
    return "\n".join([lead, "", HEAD, *rows, *(floor.row() for floor in floors(incidents))])


def remember(tally: Tally, mode: str, chosen: str, path: Path = SCORES) -> list[str]:
    """Keep the counts of one mode on one set of incidents in *path*; returns the rows of all modes kept of that set.

    A mode that was scored on another number of incidents is dropped: such rows must not stand in one table.
    """
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    ours = {name: int(getattr(tally, name)) for name in COUNTS}
    modes = kept.get(chosen, {}) | {mode: {"date": datetime.now(UTC).date().isoformat()} | ours}
    kept[chosen] = {
        mode: counts for mode, counts in modes.items() if all(counts[n] == ours[n] for n in ("faults", "controls"))
    }
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")
    return [_recalled(mode, kept[chosen][mode]).row() for mode in MODES if mode in kept[chosen]]


def _recalled(mode: str, counts: dict[str, Any]) -> Tally:
    tally = Tally(f"vigie, {mode}")
    for name in COUNTS:
        setattr(tally, name, Fraction(counts[name]) if name in SHARES else counts[name])
    return tally


def write(text: str, path: Path, name: str) -> None:
    """Put a table between its marks in a page."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page = path.read_text("utf-8")
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{start}\n{text}\n{end}{after}", "utf-8")
