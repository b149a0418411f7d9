"""Who may do it, and the entry that says who did, or tried to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import router, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from monitoring.conf import conf
from monitoring.errors import ConfigurationError
from monitoring.store.models import AuditEntry

MAX_NAME: Final = 150


def is_admin(user: Any) -> bool:
    """Whether the user is active, and an admin by `admin_rule`."""
    return bool(user.is_authenticated and user.is_active and admin_rule()(user))


def admin_rule() -> Callable[[Any], bool]:
    """What TACHOGRAPH["IS_ADMIN"] names; without it superusers are admins. Raises ConfigurationError."""
    path = conf().IS_ADMIN
    try:
        rule: Callable[[Any], bool] = import_string(path) if path else _is_superuser
    except ImportError as error:
        raise ConfigurationError(
            f"TACHOGRAPH['IS_ADMIN'] = {path!r} cannot be imported: {error}. Give the dotted path of a "
            "function that takes a user and returns whether it is an admin."
        ) from error
    return rule


def _is_superuser(user: Any) -> bool:
    return bool(user.is_superuser)


def name_of(user: Any) -> str:
    """The user's login name, as the audit has it."""
    return str(user.get_username())[:MAX_NAME] if user.is_authenticated else "anonymous"


@contextmanager
def audited(user: Any, permission: str, action: str, target: str = "", **about: Any) -> Iterator[AuditEntry]:
    """Around an action: one transaction with its entry, whose `detail` the action may fill in.

    `permission` is a codename of `tachograph`, or "" for what admins do. `about`: request_id, and the detail.
    Raises PermissionDenied for who has it not; that is audited too.
    """
    entry = AuditEntry(
        at=timezone.now(),
        user=name_of(user),
        action=action,
        target=target,
        request_id=str(about.pop("request_id", ""))[:64],
        detail=about,
    )
    is_allowed = user.has_perm(f"tachograph.{permission}") if permission else is_admin(user)
    if not is_allowed:
        entry.detail = {"allowed": False}
        entry.save()
        needed = f"the permission tachograph.{permission}" if permission else "an administrator"
        raise PermissionDenied(f"{action} takes {needed}: ask for it.")
    with transaction.atomic(using=router.db_for_write(AuditEntry)):
        yield entry
        entry.save()
