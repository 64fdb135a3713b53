"""Label sets by nearness: what a selector that matches nothing was probably meant to match."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from vigie.kit import Entity

_NAMES = (
    "app", "app.kubernetes.io/name", "k8s-app", "name", "component", "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
)  # fmt: skip
_ALIKE = 0.72


def nearest(
    selector: Mapping[str, str], name: str, sets: Iterable[tuple[Entity, Mapping[str, str]]]
) -> tuple[Entity, Mapping[str, str]] | None:
    """The workload, with the labels of its pods, that comes nearest to a selector; None where none is near.

    Near is a set in which each pair of the selector is met, misspelt, versioned (`cart` and `cart-v2`) or under
    another key, or one that bears the Service's own name.
    """
    best: tuple[float, str, Entity, Mapping[str, str]] | None = None
    for owner, labels in sets:
        score = nearness(selector, name, owner.name, labels)
        if score and (best is None or (-score, str(owner)) < (-best[0], best[1])):
            best = (score, str(owner), owner, labels)
    return (best[2], best[3]) if best else None


def nearness(selector: Mapping[str, str], name: str, owner: str, labels: Mapping[str, str]) -> float:
    """How near labels come to a selector that does not match them, from 0 (not at all) to 1."""
    if not selector or not labels:
        return 0.0
    scores = [_pair(key, value, labels) for key, value in selector.items()]
    named = owner == name or any(labels.get(key) == name for key in _NAMES)
    if all(scores):
        return sum(scores) / len(scores) * (1.0 if named else 0.95)
    return 0.6 if named else 0.0


def _pair(key: str, value: str, labels: Mapping[str, str]) -> float:
    held = labels.get(key)
    if held == value:
        return 1.0
    if isinstance(held, str) and isinstance(value, str) and _alike(held, value):
        return 0.8
    return 0.7 if value in labels.values() else 0.0


def _alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if long.startswith(f"{short}-"):
        return True
    most = 2 * len(short) / (len(short) + len(long) or 1)
    return most >= _ALIKE and SequenceMatcher(None, one, other).ratio() >= _ALIKE


def spelled(labels: Mapping[str, str], like: Iterable[str] = ()) -> str:
    """Labels as kubectl writes a selector; of many, those with the keys in `like` where there are any."""
    keys = [key for key in like if key in labels] or [k for k in _NAMES if k in labels] or sorted(labels)
    return ",".join(f"{key}={labels[key]}" for key in keys[:3])
