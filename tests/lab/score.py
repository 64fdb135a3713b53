"""`lab score`: how answers do on the incidents, against the truth, and against what needs no thought.

The floors are answers that any script could give: an unhealthy object drawn at random; the object of the loudest
event; the worst pod with its waiting message copied. All are judged as vigie is, on the same incidents.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests import incidents as recorded
from vigie import pipeline
from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.model.answer import Answer
from vigie.questions.sickness import Sickness

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
    misses: list[str] | None = None

    def row(self) -> str:
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


def vigie(incidents: Iterable[recorded.Incident], answer: Callable[[recorded.Incident], Answer], name: str) -> Tally:
    """Judge vigie's answers."""
    tally = Tally(name, misses=[])
    assert tally.misses is not None
    for incident in incidents:
        given = answer(incident)
        verdict = recorded.judge(incident, given)
        named = [(c.name, recorded.spell(c)) for c in given.causes]
        if not incident.truths:
            tally.controls += 1
            tally.alarms += bool(given.causes)
            if given.causes:
                tally.misses.append(f"{incident.name}: healthy, and yet {named}")
            continue
        tally.faults += 1
        tally.top1 += int(verdict.top1)
        tally.top3 += int(verdict.top3)
        tally.classed += int(verdict.classed)
        tally.extra += len(verdict.extra)
        tally.blamed += int(bool(given.causes) and recorded.spell(given.causes[0]) in incident.innocent)
        if not (verdict.top1 and verdict.classed and verdict.complete) or verdict.extra:
            wanted = [(t.name, t.entity) for t in incident.truths]
            tally.misses.append(f"{incident.name}: wanted {wanted}, got {named}")
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


def replayed(incident: recorded.Incident) -> Answer:
    """The answer from a real API server that serves the recorded objects; it has no logs to serve."""
    from tests.lab import life, replay

    name = f"replay-{incident.name}"[:40]
    instance = replay.start(incident.evidence, name)
    try:
        return pipeline.ask(pipeline.read_cluster(kubeconfig=str(instance.kubeconfig)))
    finally:
        life.down(name)


def live(incident: recorded.Incident) -> Answer:
    """The answer while the scenario burns on a real cluster of its own."""
    from tests.lab import life, scenario

    name = f"live-{incident.name}"[:40]
    found = scenario.load(incident.name)
    try:
        instance = life.up(name, found.needs["nodes"], found.needs["kwok"], found.needs["version"])
        scenario.play(instance, found)
        return pipeline.ask(pipeline.read_cluster(kubeconfig=str(instance.kubeconfig)))
    finally:
        life.down(name)


def table(names: Iterable[str], mode: str, *, holdout: bool = False) -> tuple[str, list[str]]:
    """The table of one mode (recorded, replayed, live), floors included, and what was missed."""
    chosen = set(names)
    root = recorded.HOLDOUT if holdout else recorded.ROOT
    known = [i for i in recorded.incidents(root) if not chosen or i.name in chosen]
    answer = {"recorded": recorded.by_vigie, "replayed": replayed, "live": live}[mode]
    ours = vigie(known, answer, f"vigie, {mode}")
    rows = [ours.row(), *(floor.row() for floor in floors(known))]
    faults = sum(1 for i in known if i.truths)
    lead = f"{faults} incidents and {len(known) - faults} healthy controls, Kubernetes 1.36"
    return "\n".join([lead, "", HEAD, *rows]), ours.misses or []


def write(text: str, path: Path, name: str) -> None:
    """Put a table between its marks in a page."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page = path.read_text("utf-8")
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{start}\n{text}\n{end}{after}", "utf-8")
