"""Cron schedules as Kubernetes reads them: five fields, names, steps, `@daily` and the like."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

_NAMED = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_RANGES: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, _MONTHS), (0, 6, _DAYS)
)  # fmt: skip
_ZONE = re.compile(r"^(?:CRON_)?TZ=(\S+)\s+")
_HORIZON = 366 * 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes, hours, days of month, months and days of week at which something is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def due(self, when: datetime) -> bool:
        """Whether a time, to the minute, is one of the schedule's."""
        return when.minute in self.minutes and when.hour in self.hours and self._on(when)

    def _on(self, when: datetime) -> bool:
        if when.month not in self.months:
            return False
        day, weekday = when.day in self.days, when.isoweekday() % 7 in self.weekdays
        return day and weekday if self.any_day or self.any_weekday else day or weekday

    def last(self, before: datetime, after: datetime) -> datetime | None:
        """The last due time that is not later than `before` and is later than `after`; None if there is none."""
        at = before.replace(second=0, microsecond=0)
        for _ in range(_HORIZON):
            if at <= after:
                return None
            if self._on(at):
                for hour in sorted((h for h in self.hours if h <= at.hour), reverse=True):
                    top = at.minute if hour == at.hour else 59
                    minute = max((m for m in self.minutes if m <= top), default=None)
                    if minute is not None:
                        found = at.replace(hour=hour, minute=minute)
                        return found if found > after else None
            at = at.replace(hour=23, minute=59) - timedelta(days=1)
        return None


@lru_cache(maxsize=4096)
def parse(text: str) -> Schedule | None:
    """A schedule; None for one that cannot be read or that has no fixed times (`@every 1h`)."""
    plain = _ZONE.sub("", text.strip())
    fields = _NAMED.get(plain.lower(), plain).split()
    if len(fields) != 5:
        return None
    sets = [_field(field, *bounds) for field, bounds in zip(fields, _RANGES, strict=True)]
    if any(values is None for values in sets):
        return None
    minutes, hours, days, months, weekdays = (values or frozenset() for values in sets)
    starred = [field.startswith(("*", "?")) for field in fields]
    return Schedule(minutes, hours, days, months, weekdays, starred[2], starred[4])


def zone_of(text: str) -> str:
    """The zone that stands in front of a schedule (`TZ=Europe/Paris 0 2 * * *`), "" where none does."""
    found = _ZONE.match(text.strip())
    return found[1] if found else ""


def _field(text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int] | None:
    out: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdigit() and int(step)):
            return None
        first, dash, last = span.partition("-")
        if first in ("*", "?"):
            lo, hi = low, high
        else:
            start = _number(first, names)
            stop = _number(last, names) if dash else (high if slash else start)
            if start is None or stop is None:
                return None
            lo, hi = start, stop
        if high == 6 and hi == 7:
            out.add(0)
            hi = 6 if lo < 7 else 7
            if lo == 7:
                continue
        if lo < low or hi > high or lo > hi:
            return None
        out.update(range(lo, hi + 1, int(step) if slash else 1))
    return frozenset(out)


def _number(text: str, names: dict[str, int]) -> int | None:
    return int(text) if text.isdigit() else names.get(text.lower()[:3])
