from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Ends well, or not."

    def add_arguments(self, parser):
        parser.add_argument("--fail", action="store_true")

    def handle(self, *args, **options):
        if options["fail"]:
            raise CommandError("planted")
