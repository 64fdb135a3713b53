"""Columns: typed arrays with the few vector operations that predicates and rules need.

Strings of the whole graph share one table of codes, so that joins and comparisons are integer work. Code 0 is
"missing". Numbers are 64-bit floats (NaN is missing), flags 8-bit (-1 is missing), times 64-bit microseconds.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from vigie.graph import clock
from vigie.model.kind import Form

K = TypeVar("K")
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Ids = npt.NDArray[np.int32]


class Strings:
    """The graph's table of strings: interned while building, read by code afterwards."""

    def __init__(self) -> None:
        self._codes: _Interner[str | None] = _Interner({None: 0})
        self._values: list[str | None] = [None]

    def codes(self, values: Iterable[str | None], number: int) -> Codes:
        """The codes of this number of strings; new ones are added."""
        return np.fromiter(map(self._codes.__getitem__, values), np.int32, number)

    def code(self, value: str | None) -> int:
        """The code of one string, or -1 when no object holds it."""
        return self._codes.get(value, -1)

    def __getitem__(self, code: int) -> str | None:
        values = self._values
        if code >= len(values):
            self._values = values = list(self._codes)
        return values[code]

    def __len__(self) -> int:
        return len(self._codes)


class _Interner(dict[K, int]):
    """Numbers things in the order in which they are met."""

    def __missing__(self, key: K) -> int:
        code = self[key] = len(self)
        return code


class Values:
    """The graph's table of small JSON values (labels, selectors, resources): equal bytes are stored once."""

    def __init__(self) -> None:
        self._codes: _Interner[bytes] = _Interner({b"": 0})
        self._bytes: list[bytes] = [b""]
        self._read: dict[int, Any] = {0: None}

    def codes(self, values: Iterable[msgspec.Raw], number: int) -> Codes:
        """The codes of this number of values; an empty one is missing."""
        return np.fromiter(map(self._codes.__getitem__, map(bytes, values)), np.int32, number)

    def __getitem__(self, code: int) -> Any:
        code = int(code)
        if code not in self._read:
            if code >= len(self._bytes):
                self._bytes = list(self._codes)
            self._read[code] = msgspec.json.decode(self._bytes[code])
        return self._read[code]


class Column:
    """One sealed column: `column[row]` is a Python value or None."""

    def __init__(self, form: Form, data: npt.NDArray[Any], strings: Strings, values: Values) -> None:
        self.form = form
        self.data = data
        self._strings = strings
        self._values = values

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, row: int) -> Any:
        value = self.data[row]
        match self.form:
            case "text":
                return self._strings[value]
            case "number":
                return None if np.isnan(value) else float(value)
            case "flag":
                return None if value < 0 else bool(value)
            case "time":
                return None if value == clock.MISSING else int(value)
            case "mapping":
                held = self._values[value]
                return held if isinstance(held, dict) else {}
            case _:
                return self._values[value]

    @property
    def known(self) -> Mask:
        """Where there is a value."""
        match self.form:
            case "number":
                return np.asarray(~np.isnan(self.data))
            case "flag":
                return np.asarray(self.data >= 0)
            case "time":
                return np.asarray(self.data != clock.MISSING)
            case _:
                return np.asarray(self.data != 0)

    def isin(self, *wanted: str | bool | float) -> Mask:
        """Where the value is one of these."""
        if self.form == "text":
            codes = [self._strings.code(str(value)) for value in wanted]
            return np.isin(self.data, [code for code in codes if code >= 0])
        return np.isin(self.data, [float(value) for value in wanted])

    def __eq__(self, other: object) -> Mask:  # type: ignore[override]
        return self.isin(other)  # type: ignore[arg-type]

    def __ne__(self, other: object) -> Mask:  # type: ignore[override]
        return ~self.isin(other)  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]

    def matching(self, test: Any) -> Mask:
        """Where `test(value)` holds; called once per distinct known value."""
        distinct, inverse = np.unique(self.data, return_inverse=True)
        table = self._strings if self.form == "text" else self._values
        hits = np.fromiter((bool(code) and bool(test(table[code])) for code in distinct), np.bool_, len(distinct))
        return hits[inverse]

    def numbers(self, default: float = 0.0) -> npt.NDArray[np.float64]:
        """A number column with its missing values replaced."""
        return np.where(np.isnan(self.data), default, self.data)

    def take(self, rows: npt.NDArray[Any]) -> "Column":
        return Column(self.form, self.data[rows], self._strings, self._values)


_FLAGS: Mapping[bool | None, int] = {None: -1, False: 0, True: 1}


def array(form: Form, taken: Iterable[Any], number: int, strings: Strings, values: Values) -> npt.NDArray[Any]:
    """The decoded values of one column and block, that many, as its array."""
    match form:
        case "text":
            return strings.codes(taken, number)
        case "number":
            return np.fromiter((np.nan if v is None else v for v in taken), np.float64, number)
        case "flag":
            return np.fromiter(map(_FLAGS.__getitem__, taken), np.int8, number)
        case "time":
            return clock.parse_all(taken, number)
        case _:
            return values.codes(taken, number)


def coalesce(first: list[Any], others: Iterable[list[Any]], form: Form) -> list[Any]:
    """The first value that is present, alternative by alternative."""
    for other in others:
        if form in ("mapping", "any"):
            first = [a if bytes(a) else b for a, b in zip(first, other, strict=True)]
        else:
            first = [b if a is None else a for a, b in zip(first, other, strict=True)]
    return first
