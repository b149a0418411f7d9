"""manage.py verify_optimizations: before and after an import, is the roll-up what it claims to be?"""

from contextvars import Context
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from communities.domain.verification import checks


class Command(BaseCommand):
    help = (
        "Check cached properties, missing records, and bulk results against individual ones. Writes nothing."
    )

    def handle(self, **options: Any) -> None:  # noqa: ARG002
        for name, check in checks().items():
            # Not part of this command's own record: a check syncs one by one on purpose.
            if wrong := Context().run(check):
                raise CommandError(f"FAILED: {name}: {wrong}")
            self.stdout.write(f"ok: {name}")
