"""What a role may do in the monitoring's console."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

MONITORING = "tachograph."
SEE = "tachograph.view_console"


class RoleBackend(ModelBackend):
    """Admins may do all in the console, staff may look. What was granted by hand counts as well."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return (obj is None and _by_role(user_obj, perm)) or super().has_perm(user_obj, perm, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        by_role = app_label == "tachograph" and _by_role(user_obj, SEE)
        return by_role or super().has_module_perms(user_obj, app_label)


def _by_role(user: Any, perm: str) -> bool:
    if not (user.is_active and user.is_authenticated and perm.startswith(MONITORING)):
        return False
    return user.is_admin or (user.is_staff and perm == SEE)
