"""vigie asked about many incidents, some at a time: live, of a recording, or of a recording replayed.

Live and replayed, each incident has an instance of its own. That an instance does not start, or that a scenario does
not come to burn, is a failure of the lab's and no answer of vigie's: it is tried once more, and then reported.
"""

import hashlib
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests import incidents as recorded
from tests.lab import life, record, replay, scenario
from tests.lab.errors import LabError
from tests.lab.instance import Instance
from tests.lab.score import Outcome
from vigie import pipeline
from vigie.model.answer import Answer
from vigie.views import plain

ATTEMPTS = 2
LONGEST_NAME = 30


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one incident after *seconds*: an outcome, or the failure that left none."""

    name: str
    seconds: float
    outcome: Outcome | None
    failure: str = ""

    def line(self) -> str:
        """The progress line."""
        said = "FAILED" if self.outcome is None else "right" if self.outcome.right else "WRONG"
        return f"{self.name}: {said}, {self.seconds:.0f} s"


def place(mode: str, name: str) -> str:
    """The instance for incident *name*: never the same for two, and short enough."""
    whole = f"{mode}-{name}"
    if len(whole) <= LONGEST_NAME:
        return whole
    return f"{whole[: LONGEST_NAME - 9].rstrip('-')}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


class Asking:
    """One run. `keep` is a folder for what wrong answers were given on; none if it is None."""

    def __init__(self, mode: str, keep: Path | None = None) -> None:
        self.mode, self.keep = mode, keep
        self.stopped = False
        self._starting: dict[str, threading.Lock] = {}

    def all(self, incidents: Sequence[recorded.Incident], jobs: int, show: Callable[[Result], None]) -> list[Result]:
        """Ask about *incidents*, *jobs* at a time; *show* is told each result as it comes. Returned in their order.

        An interrupt takes down the instances of this run, and goes on its way.
        """
        pipeline.schema()  # made once, before the threads want it
        waiting: queue.SimpleQueue[recorded.Incident] = queue.SimpleQueue()
        ended: queue.SimpleQueue[Result] = queue.SimpleQueue()
        for incident in incidents:
            waiting.put(incident)
        # Daemons: after an interrupt nobody waits for a scenario to end that has lost its cluster.
        for _ in range(jobs):
            threading.Thread(target=self._work, args=(waiting, ended), daemon=True).start()
        found: dict[str, Result] = {}
        try:
            for _ in incidents:
                result = ended.get()
                found[result.name] = result
                show(result)
        except BaseException:
            self.stop()
            raise
        return [found[incident.name] for incident in incidents]

    def stop(self) -> None:
        """Start nothing more, and take down what this run has started."""
        self.stopped = True
        for name, starting in list(self._starting.items()):
            with starting:
                life.down(name)

    def _work(self, waiting: "queue.SimpleQueue[recorded.Incident]", ended: "queue.SimpleQueue[Result]") -> None:
        while not self.stopped:
            try:
                incident = waiting.get_nowait()
            except queue.Empty:
                return
            ended.put(self.one(incident))

    def one(self, incident: recorded.Incident) -> Result:
        """Ask about *incident*; a failure is tried once more."""
        begun = time.monotonic()
        failure = ""
        for _ in range(ATTEMPTS):
            try:
                outcome = self.attempt(incident)
                return Result(incident.name, time.monotonic() - begun, outcome)
            except LabError as error:
                failure = f"{incident.name}: {error}"
            except Exception:  # a defect, of the lab or of vigie: the other incidents go on, and the exit code tells
                failure = f"{incident.name}: {traceback.format_exc()}"
            if self.stopped:
                break
        return Result(incident.name, time.monotonic() - begun, None, failure)

    def attempt(self, incident: recorded.Incident) -> Outcome:
        """Ask once. Raises LabError if there is no cluster to ask, VigieError if vigie cannot read it."""
        if self.mode == "recorded":
            return self._judged(incident, recorded.by_vigie(incident), incident.evidence.read_bytes)
        with (self._live if self.mode == "live" else self._replayed)(incident) as instance:
            cluster = {"kubeconfig": str(instance.kubeconfig)}
            # A replayed cluster's clock has gone on since the incident.
            as_of = recorded.read(incident).as_of if self.mode == "replayed" else None
            answer = pipeline.ask(pipeline.read_any((), cluster=cluster, as_of=as_of))
            return self._judged(incident, answer, lambda: record.pack(record.read(instance.kubeconfig)))

    @contextmanager
    def _live(self, incident: recorded.Incident) -> Iterator[Instance]:
        """The cluster in which the scenario burns."""
        found = scenario.load(incident.name)
        needs = found.needs

        def start(name: str) -> Instance:
            return life.up(name, needs["nodes"], needs["kwok"], needs["version"], say=lambda _: None)

        with self._instance(incident, start) as instance:
            scenario.play(instance, found)
            yield instance

    @contextmanager
    def _replayed(self, incident: recorded.Incident) -> Iterator[Instance]:
        """The cluster that serves the recording."""
        with self._instance(
            incident, lambda name: replay.start(incident.evidence, name, say=lambda _: None)
        ) as instance:
            yield instance

    @contextmanager
    def _instance(self, incident: recorded.Incident, start: Callable[[str], Instance]) -> Iterator[Instance]:
        name = place(self.mode, incident.name)
        starting = self._starting.setdefault(name, threading.Lock())
        try:
            with starting:
                if self.stopped:
                    raise LabError("stopped")
                life.down(name)
                instance = start(name)
            yield instance
        finally:
            life.down(name)

    def _judged(self, incident: recorded.Incident, answer: Answer, evidence: Callable[[], bytes]) -> Outcome:
        outcome = Outcome.of(incident, answer)
        if self.keep is not None and not outcome.right:
            folder = self.keep / incident.name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "evidence.tar.gz").write_bytes(evidence())
            (folder / "answer.json").write_bytes(msgspec.json.format(msgspec.json.encode(plain.answer(answer))))
            (folder / "truth.yaml").write_bytes((incident.path / "truth.yaml").read_bytes())
        return outcome


def recall(path: Path) -> dict[str, Outcome]:
    """Outcomes by name that earlier runs added to *path*; the last of a name counts."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {outcome.name: outcome for outcome in (msgspec.json.decode(line, type=Outcome) for line in lines)}


def add(path: Path, outcome: Outcome) -> None:
    """Add *outcome* to the file of outcomes at *path*."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(outcome) + b"\n")
