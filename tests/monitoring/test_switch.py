"""The kill switch: paused in one process, it is paused in all."""

import multiprocessing

import pytest
from django.db import connection

from monitoring import operation, switch

forking = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def recording_again():
    yield
    switch.resume()


def test_paused_nothing_is_recorded(ended, figure):
    switch.pause()
    with operation("unseen"):
        pass
    switch.resume()
    with operation("seen"):
        pass
    assert [one.name for one in ended] == ["seen"]


def test_paused_here_is_paused_in_the_others(ended):
    with operation("before"):
        pass
    child = forking.Process(target=switch.pause)
    child.start()
    child.join(20)
    with operation("paused"):
        pass
    child = forking.Process(target=switch.resume)
    child.start()
    child.join(20)
    with operation("after"):
        pass
    assert [one.name for one in ended] == ["before", "after"]


@pytest.mark.django_db
def test_an_operation_that_was_paused_midway_ends(ended):
    with operation("midway"):
        switch.pause()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert [(one.name, one.queries) for one in ended] == [("midway", 0)]


def test_switched_off_in_the_settings_it_cannot_be_resumed(ended, monkeypatch):
    monkeypatch.setattr(switch, "installed", False)
    switch.resume()
    with operation("off"):
        pass
    assert ended == []
