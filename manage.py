#!/usr/bin/env python
"""Django's command line, with platform/ on the path."""

import os
import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(1, str(Path(__file__).resolve().parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    from django.core.management import execute_from_command_line  # noqa: PLC0415  (the path comes first)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
