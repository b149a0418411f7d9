"""The store's settings: what is checked, where its tables go, what the environment says."""

import pytest
from django.core.checks import ERROR, INFO, WARNING
from django.db import connections, router
from django.test import override_settings

from monitoring.conf import conf
from monitoring.store import install
from monitoring.store.checks import check_store
from monitoring.store.connection import Connection, is_possible
from monitoring.store.models import Query


@pytest.fixture
def store(settings, monkeypatch):
    """store(**keys) puts the store's settings in force."""
    monkeypatch.delenv("TACHOGRAPH_STORE", raising=False)
    conf.cache_clear()

    def put(**keys):
        settings.TACHOGRAPH = settings.TACHOGRAPH | {"STORE": True} | keys

    return put


def found():
    return [(one.level, one.id) for one in check_store(None)]


def test_all_is_well(store):
    store()
    assert found() == []


def test_a_retention_that_makes_no_sense_is_an_error(store):
    store(STORE_RETENTION={"hour": -1})
    assert found() == [(ERROR, "tachograph.E003")]


@pytest.mark.parametrize("seconds", [0, -5, "5", True, 86_400])
def test_an_interval_that_makes_no_sense_is_an_error(store, seconds):
    store(STORE_INTERVAL=seconds)
    assert found() == [(ERROR, "tachograph.E003")]


def test_an_alias_that_is_not_there_is_an_error(store):
    store(STORE_ALIAS="elsewhere")
    assert found() == [(ERROR, "tachograph.E004")]
    assert "It has: default." in check_store(None)[0].msg
    assert not is_possible()


@pytest.fixture
def second(monkeypatch):
    """second(engine) adds a database called `second`."""

    def add(engine):
        monkeypatch.setitem(
            connections.databases, "second", connections.databases["default"] | {"ENGINE": engine}
        )

    yield add
    if hasattr(connections._connections, "second"):
        del connections["second"]


def test_on_another_database_the_store_is_off_and_the_check_says_so(store, second):
    second("django.db.backends.sqlite3")
    store(STORE_ALIAS="second")
    assert found() == [(INFO, "tachograph.I001")]
    assert not is_possible()


def test_a_database_of_its_own_needs_the_router(store, second, settings):
    second("django.db.backends.postgresql")
    store(STORE_ALIAS="second")
    assert found() == [(WARNING, "tachograph.W003")]
    with override_settings(DATABASE_ROUTERS=["monitoring.store.router.StoreRouter"]):
        assert found() == []
        assert (router.db_for_read(Query), router.db_for_write(Query)) == ("second", "second")
        assert router.allow_migrate("second", "tachograph")
        assert not router.allow_migrate("default", "tachograph")
        assert router.allow_migrate("default", "accounts")


@pytest.mark.django_db
def test_the_store_writes_where_the_alias_says(store, second):
    second("django.db.backends.postgresql")
    store(STORE_ALIAS="second")
    own = Connection()
    with own.transaction() as cursor:
        cursor.execute("SELECT current_database(), current_setting('application_name')")
        assert cursor.fetchone() == (connections["second"].settings_dict["NAME"], "tachograph-store")
        assert own._wrapper.alias == "second"
    own.close()


def test_switched_off_it_is_not_checked_and_not_installed(store, second, monkeypatch):
    second("django.db.backends.sqlite3")
    store(STORE=False, STORE_ALIAS="second")
    assert found() == []
    monkeypatch.setattr(install, "on_finish", None)  # would break
    install.install()
    monkeypatch.setenv("TACHOGRAPH_STORE", "0")
    store(STORE=True)
    assert conf().STORE is False
