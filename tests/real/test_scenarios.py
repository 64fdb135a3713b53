"""Ten scenarios played live: vigie asks while they burn, and names what it names of their recordings."""

from pathlib import Path

import pytest

from tests import incidents as recorded
from tests.lab import asking, score
from tests.real.conftest import need_lab

LIVE = (
    "config-map-missing",
    "crash-upstream-louder",
    "demo",
    "healthy-rolling-update",
    "image-registry-refused",
    "oom-limit",
    "quota-exceeded",
    "scaled-to-zero",
    "secret-missing-volume",
    "webhook-down-crash",
)
JOBS = 3


@pytest.fixture(scope="module")
def misses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what wrong answers were given on is kept."""
    return tmp_path_factory.mktemp("misses")


@pytest.fixture(scope="module")
def results(misses: Path) -> dict[str, asking.Result]:
    """What came of every scenario, three of them burning at a time."""
    need_lab()
    incidents = [recorded.load(recorded.ROOT / name) for name in LIVE]
    return {result.name: result for result in asking.Asking("live", misses).all(incidents, JOBS, lambda _: None)}


@pytest.mark.parametrize("name", LIVE)
def test_live_answer_is_right(name: str, results: dict[str, asking.Result], misses: Path) -> None:
    outcome = results[name].outcome
    assert outcome, results[name].failure
    assert outcome.right, f"{outcome.miss()}; read in {misses}"


def test_a_replayed_recording_gives_the_answer_of_its_files() -> None:
    """Objects and logs come back through a real API server as they went into the recording."""
    need_lab()
    incident = recorded.load(recorded.ROOT / "crash-upstream-louder")
    outcome = asking.Asking("replayed").attempt(incident)
    assert outcome.named == score.Outcome.of(incident, recorded.by_vigie(incident)).named
