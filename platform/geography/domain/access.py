"""Which staff may edit where: administrators everywhere, staff in the regions they serve."""

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import PermissionDenied

from geography.models import Region


def require_regions(user: Any, region_ids: Iterable[int]) -> None:
    """Raises PermissionDenied, with the names, unless `user` may edit in every one of the regions."""
    wanted = set(region_ids)
    if user.is_admin or not wanted:
        return
    if not user.is_staff:
        raise PermissionDenied("Readers may read only; ask an administrator for the role staff.")
    foreign = list(Region.objects.filter(pk__in=wanted).exclude(staff=user).values_list("name", flat=True))
    if foreign:
        raise PermissionDenied(f"You do not serve {', '.join(foreign)}; an administrator can assign you.")
