"""What all views of the system API share."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.actions.audit import is_admin
from monitoring.record import current
from monitoring.store.connection import is_possible

from .errors import Unavailable, as_api_exception, handler
from .parser import LimitedJSONParser


class IsSystemAdmin(BasePermission):
    """As TACHOGRAPH["IS_ADMIN"] says."""

    message = "Only administrators may use the system API."

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Whether it is one."""
        return is_admin(request.user)


class SystemView(APIView):
    """Admins only, JSON only, errors in the house's shape; 503 while the store's database is down."""

    operation_class = "system"
    needs_store = True
    permission_classes = (IsSystemAdmin,)
    renderer_classes = (JSONRenderer,)
    parser_classes = (LimitedJSONParser,)
    # Who is an admin may ask as often as a script needs to.
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the checks of who asks: whether there is a store at all."""
        super().initial(request, *args, **kwargs)
        if self.needs_store and not is_possible():
            raise Unavailable(
                "There is no store: it takes PostgreSQL. Name such a database in TACHOGRAPH['STORE_ALIAS']."
            )

    def get_exception_handler(self) -> Any:
        """The project's own, else ours."""
        return handler()

    def handle_exception(self, exc: Exception) -> Response:
        """As DRF does, of what DRF knows."""
        return super().handle_exception(as_api_exception(exc))

    @property
    def actor(self) -> dict[str, Any]:
        """Who acts, for monitoring.actions."""
        operation = current()
        return {"user": self.request.user, "request_id": operation.request_id if operation else ""}
