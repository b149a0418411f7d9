"""What Celery does for coverage."""

from celery import shared_task

from .utils import sync_entire_hierarchy


@shared_task(operation_class="sync", acks_late=True)
def resync_coverage(region: str | None = None) -> dict[str, int | str | None]:
    """Recompute the coverage of the country, or of the region with these two digits. Twice is once."""
    return sync_entire_hierarchy(region)
