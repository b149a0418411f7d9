"""How often the same is sent; what is sent is tested through a server (tests/e2e/test_sentry.py)."""

import pytest

sentry = pytest.importorskip("monitoring.sentry")


@pytest.fixture
def clock(monkeypatch):
    """clock.now is the time (s)."""

    class Clock:
        now = 1_000.0

    monkeypatch.setattr(sentry, "monotonic", lambda: Clock.now)
    return Clock


def test_the_same_is_admitted_once_in_its_time(clock):
    lately = sentry._Lately()
    assert lately.admits("a", 600)
    clock.now += 599
    assert not lately.admits("a", 600)
    assert lately.admits("b", 600)
    clock.now += 2
    assert lately.admits("a", 600)


def test_more_kinds_than_are_kept_wait_for_room(clock):
    lately = sentry._Lately()
    assert all(lately.admits(number, 60) for number in range(sentry.MAX_KNOWN))
    assert not lately.admits("one more", 60)
    clock.now += 61
    assert lately.admits("one more", 60)


def test_a_forked_child_begins_anew(clock):
    lately = sentry._Lately()
    lately.admits("a", 600)
    lately.forget()
    assert lately.admits("a", 600)
