"""Scores add up, one table holds every mode, and a run over many incidents fails in the open."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from tests import incidents as recorded
from tests.lab import asking, kubelets, life, replay, score
from tests.lab.errors import LabError
from tests.lab.instance import Instance

PAGE = "before\n<!-- score -->\nold\n<!-- /score -->\nafter\n"


def outcome(
    name: str, *, right: bool = True, fault: bool = True, named: tuple[str, ...] = ("x A/b/c",)
) -> score.Outcome:
    return score.Outcome(name, fault, right, right, right, right, not right, int(not right), ("x A/b/c",), named)


def incident(name: str) -> recorded.Incident:
    return recorded.Incident(name, Path(name), [], [])


def test_a_tally_counts_faults_and_controls_apart() -> None:
    loud = outcome("c", right=False, fault=False)
    tally = score.vigie([outcome("a"), outcome("b", right=False), loud, outcome("d", fault=False, named=())], "live")
    assert (tally.faults, tally.top1, tally.classed, tally.blamed, tally.extra) == (2, 1, 1, 1, 1)
    assert (tally.controls, tally.alarms) == (2, 1)
    assert tally.row() == "| vigie, live | 50 % | 50 % | 50 % | 1 | 1 | 1 of 2 |"


def test_an_outcome_is_right_only_when_every_true_cause_is_named_and_no_other() -> None:
    two = recorded.load(recorded.ROOT / "two-faults")
    answer = recorded.by_vigie(two)
    assert score.Outcome.of(two, answer).right
    dropped = score.Outcome.of(two, type(answer)("broken", answer.as_of, answer.causes[:1], [], answer.checked))
    assert (dropped.top1, dropped.classed, dropped.right) == (True, True, False)
    quiet = recorded.load(recorded.ROOT / "healthy-new-pod")
    alarm = score.Outcome.of(quiet, answer)
    assert (alarm.fault, alarm.right) == (False, False)
    assert alarm.miss().startswith("healthy-new-pod: wanted nothing, got ")


def test_modes_are_kept_and_stand_in_one_table(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    tallies = {mode: score.Tally(f"vigie, {mode}", 4, Fraction(3), Fraction(4), Fraction(2)) for mode in score.MODES}
    for mode in ("replayed", "live", "recorded"):
        rows = score.remember(tallies[mode], mode, "score", path)
    assert rows == [tallies[mode].row() for mode in ("live", "recorded", "replayed")]
    again = score.Tally("vigie, live", 4, Fraction(4), Fraction(4), Fraction(4))
    assert score.remember(again, "live", "score", path)[0] == again.row()
    assert len(score.remember(again, "live", "holdout", path)) == 1
    assert json.loads(path.read_text())["score"]["recorded"]["top1"] == 3


def test_rows_of_different_sets_do_not_stand_in_one_table(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    score.remember(score.Tally("vigie, live", 4), "live", "score", path)
    rows = score.remember(score.Tally("vigie, recorded", 5), "recorded", "score", path)
    assert [row.split(" | ")[0] for row in rows] == ["| vigie, recorded"]
    assert "live" not in json.loads(path.read_text())["score"]


def test_a_table_is_put_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    score.write("new", page, "score")
    assert page.read_text() == PAGE.replace("old", "new")


def test_outcomes_are_recalled_and_the_last_of_a_name_counts(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    assert asking.recall(path) == {}
    for one in (outcome("a"), outcome("b"), outcome("a", right=False)):
        asking.add(path, one)
    assert asking.recall(path) == {"a": outcome("a", right=False), "b": outcome("b")}


def test_every_incident_has_a_place_of_its_own() -> None:
    names = [i.name for i in [*recorded.incidents(), *recorded.incidents(recorded.HOLDOUT)]]
    places = {asking.place(mode, name) for name in names for mode in ("live", "replayed")}
    assert len(places) == 2 * len(names)
    assert all(Instance(place).name == place for place in places)


class Played(asking.Asking):
    """A run whose attempts are given: each a list of outcomes or errors, one after another."""

    def __init__(self, attempts: dict[str, list[score.Outcome | Exception]]) -> None:
        super().__init__("live")
        self.attempts = attempts

    def attempt(self, incident: recorded.Incident) -> score.Outcome:
        found = self.attempts[incident.name].pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_a_failure_is_tried_once_more_and_is_no_miss() -> None:
    attempts: dict[str, list[score.Outcome | Exception]] = {
        "a": [outcome("a")],
        "b": [LabError("slow"), outcome("b", right=False)],
        "c": [LabError("slow"), LabError("slower")],
        "d": [ValueError("odd"), ValueError("odder")],
    }
    shown: list[str] = []
    run = Played(attempts)
    results = run.all([incident(name) for name in "dcba"], 2, lambda result: shown.append(result.line()))
    assert [result.name for result in results] == list("dcba")
    assert [result.outcome for result in results] == [None, None, outcome("b", right=False), outcome("a")]
    assert "ValueError: odder" in results[0].failure
    assert results[1].failure == "c: slower"
    assert sorted(shown) == ["a: right, 0 s", "b: WRONG, 0 s", "c: FAILED, 0 s", "d: FAILED, 0 s"]
    assert not any(run.attempts.values())


def test_an_interrupt_takes_down_what_the_run_started_and_starts_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    up, release = set(), threading.Event()

    class Slow(asking.Asking):
        @contextmanager
        def _live(self, incident: recorded.Incident) -> Iterator[Instance]:
            def start(name: str) -> Instance:
                up.add(name)
                return Instance(name)

            with self._instance(incident, start) as instance:
                if incident.name == "first":
                    raise LabError("over")
                release.wait(10)
                yield instance

    monkeypatch.setattr(life, "down", up.discard)

    def interrupt(result: asking.Result) -> None:
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            Slow("live").all([incident(name) for name in ("first", "second", "third")], 2, interrupt)
        assert up == set()
    finally:
        release.set()


def asked(folder: Path, query: str) -> bytes | None:
    return kubelets.log(folder, f"/containerLogs/{query}")


def test_a_recorded_log_is_served_as_a_kubelet_would(tmp_path: Path) -> None:
    (tmp_path / "shop" / "web-1").mkdir(parents=True)
    (tmp_path / "shop" / "web-1" / "web.log").write_bytes(b"one\ntwo\nthree\n")
    (tmp_path / "shop" / "web-1" / "web.previous.log").write_bytes(b"before\n")
    (tmp_path.parent / "secret.log").write_bytes(b"no")
    assert asked(tmp_path, "shop/web-1/web") == b"one\ntwo\nthree\n"
    assert asked(tmp_path, "shop/web-1/web?previous=true") == b"before\n"
    assert asked(tmp_path, "shop/web-1/web?tailLines=2") == b"two\nthree\n"
    assert asked(tmp_path, "shop/web-1/web?tailLines=0") == b""
    assert asked(tmp_path, "shop/web-1/web?tailLines=9&limitBytes=5") == b"one\nt"
    for absent in (
        "shop/web-1/api",
        "shop/..%2F../secret",
        "../../secret",
        "shop/web-1/..%2Fweb-1%2Fweb",
        "shop/web-1",
    ):
        assert asked(tmp_path, absent) is None


def test_kubelets_are_where_the_nodes_say() -> None:
    def node(address: str, port: int | None, kind: str = "InternalIP") -> dict[str, object]:
        endpoints = {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}} if port else {}
        return {"kind": "Node", "status": {"addresses": [{"type": kind, "address": address}], **endpoints}}

    nodes = [node("10.0.0.1", 10250), node("10.0.0.2", None), node("10.0.0.3", 10247), node("n1", None, "Hostname")]
    found = replay.kubelets([*nodes, node("fd00::1", None), {"kind": "Node"}, {"kind": "Pod", "status": {}}])
    assert found == {10250: ["10.0.0.1", "10.0.0.2"], 10247: ["10.0.0.3"]}


@pytest.mark.parametrize("make", [lambda path: path, lambda path: path / "evidence.tar.gz"])
def test_logs_of_a_recording_are_found(make: Callable[[Path], Path]) -> None:
    found = dict(replay.logs(make(recorded.ROOT / "demo")))
    files = {(namespace, file) for namespace, _, file in found}
    assert {("shop", "checkout.log"), ("shop", "checkout.previous.log")} <= files
