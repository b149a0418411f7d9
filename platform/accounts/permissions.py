"""Who may do what, as DESIGN's three kinds of people."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


def is_admin(user: Any) -> bool:
    """For TACHOGRAPH["IS_ADMIN"]: who may use the system API."""
    return user.is_admin


class IsAdmin(BasePermission):
    message = "Only administrators may do this."

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        return request.user.is_authenticated and request.user.is_admin


class ReadOrStaff(BasePermission):
    """Anybody logged in reads; staff write."""

    message = "Readers may read only; ask an administrator for the role staff."

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        user = request.user
        return user.is_authenticated and (request.method in SAFE_METHODS or user.is_staff)
