"""Where scenarios run: databases, cache keys, broker and mailbox of their own, never the user's."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import (
    override_settings,
    setup_databases,
    setup_test_environment,
    teardown_databases,
    teardown_test_environment,
)

from monitoring.cells import process
from monitoring.errors import BudgetError
from monitoring.record import _current
from monitoring.scenarios import Seed

from .caches import OwnCaches

SUFFIX = "gate"


class Environment:
    """An empty, migrated database and empty caches, as often as wanted."""

    def __init__(self, databases: "OwnDatabases", caches: OwnCaches) -> None:
        self._databases = databases
        self._caches = caches
        self._shared: tuple[Seed, int] | None = None
        self._world: Any = None

    def seeded(self, seed: Seed, size: int, *, is_shared: bool = False) -> Any:
        """What `seed(size)` gives, called with the databases as migrated and no cache entry.

        With `is_shared` nobody changes what it made, and the next who shares the same seed and size finds it.
        """
        self._caches.empty()
        if is_shared and self._shared == (seed, size):
            return self._world
        self._shared = None
        self._databases.clone()
        self._world = seed(size)
        self._shared = (seed, size) if is_shared else None
        return self._world

    @property
    def templates(self) -> Mapping[str, str]:
        """The migrated databases by alias, for another process to clone while this one is idle."""
        return self._databases.templates

    def release(self) -> None:
        """Let go of the databases, so that others may clone the templates."""
        self._shared = None
        self._databases.release()

    def empty_caches(self) -> None:
        """Forget what was cached; the databases stay."""
        self._caches.empty()


@contextmanager
def own_environment(
    *, keepdb: bool = False, instance: str = SUFFIX, templates: Mapping[str, str] | None = None
) -> Iterator[Environment]:
    """Everything a scenario may write to, made here and taken away at the end.

    The databases are named `test_<name>_<instance>`; with `keepdb` they stay for the next run. `templates`
    names databases, by alias, that are migrated already. Raises BudgetError when they cannot be made.
    """
    with ExitStack() as stack:
        setup_test_environment(debug=False)
        stack.callback(teardown_test_environment)
        stack.enter_context(_private_broker())
        stack.enter_context(_private_recorder())
        caches = stack.enter_context(OwnCaches.made())
        databases = OwnDatabases(instance)
        stack.callback(databases.destroy, keepdb=keepdb)
        if templates is None:
            databases.create(keepdb=keepdb)
        else:
            databases.adopt(templates)
        yield Environment(databases, caches)


@contextmanager
def _private_broker() -> Iterator[None]:
    """Tasks that an operation sends go nowhere: no worker may run them against the user's data."""
    names = ("CELERY_BROKER_URL", "CELERY_BROKER_WRITE_URL", "CELERY_BROKER_READ_URL")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "memory://localhost"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _private_recorder() -> Iterator[None]:
    """The scenarios' figures stay out of the service's metrics and log; the recorder's faults are raised."""
    disabled = logging.root.manager.disable
    token = _current.set(None)  # what runs here is no part of the command that is running
    variable = os.environ.pop("TACHOGRAPH_DIR", None)
    with TemporaryDirectory(prefix="tachograph-gate-") as directory:
        own = {**getattr(settings, "TACHOGRAPH", {}), "DIRECTORY": directory, "RAISE_FAULTS": True}
        logging.disable(logging.WARNING)
        try:
            with override_settings(TACHOGRAPH=own):
                process.forget()
                yield
                process.forget()
        finally:
            _current.reset(token)
            logging.disable(disabled)
            if variable is not None:
                os.environ["TACHOGRAPH_DIR"] = variable


class OwnDatabases:
    """Django's test databases under a name of their own, as templates that each run clones."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._created: list[tuple[BaseDatabaseWrapper, str, bool]] = []
        self._cloned = False
        self.templates: dict[str, str] = {}

    def create(self, *, keepdb: bool) -> None:
        """Make and migrate the templates. Raises BudgetError when the server refuses."""
        for connection in connections.all():
            name = connection.settings_dict["NAME"]
            connection.settings_dict["TEST"]["NAME"] = f"test_{name}_{self._instance}"
        try:
            if not keepdb:
                self._drop_left_behind()
            self._created = setup_databases(0, interactive=False, keepdb=keepdb, serialized_aliases=())
        except SystemExit as error:  # how Django says that the server refused
            raise BudgetError(
                "The gate's own database could not be made (the server's reason is above): the role needs "
                "CREATEDB, and no other gate may run on this database at the same time"
            ) from error
        except OperationalError as error:
            told = str(error).strip()
            raise BudgetError(
                f"The database cannot be reached, start it or set where it is: {told}"
            ) from error
        self.adopt({connection.alias: connection.settings_dict["NAME"] for connection in connections.all()})

    def _drop_left_behind(self) -> None:
        """A run that was killed, or kept its database, is no reason to complain."""
        for connection in connections.all():
            if connection.vendor == "postgresql":
                name = connection.ops.quote_name(connection.settings_dict["TEST"]["NAME"])
                with connection._nodb_cursor() as cursor:  # noqa: SLF001  (as Django's own creation does)
                    cursor.execute(f"DROP DATABASE IF EXISTS {name}")

    def adopt(self, templates: Mapping[str, str]) -> None:
        """Clone these databases, by alias, from here on."""
        self.templates = dict(templates)
        self.release()

    def clone(self) -> None:
        """Every alias uses a new copy of its template from here on."""
        self.release()
        for connection in self._firsts():
            connection.creation.clone_test_db(suffix=self._instance, verbosity=0)
        self._cloned = True
        for connection in connections.all():
            copy = connection.creation.get_test_db_clone_settings(self._instance)
            connection.settings_dict["NAME"] = copy["NAME"]

    def destroy(self, *, keepdb: bool) -> None:
        """Give the aliases their own databases back; drop the templates that were made here, unless kept."""
        self.release()
        teardown_databases(self._created, verbosity=0, keepdb=keepdb)

    def _firsts(self) -> list[BaseDatabaseWrapper]:
        """One connection per database: mirrors share their primary's."""
        by_database: dict[tuple[str, str, str], BaseDatabaseWrapper] = {}
        for connection in connections.all():
            config = connection.settings_dict
            by_database.setdefault((config["HOST"], str(config["PORT"]), config["NAME"]), connection)
        return list(by_database.values())

    def release(self) -> None:
        """Nothing is connected any more; the aliases name their templates."""
        for connection in connections.all():
            connection.close()
            close_pool: Any = getattr(connection, "close_pool", None)
            if close_pool is not None:
                close_pool()
            if connection.alias in self.templates:
                connection.settings_dict["NAME"] = self.templates[connection.alias]
        if self._cloned:
            for connection in self._firsts():
                connection.creation.destroy_test_db(suffix=self._instance, verbosity=0)
            self._cloned = False
