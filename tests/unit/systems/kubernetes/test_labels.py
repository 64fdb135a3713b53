"""Nearness of label sets: what a selector that matches nothing was meant for."""

import pytest

from vigie.systems.kubernetes import labels


@pytest.mark.parametrize(
    ("selector", "service", "owner", "held"),
    [
        ({"app": "cart-v2"}, "cart", "cart", {"app": "cart"}),
        ({"app": "gaurd"}, "hook", "guard", {"app": "guard"}),
        ({"tier": "users"}, "users", "users", {"app": "users"}),
        ({"run": "x"}, "api", "api", {"app": "other"}),
        ({"app.kubernetes.io/name": "x"}, "api", "deploy-1", {"app.kubernetes.io/name": "api"}),
    ],
)
def test_near(selector: dict[str, str], service: str, owner: str, held: dict[str, str]) -> None:
    assert labels.nearness(selector, service, owner, held) > 0


@pytest.mark.parametrize(
    ("selector", "service", "owner", "held"),
    [
        ({"app": "newsletter"}, "newsletter", "cart", {"app": "cart"}),
        ({"app": "web", "track": "blue"}, "front", "search", {"app": "search", "track": "blue"}),
        ({}, "front", "search", {"app": "search"}),
        ({"app": "front"}, "front", "search", {}),
    ],
)
def test_not_near(selector: dict[str, str], service: str, owner: str, held: dict[str, str]) -> None:
    assert labels.nearness(selector, service, owner, held) == 0


def test_spelled_takes_the_asked_keys_first() -> None:
    held = {"app": "cart", "part-of": "shop", "zone": "a"}
    assert labels.spelled(held, ["zone"]) == "zone=a"
    assert labels.spelled(held) == "app=cart"
    assert labels.spelled({"b": "2", "a": "1"}) == "a=1,b=2"
