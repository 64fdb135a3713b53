"""Hostile evidence: recordings with wrong types, control bytes and missing fields never end an answer."""

import random
import tarfile
from typing import Any

import msgspec
import pytest

from tests import incidents as recorded
from vigie import pipeline
from vigie.model.evidence import Evidence
from vigie.views import documents, plain, terminal

WRONG = (None, True, -1, 1e300, "", "\x1b[31m\x00", [], {}, [[]], {"": []}, ["x", 1, None], "9" * 400)
NAMES = ("demo", "node-lost", "webhook-down-crash", "unschedulable-cpu", "policy-denies", "job-backoff")
SEEDS = range(12)


def spoiled(value: Any, chance: random.Random, rate: float) -> Any:
    """A JSON value, some of whose parts are something else."""
    if chance.random() < rate:
        return chance.choice(WRONG)
    if isinstance(value, dict):
        return {k: spoiled(v, chance, rate) for k, v in value.items() if chance.random() > rate / 4}
    return [spoiled(v, chance, rate) for v in value] if isinstance(value, list) else value


def spoil(name: str, seed: int, rate: float) -> list[Evidence]:
    chance = random.Random(f"{name}{seed}")
    out = []
    with tarfile.open(recorded.ROOT / name / "evidence.tar.gz") as archive:
        for member in archive:
            stream = archive.extractfile(member)
            data = stream.read() if stream else b""
            if member.name.endswith(".json"):
                document = msgspec.json.decode(data)
                document["items"] = [spoiled(item, chance, rate) for item in document.get("items") or ()]
                data = msgspec.json.encode(document)
            out.append(Evidence.of(member.name, data, "log" if member.name.endswith(".log") else "json"))
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_wrong_types_anywhere_end_no_answer(name: str, seed: int) -> None:
    graph = pipeline.read_all(spoil(name, seed, 0.004 * (seed + 1)))
    answer = pipeline.ask(graph)
    failed = [u.why for u in answer.unknown if u.needs.startswith("rule:")]
    assert failed == [], failed[0]
    said = plain.answer(answer)
    assert "\x1b" not in terminal.answer(said)
    for render in documents.RENDER.values():
        assert isinstance(render(said), str)
    pipeline.check(graph)
