"""Taking columns from decoded elements, a block at a time.

Most columns hold few distinct values: phases, reasons, images, flags. After the first block it is known which do, and
from then on those are taken together: one call gets the tuple of an element's values, and a tuple met before costs
one look-up instead of one for each column.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.graph.columns import Strings, Values, array, coalesce
from vigie.graph.decode import attribute, getter
from vigie.model.kind import Form, alternatives, steps

_LEARN = 128
_RARE = 16
_MOST_TUPLES = 1 << 15
_TOGETHER: tuple[Form, ...] = ("text", "flag", "number")


class Taker:
    """The columns of one kind, or of one nested list."""

    def __init__(self, columns: Iterable[tuple[str, str, Form]], strings: Strings, values: Values) -> None:
        self._columns = tuple(columns)
        self._strings = strings
        self._values = values
        self._alone = self._columns
        self._group: _Group | None = None
        self._learned = False

    def take(self, elements: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
        """An array for each column, one value an element."""
        out = {name: self._one(path, form, elements) for name, path, form in self._alone}
        if self._group is not None:
            out.update(self._group.take(elements))
            if len(self._group) > _MOST_TUPLES:
                self._alone, self._group = self._columns, None
        elif not self._learned and len(elements) >= _LEARN:
            self._learn(out, len(elements))
        return out

    def _one(self, path: str, form: Form, elements: Sequence[Any]) -> npt.NDArray[Any]:
        """One column: of its alternatives the first that is present."""
        taken: list[Iterable[Any]] = [map(getter(steps(part)), elements) for part in alternatives(path)]
        values = taken[0] if len(taken) == 1 else coalesce(list(taken[0]), map(list, taken[1:]), form)
        return array(form, values, len(elements), self._strings, self._values)

    def _learn(self, taken: dict[str, npt.NDArray[Any]], rows: int) -> None:
        """Put the columns of few distinct values together."""
        self._learned = True
        few = [
            (name, path, form)
            for name, path, form in self._columns
            if form in _TOGETHER and " | " not in path and len(np.unique(taken[name])) * _RARE <= rows
        ]
        if len(few) > 1:
            self._group = _Group(few, self._strings, self._values)
            self._alone = tuple(column for column in self._columns if column not in few)


class _Group:
    """Columns that are taken together: the tuples met, and each column's value for each tuple."""

    def __init__(self, columns: list[tuple[str, str, Form]], strings: Strings, values: Values) -> None:
        self._columns = columns
        self._strings = strings
        self._values = values
        self._get = attrgetter(*(".".join(attribute(step) for step in steps(path)) for _, path, _ in columns))
        self._met = _Numbered()
        self._held: dict[str, npt.NDArray[Any]] = {}
        self._known = 0

    def __len__(self) -> int:
        return len(self._met)

    def take(self, elements: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
        codes = np.fromiter(map(self._met.__getitem__, map(self._get, elements)), np.int32, len(elements))
        if len(self._met) > self._known:
            self._extend()
        return {name: self._held[name][codes] for name, _, _ in self._columns}

    def _extend(self) -> None:
        fresh = list(self._met)[self._known :]
        for at, (name, _, form) in enumerate(self._columns):
            new = array(form, [values[at] for values in fresh], len(fresh), self._strings, self._values)
            self._held[name] = np.concatenate([self._held[name], new]) if self._known else new
        self._known = len(self._met)


class _Numbered(dict[tuple[Any, ...], int]):
    """Numbers tuples in the order in which they are met."""

    def __missing__(self, key: tuple[Any, ...]) -> int:
        code = self[key] = len(self)
        return code
