"""Who uses the platform, and as what."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    ADMIN = "admin", "Administrator"
    STAFF = "staff", "Staff"
    READER = "reader", "Reader"


class User(AbstractUser):
    """A person with one role. The role decides; `is_staff` follows it, so that Django's admin agrees."""

    role = models.CharField(max_length=10, choices=Role, default=Role.READER)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["admin", "staff", "reader"]), name="user_role_known"
            )
        ]

    @property
    def is_admin(self) -> bool:
        """Role admin, or a superuser."""
        return self.is_superuser or self.role == Role.ADMIN

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and self.role == Role.READER:
            self.role = self._role_of_flags()
        self.is_staff = self.is_superuser or self.role in (Role.ADMIN, Role.STAFF)
        fields = kwargs.get("update_fields")
        if fields is not None and {"role", "is_superuser", "is_staff"} & set(fields):
            kwargs["update_fields"] = {*fields, "is_staff"}
        super().save(*args, **kwargs)

    def _role_of_flags(self) -> Role:
        """createsuperuser and create_user(is_staff=True) know Django's flags and no role."""
        if self.is_superuser:
            return Role.ADMIN
        return Role.STAFF if self.is_staff else Role.READER
