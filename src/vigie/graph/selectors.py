"""Label selectors, matched by distinct label sets and not object by object."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from vigie.graph.columns import Codes, Ids, Values


def requirements(selector: Any) -> tuple[dict[str, str], list[dict[str, Any]]] | None:
    """The equalities and expressions of a plain map or a LabelSelector; None when it is neither."""
    if not isinstance(selector, Mapping):
        return None
    if "matchLabels" in selector or "matchExpressions" in selector:
        equal = selector.get("matchLabels") or {}
        more = selector.get("matchExpressions") or []
        if not isinstance(equal, Mapping) or not isinstance(more, list):
            return None
        return dict(equal), [e for e in more if isinstance(e, dict)]
    return {str(k): v for k, v in selector.items()}, []


def matches(labels: Mapping[str, Any], selector: Any) -> bool:
    """Whether labels satisfy a selector; an empty selector matches everything."""
    parsed = requirements(selector)
    if parsed is None:
        return False
    equal, more = parsed
    return all(labels.get(k) == v for k, v in equal.items()) and all(_holds(labels, e) for e in more)


def _holds(labels: Mapping[str, Any], expression: Mapping[str, Any]) -> bool:
    key = str(expression.get("key", ""))
    wanted = expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in wanted
        case "NotIn":
            return labels.get(key) not in wanted
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


class LabelIndex:
    """The objects of one kind by namespace and label set."""

    def __init__(self, namespaces: Codes, labels: Codes, values: Values) -> None:
        self._values = values
        keys = (namespaces.astype(np.int64) << 32) | labels
        distinct, inverse = np.unique(keys, return_inverse=True)
        self._order = np.argsort(inverse, kind="stable").astype(np.int32)
        self._starts = np.searchsorted(inverse[self._order], np.arange(len(distinct) + 1))
        self._sets = [(int(key >> 32), int(key & 0xFFFFFFFF)) for key in distinct]
        self._in: dict[int, list[int]] = defaultdict(list)
        self._pairs: dict[tuple[int, str, str], list[int]] = defaultdict(list)
        for number, (namespace, code) in enumerate(self._sets):
            self._in[namespace].append(number)
            held = values[code]
            if isinstance(held, Mapping):
                for key, value in held.items():
                    if isinstance(value, str):
                        self._pairs[namespace, key, value].append(number)

    def select(self, namespace: int, selector: Any, empty: bool) -> Ids:
        """The rows in a namespace that a selector matches; `empty` says whether an empty one matches all."""
        parsed = requirements(selector)
        if parsed is None or (not parsed[0] and not parsed[1] and not empty):
            return np.zeros(0, np.int32)
        sets = self._in.get(namespace, [])
        for key, value in parsed[0].items():
            some = self._pairs.get((namespace, key, value), []) if isinstance(value, str) else []
            if len(some) < len(sets):
                sets = some
        hits = [n for n in sets if matches(self._values[self._sets[n][1]] or {}, selector)]
        if not hits:
            return np.zeros(0, np.int32)
        return np.concatenate([self._order[self._starts[n] : self._starts[n + 1]] for n in hits])
