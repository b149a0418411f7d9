"""Resident memory of a worker that has served so many operations and statements, each once.

Run bare and with the recorder: the difference is what the recorder keeps, its own code included.
"""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path

FIRST_WORKER = "import django, bench.micro.memory as memory; django.setup(); memory.serve(1, 4)"


def statements(number: int, of: int) -> list[str]:
    """`of` statements, as long as an ORM's, that no other number has."""
    columns = ", ".join(f'"lab_cadet"."column_{number}_{place}"' for place in range(12))
    return [
        f'SELECT {columns} FROM "lab_cadet" WHERE "lab_cadet"."filter_{n}" = %s'  # noqa: S608  (ours alone)
        for n in range(of)
    ]


def serve(operations: int, fingerprints: int) -> None:
    """A service of `operations` routes, which share the statements among them; every route is called once."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connections
    from django.db.backends.utils import CursorWrapper

    from bench.child import Caller
    from bench.lab import urls
    from bench.lab.stills import StillCursor

    connection = connections["default"]
    connection.ensure_connection()
    cursor = CursorWrapper(StillCursor(), connection)

    def view(_: HttpRequest, number: str) -> HttpResponse:
        for sql in statements(int(number), fingerprints // operations):
            cursor.execute(sql, (1,))
        return HttpResponse("ok")

    for number in range(operations):
        urls.urlpatterns.append(path(f"resources/{number}/<number>", view))
    caller = Caller(WSGIHandler())
    for number in range(operations):
        caller.block(f"resources/{number}/{number}", 1, 0)


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(operations: int, fingerprints: int) -> None:
    # A worker is seldom its project's first: what the first leaves for the others is there.
    subprocess.run([sys.executable, "-c", FIRST_WORKER], check=True)
    django.setup()
    start = resident_bytes()
    serve(operations, fingerprints)
    print(json.dumps({"start": start, "end": resident_bytes()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
