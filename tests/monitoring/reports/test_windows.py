"""A window is read whole and once: no minute twice, none left out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors import ReportError
from monitoring.reports.spans import DAY, spans, window_spans
from monitoring.reports.windows import HOUR, MINUTE, WINDOWS, floor, window
from monitoring.store.models import Level

LENGTH = {Level.MINUTE: MINUTE, Level.HOUR: HOUR, Level.DAY: DAY}
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


def minutes(found):
    """The beginnings of all minutes that the rows of the spans stand for, in order."""
    listed = []
    for span in found:
        length = LENGTH[span.level]
        assert floor(span.start, length) == span.start
        at = span.start
        while at < span.end:
            listed += [at + number * MINUTE for number in range(length // MINUTE)]
            at += length
    return listed


@given(
    MOMENTS, st.sampled_from([name for name in WINDOWS if name != "7d"]), st.sampled_from([MINUTE, HOUR, DAY])
)
def test_a_window_and_the_one_before_hold_each_minute_once(now, name, step):
    frame = window(name, now)
    for one in (frame, frame.before):
        read = minutes(window_spans(one, step=step, now=now))
        assert len(set(read)) == len(read)
        expected = {one.start + number * MINUTE for number in range((one.end - one.start) // MINUTE)}
        running = {at for at in read if at >= one.end}
        assert set(read) - running == expected
        # The hour and the day that are running have nothing after now.
        assert running == set() or one is frame


@given(MOMENTS, st.integers(1, 7 * 24 * 60))
def test_a_long_window_is_read_by_few_rows(now, length):
    end = floor(now, MINUTE) + MINUTE
    found = spans(end - length * MINUTE, end, now=now)
    rows = sum((span.end - span.start) / LENGTH[span.level] for span in found)
    assert rows <= 2 * 60 + 2 * 24 + 7


@given(MOMENTS, st.integers(0, 6 * 24 * 60))
def test_a_reset_leaves_out_what_was_before_it(now, ago):
    frame = window("7d", now)
    since = max(floor(now - ago * MINUTE, MINUTE), frame.start)
    read = minutes(window_spans(frame, since=since, now=now))
    assert all(at >= since for at in read)
    missing = {since + number * MINUTE for number in range((frame.end - since) // MINUTE)} - set(read)
    # Of a reset that is older than the minutes that are kept, the rest of its hour is not known apart.
    assert not missing or (since < now - timedelta(hours=12) and len(missing) < 60)


def test_minutes_that_may_be_pruned_are_not_read():
    """Half of them may be gone: the broken hour is left out rather than told short."""
    now = datetime(2027, 3, 3, 14, 25, tzinfo=UTC)
    found = window_spans(window("7d", now), since=now - timedelta(days=2, minutes=12), now=now)
    assert found[0].level == Level.HOUR
    assert found[0].start == datetime(2027, 3, 1, 15, tzinfo=UTC)
    assert all(span.start >= now - timedelta(hours=12) for span in found if span.level == Level.MINUTE)


@given(MOMENTS, st.sampled_from(list(WINDOWS)))
def test_steps_cover_the_window(now, name):
    frame = window(name, now)
    assert frame.steps[0] <= frame.start < frame.steps[0] + frame.step
    assert frame.steps[-1] < frame.end <= frame.steps[-1] + frame.step
    assert len(frame.steps) <= 100


def test_a_window_ends_with_the_running_minute():
    frame = window("15m", datetime(2027, 3, 3, 14, 25, 30, tzinfo=UTC))
    assert frame.start == datetime(2027, 3, 3, 14, 11, tzinfo=UTC)
    assert frame.end == datetime(2027, 3, 3, 14, 26, tzinfo=UTC)
    assert frame.before.end == frame.start
    assert frame.before.start == frame.start - timedelta(minutes=15)


def test_a_window_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(ReportError, match="choose one of 15m, 1h, 6h, 24h, 7d") as caught:
        window("2d")
    assert caught.value.field == "window"
