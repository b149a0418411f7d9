"""manage.py seed_demo: an administrator to log in as, and communities to look at."""

import secrets
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import Progress

from accounts.models import Role, User
from communities.domain.demo import COMMUNITIES, demo_seed
from geography.models import Barangay

ADMIN = "admin"


class Command(BaseCommand):
    help = (
        "Create the user `admin` (its password is DEMO_ADMIN_PASSWORD, or a new one that is printed) and "
        "communities in real barangays. A second run changes nothing."
    )

    def handle(self, **options: Any) -> None:  # noqa: ARG002
        self._admin(settings.DEMO_ADMIN_PASSWORD)
        if not Barangay.objects.exists():
            self.stdout.write(
                "No barangays yet, so no communities: run load_psgc first, then seed_demo again."
            )
            return
        with Progress(console=Console(file=self.stderr._out), transient=True) as progress:  # noqa: SLF001
            bar = progress.add_task("Communities", total=COMMUNITIES)
            made = demo_seed(step=partial(progress.advance, bar))
        self.stdout.write(
            f"{made} communities made." if made else "There are communities already: none made."
        )

    def _admin(self, password: str) -> None:
        user = User.objects.filter(username=ADMIN).first()
        if user is None:
            chosen = password or secrets.token_urlsafe(12)
            User.objects.create_superuser(ADMIN, password=chosen, role=Role.ADMIN)
            self.stdout.write(f"User {ADMIN} made" + ("." if password else f", with the password {chosen}"))
        elif password and not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
            self.stdout.write(f"User {ADMIN} has the password of DEMO_ADMIN_PASSWORD now.")
