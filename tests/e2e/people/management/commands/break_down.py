from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Ends with an exception that nobody handles."""

    def add_arguments(self, parser):
        parser.add_argument("name")

    def handle(self, *args, name, **options):
        raise RuntimeError(f"{name} is unknown")
