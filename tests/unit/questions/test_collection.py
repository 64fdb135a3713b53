"""The logs that a live cluster is asked for: few, and enough to say what all of them would."""

from collections.abc import Iterator

import pytest

from tests import incidents as recorded
from vigie import pipeline
from vigie.graph.build import Builder
from vigie.graph.read import Reader
from vigie.graph.seal import seal
from vigie.model.answer import Answer
from vigie.model.evidence import Evidence, Gap
from vigie.questions.collection import PER_TEMPLATE, Collection, Wish

# Of each kind one: a Job's pods that failed, a chain of well messengers, an init container, a pod that never started.
NAMES = (
    "cronjob-fails",
    "job-backoff",
    "config-value-wrong",
    "upstream-down-headless",
    "init-failed",
    "image-not-found-new",
)


def origin(wish: Wish) -> str:
    namespace, pod, container, previous = wish
    return f"logs/{namespace}/{pod}/{container}{'.previous' if previous else ''}.log"


def collected(name: str) -> tuple[Answer, list[list[Wish]]]:
    """The answer on a recording whose logs are given out only when they are asked for, and the rounds of asking."""
    found = list(pipeline.sources([str(recorded.load(recorded.ROOT / name).evidence)]))
    logs = {item.origin.rpartition("!")[2]: item for item in found}
    builder = Builder()
    reader = Reader(builder, pipeline.schema(), lambda stream, where: iter(()), pipeline.guarded())

    def only(wanted: list[Wish] | None) -> Iterator[Evidence | Gap]:
        if wanted is None:
            yield from (item for path, item in logs.items() if not path.startswith("logs/"))
        else:
            yield from (logs[origin(wish)] for wish in wanted if origin(wish) in logs)

    reader.take(only(None))
    rounds = []
    for wanted in Collection(seal(builder, pipeline.schema())).rounds():
        rounds.append(wanted)
        reader.take(only(wanted))
    return pipeline.ask(seal(builder, pipeline.schema())), rounds


def causes(answer: Answer) -> list[tuple[str, str]]:
    return [(cause.name, recorded.spell(cause)) for cause in answer.causes]


@pytest.mark.parametrize("name", NAMES)
def test_the_logs_that_are_asked_for_say_what_all_logs_say(name: str) -> None:
    answer, rounds = collected(name)
    assert causes(answer) == causes(recorded.by_vigie(recorded.load(recorded.ROOT / name)))
    asked = [wish for wanted in rounds for wish in wanted]
    assert len(asked) == len(set(asked)), "no log twice"


def test_a_well_pod_that_passes_the_trouble_on_is_asked_in_a_later_round() -> None:
    _, rounds = collected("upstream-down-headless")
    assert len(rounds) > 1
    assert {wish[1] for wish in rounds[0]}.isdisjoint({wish[1] for wish in rounds[1]})


def test_of_one_template_few_pods_are_asked() -> None:
    _, rounds = collected("demo")
    pods = {wish[1] for wanted in rounds for wish in wanted}
    templates = [name.rsplit("-", 1)[0] for name in pods]
    assert pods
    assert max(map(templates.count, templates)) <= PER_TEMPLATE


def test_of_a_healthy_cluster_nothing_is_asked() -> None:
    answer, rounds = collected("healthy-completed-jobs")
    assert not answer.causes
    assert rounds == []
