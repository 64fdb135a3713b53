"""Which runs of a CronJob were due and did not start."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from vigie.kit import Entity, clock
from vigie.systems.kubernetes import cron
from vigie.systems.kubernetes.kinds.controllers import CronJob

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GRACE = timedelta(seconds=60)
_ANY_ZONE = timedelta(hours=26)
UNREADABLE = "schedule-unreadable"


@dataclass(frozen=True, slots=True)
class Missed:
    """A run that did not start: when it was due, and what kept it (`active`, `unreadable`; "" if nothing says it)."""

    due: int | None
    why: str


def missed(job: Entity) -> Missed | None:
    """The last run of a CronJob that was due and did not start; None where all is as its schedule asks."""
    if job[CronJob.suspended] or job.deleted is not None:
        return None
    last = job[CronJob.last_scheduled]
    start = max(time for time in (last, job.created, 0) if time is not None)
    if any((signal.time or 0) > start for signal in job.signals(UNREADABLE)):
        return Missed(None, "unreadable")
    schedule, zone = cron.parse(job[CronJob.schedule] or ""), _zone(job)
    if schedule is None or zone is None:
        return None
    now, after = _moment(job.graph.as_of, zone), _moment(start, zone)
    if not (job[CronJob.zone] or cron.zone_of(job[CronJob.schedule] or "")):
        if last is not None and not schedule.due(_moment(last, zone)):
            return None
        if last is None and len(schedule.hours) < 24 and now - after < _ANY_ZONE:
            return None
    if job.out("runs-now") and job[CronJob.concurrency] == "Forbid":
        due = schedule.last(now, after)
        earlier = schedule.last(min(due - timedelta(minutes=1), now - _GRACE), after) if due else None
        return Missed(_micros(due), "active") if due and earlier else None
    due = schedule.last(now - _GRACE, after)
    return Missed(_micros(due), "") if due else None


def _zone(job: Entity) -> tzinfo | None:
    name = job[CronJob.zone] or cron.zone_of(job[CronJob.schedule] or "")
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return None


def _moment(when: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=when)).astimezone(zone)


def _micros(when: datetime) -> int:
    return int((when - _EPOCH) / timedelta(microseconds=1)) // clock.SECOND * clock.SECOND
