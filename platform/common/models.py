"""What several apps' models share: who changed a row and when, and deletion that can be undone."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone


def _user(related: str, help_text: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name=related,
        help_text=help_text,
    )


class Tracked(models.Model):
    """created and updated, by and at."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    created_by = _user("+", "who entered it")
    updated_by = _user("+", "who changed it last")

    class Meta:
        abstract = True


class AliveManager(models.Manager):
    """Without the soft-deleted rows."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(deleted_at__isnull=True)


class SoftDeletable(models.Model):
    """`objects` leaves out what was soft-deleted, `all_objects` has it all.

    A model with a manager of its own declares both again.
    """

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = _user("+", "who deleted it")

    objects = AliveManager()
    all_objects = models.Manager()  # noqa: DJ012  (a manager, whatever its name)

    class Meta:
        abstract = True
        # Relations and refresh_from_db() reach a deleted row; lists ask `objects`.
        base_manager_name = "all_objects"

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def soft_delete(self, user: Any = None) -> Self:
        """Take the row out of every list and sum, and keep it. Twice is once."""
        if not self.is_deleted:
            self.deleted_at, self.deleted_by = timezone.now(), user
            self._save_deletion(user)
        return self

    def restore(self, user: Any = None) -> Self:
        """Bring a soft-deleted row back. A living row stays as it is."""
        if self.is_deleted:
            self.deleted_at = self.deleted_by = None
            self._save_deletion(user)
        return self

    def _save_deletion(self, user: Any) -> None:
        fields = ["deleted_at", "deleted_by"]
        if isinstance(self, Tracked):
            fields.append("updated_at")
            if user is not None:
                self.updated_by = user
                fields.append("updated_by")
        self.save(update_fields=fields)
