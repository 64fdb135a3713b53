"""Times as microseconds since the epoch: parsed in bulk, printed for people."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
MISSING = np.iinfo(np.int64).min
SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Parsed(dict[str | None, int]):
    """Times parsed before: servers write whole seconds, so most strings are met many times."""

    def __missing__(self, key: str | None) -> int:
        if len(self) > _REMEMBERED:
            self.clear()
        when = self[key] = parse(key)
        return when


_REMEMBERED = 1 << 17
_PARSED = _Parsed()


def parse_all(values: Iterable[str | None], number: int) -> Times:
    """RFC 3339 strings to microseconds since the epoch; MISSING for None and for what is no time."""
    return np.fromiter(map(_PARSED.__getitem__, values), np.int64, number)


def parse(value: str | None) -> int:
    """One RFC 3339 string; MISSING for None and for what is no time."""
    if not value:
        return MISSING
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return MISSING
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(microseconds=1)


def show(when: int | None) -> str | None:
    """RFC 3339 in UTC, with as many decimals as there are; None for a missing time."""
    if when is None or when == MISSING:
        return None
    moment = _EPOCH + timedelta(microseconds=int(when))
    text = moment.isoformat().replace("+00:00", "")
    return text.rstrip("0") + "Z" if "." in text else text + "Z"


def age(span: int) -> str:
    """A span of microseconds as kubectl prints ages: 45s, 12m, 3h20m, 5d."""
    seconds = max(0, int(span // SECOND))
    if seconds < 120:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 10:
        rest = seconds % 60
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        rest = minutes % 60
        return f"{hours}h{rest}m" if rest else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        rest = hours % 24
        return f"{days}d{rest}h" if rest else f"{days}d"
    return f"{days}d" if days < 730 else f"{days // 365}y"
