"""Cron schedules: what is due when, held against a plain count of minutes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.systems.kubernetes import cron

NOW = datetime(2026, 11, 22, 14, 27, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=4000)


@pytest.mark.parametrize(
    ("schedule", "last"),
    [
        ("* * * * *", "2026-11-22 14:27"),
        ("*/5 * * * *", "2026-11-22 14:25"),
        ("30 2 * * *", "2026-11-22 02:30"),
        ("0 22 * * 1-5", "2026-11-20 22:00"),
        ("0 22 * * MON-FRI", "2026-11-20 22:00"),
        ("0 0 1 * *", "2026-11-01 00:00"),
        ("0 0 1 jan *", "2026-01-01 00:00"),
        ("0 2 29 2 *", "2024-02-29 02:00"),
        ("@weekly", "2026-11-22 00:00"),
        ("@hourly", "2026-11-22 14:00"),
        ("10-20/5,59 14 * * *", "2026-11-22 14:20"),
        ("0 0 13 * 5", "2026-11-20 00:00"),
        ("0 3 * * 7", "2026-11-22 03:00"),
        ("TZ=Asia/Tokyo 0 3 * * *", "2026-11-22 03:00"),
    ],
)
def test_last_due_time(schedule: str, last: str) -> None:
    parsed = cron.parse(schedule)
    assert parsed is not None
    found = parsed.last(NOW, LONG_AGO)
    assert found is not None
    assert found.strftime("%Y-%m-%d %H:%M") == last
    assert parsed.due(found)


@pytest.mark.parametrize("schedule", ["", "* * * *", "60 * * * *", "* 24 * * *", "*/0 * * * *", "5-1 * * * *", "@every 1h", "a b c d e"])
def test_what_cannot_be_read_is_none(schedule: str) -> None:
    assert cron.parse(schedule) is None


def test_nothing_is_due_on_a_day_that_no_month_has() -> None:
    parsed = cron.parse("0 0 31 2 *")
    assert parsed is not None
    assert parsed.last(NOW, LONG_AGO) is None


def test_zone_in_front_of_a_schedule() -> None:
    assert cron.zone_of("CRON_TZ=Europe/Paris 0 2 * * *") == "Europe/Paris"
    assert cron.zone_of("0 2 * * *") == ""


FIELD = st.sampled_from(["*", "*/7", "3", "0,30", "10-20"])


@given(FIELD, st.sampled_from(["*", "*/6", "5", "0-3"]), st.sampled_from(["*", "1", "*/9"]), st.sampled_from(["*", "0", "1-5"]),
       st.integers(0, 3 * 24 * 60))  # fmt: skip
def test_last_is_the_newest_minute_that_is_due(minute: str, hour: str, day: str, weekday: str, back: int) -> None:
    parsed = cron.parse(f"{minute} {hour} {day} * {weekday}")
    assert parsed is not None
    now = NOW - timedelta(minutes=back)
    after = now - timedelta(days=2)
    counted = now
    while counted > after and not parsed.due(counted):
        counted -= timedelta(minutes=1)
    assert parsed.last(now, after) == (counted if counted > after else None)
