"""For a store in a database of its own: `DATABASE_ROUTERS = ["monitoring.store.router.StoreRouter"]`."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from ..conf import conf

APP_LABEL = "tachograph"


class StoreRouter:
    """Sends the store's tables to the database that TACHOGRAPH["STORE_ALIAS"] names."""

    def db_for_read(self, model: type[Model], **_: Any) -> str | None:
        """The store's database for the store's tables; no opinion on others."""
        return conf().STORE_ALIAS if model._meta.app_label == APP_LABEL else None  # noqa: SLF001  # noqa: SLF001

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        """The store's tables are made in its database only."""
        return db == conf().STORE_ALIAS if app_label == APP_LABEL else None
