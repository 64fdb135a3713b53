"""Amounts as the API server writes them in a refusal."""

import pytest

from vigie.systems.kubernetes import guards


def test_amounts() -> None:
    assert guards.amounts("requests.cpu=1,pods=3") == {"requests.cpu": "1", "pods": "3"}
    assert guards.amounts("") == {}
    assert guards.amounts("nonsense, limits.memory=1Gi") == {"limits.memory": "1Gi"}


@pytest.mark.parametrize(
    ("amount", "like", "text"),
    [
        (1.5, "1", "1500m"),
        (0.25, "100m", "250m"),
        (2, "1", "2"),
        (352 * 2**20, "300Mi", "352Mi"),
        (352 * 2**20 + 1, "300Mi", "353Mi"),
        (3 * 2**30, "2Gi", "3Gi"),
        (21, "20", "21"),
    ],
)
def test_written_in_the_unit_of_the_limit(amount: float, like: str, text: str) -> None:
    assert guards.written(amount, like) == text
