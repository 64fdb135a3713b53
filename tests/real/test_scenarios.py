"""Ten scenarios played live: vigie asks while they burn, and names what it names of their recordings."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import incidents as recorded
from tests.real.conftest import need

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
JOBS = 2


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[recorded.Verdict, list[str]]]:
    """The verdict of every scenario, two of them burning at a time."""
    from tests.lab import host, programs, score

    need(not host.lacking(), host.lacking())
    need(programs.kubernetes("1.36").ready, "the lab's Kubernetes is not built: make lab")

    def play(name: str) -> tuple[recorded.Verdict, list[str]]:
        incident = recorded.load(recorded.ROOT / name)
        answer = score.live(incident)
        return recorded.judge(incident, answer), [f"{c.name} {recorded.spell(c)}" for c in answer.causes]

    with ThreadPoolExecutor(JOBS) as pool:
        return dict(zip(LIVE, pool.map(play, LIVE), strict=True))


@pytest.mark.parametrize("name", LIVE)
def test_live_answer_is_right(name: str, answers: dict[str, tuple[recorded.Verdict, list[str]]]) -> None:
    verdict, named = answers[name]
    assert (verdict.top1, verdict.classed, verdict.complete, verdict.extra) == (True, True, True, ()), named
