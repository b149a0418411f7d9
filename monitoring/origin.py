"""Which line of the application caused a query: the innermost frame that belongs to no library."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

import django
from django.conf import settings

if TYPE_CHECKING:
    from asyncio import Task

_DJANGO: Final = str(Path(django.__file__).parent) + "/"
_MONITORING: Final = str(Path(__file__).parent) + "/"
# Frames between the application and the database that say nothing of who asked.
_ORM: Final = (_DJANGO + "db/", _MONITORING, "<")
_LIBRARIES: Final = tuple(
    {sysconfig.get_paths()[name] + "/" for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)

# What a file can be to the walk.
LIBRARY, APPLICATION, ORM, BULK, TEMPLATE, SERIALIZER, BOUNDARY = range(7)
_BULK_CALLS: Final = frozenset(
    {"bulk_create", "bulk_update", "in_bulk", "delete", "collect", "_iterator", "prefetch_related_objects"}
)
_files: dict[str, int] = {}
_places: dict[tuple[object, ...], Place] = {}
# By a code object's address and the instruction; the code object is kept, so that no other has its address.
_lines: dict[tuple[int, int], tuple[CodeType, Place]] = {}
# By a serializer's class and its field.
_fields: dict[tuple[type[object], object], Place | None] = {}
MAX_PLACES: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A line of code: one object each, told apart by its identity.

    Printed as `file:line in function`, the file relative to the project's root.
    """

    module: str
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


UNKNOWN: Final = Place("", "?", "?", 0)


def _role(filename: str) -> int:
    if filename == _MONITORING + "middleware.py":
        return BOUNDARY
    if filename.startswith(_ORM) or "-packages/psycopg" in filename:
        return BULK if filename.endswith(("/models/query.py", "/models/deletion.py")) else ORM
    if filename == _DJANGO + "template/base.py":
        return TEMPLATE
    if filename.endswith("-packages/rest_framework/serializers.py"):
        return SERIALIZER
    return LIBRARY if filename.startswith(_LIBRARIES) or "-packages/" in filename else APPLICATION


@cache
def _base() -> Path:
    """The project's root, as `startproject` names it in the settings; else the working directory."""
    return Path(getattr(settings, "BASE_DIR", None) or Path.cwd())


def _relative(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_base())) if path.is_relative_to(_base()) else filename


def _place(frame: FrameType) -> Place:
    code = frame.f_code
    at = id(code), frame.f_lasti
    known = _lines.get(at)
    if known is not None:
        return known[1]
    key = code.co_filename, frame.f_lineno, code.co_qualname
    module = frame.f_globals.get("__name__", "")
    place = _intern(key, Place(module, code.co_qualname, _relative(code.co_filename), frame.f_lineno))
    if len(_lines) < MAX_PLACES:
        _lines[at] = code, place
    return place


def _intern(key: tuple[object, ...], place: Place) -> Place:
    """The one object for a place; UNKNOWN beyond MAX_PLACES, as of code that is made while it runs."""
    return _places.setdefault(key, place) if key in _places or len(_places) < MAX_PLACES else UNKNOWN


def _template_place(frame: FrameType) -> Place | None:
    """The line of the template whose node this frame renders."""
    node = frame.f_locals.get("self")
    token, origin = getattr(node, "token", None), getattr(node, "origin", None)
    if token is None or origin is None:
        return None
    name = str(origin.template_name or origin.name)
    place = Place(f"template {name}", type(node).__name__, name, token.lineno or 0)
    return _intern((place.module, place.line, place.function), place)


def _definition(kind: type[object]) -> tuple[str, int] | None:
    """The file and line of an application's class; None for a library's, or one without a source."""
    with suppress(OSError, TypeError):
        if _role(filename := inspect.getfile(kind)) == APPLICATION:
            return _relative(filename), inspect.getsourcelines(kind)[1]
    return None


def _serializer_place(frame: FrameType) -> Place | None:
    """The declaration of the serializer whose field this frame of Django REST framework renders."""
    variables = frame.f_locals
    kind: type[object] = type(variables.get("self"))
    field = getattr(variables.get("field"), "field_name", "")
    key = kind, field
    if key in _fields:
        return _fields[key]
    definition, found = _definition(kind), None
    if definition is not None:
        place = Place(kind.__module__, f"{kind.__qualname__}.{field}", *definition)
        found = _intern((place.file, place.line, place.function), place)
    if len(_fields) < MAX_PLACES:
        _fields[key] = found
    return found


_RENDERERS: Final = {
    TEMPLATE: ("render_annotated", _template_place),
    SERIALIZER: ("to_representation", _serializer_place),
}


def _declared_place(frame: FrameType, role: int) -> Place | None:
    """What the application declared and a library renders: a line of a template, a field of a serializer."""
    function, place_of = _RENDERERS[role]
    return place_of(frame) if frame.f_code.co_name == function else None


def find(  # noqa: C901  (runs for each repeated query: no call for a frame)
    depth: int = 1, task: Task[Any] | None = None
) -> tuple[Place, FrameType | None]:
    """The application's line that the caller (`depth` frames up) stands under.

    The second value is the frame of the bulk call (bulk_create, prefetch, ...) between the two, if there is
    one: queries of the same frame are pieces of one work. Where no application's frame is on the stack, the
    query runs in a thread for an async function, and the line where `task` awaits it counts; failing that,
    the innermost frame outside the ORM stands for it.
    """
    frame: FrameType | None = sys._getframe(depth)  # noqa: SLF001
    bulk: FrameType | None = None
    library: FrameType | None = None
    roles = _files
    while frame is not None:  # most frames are the ORM's: asked for first
        code = frame.f_code
        role = roles.get(code.co_filename)
        if role is None:
            role = roles[code.co_filename] = _role(code.co_filename)
        if role == ORM:
            pass
        elif role == BULK:
            if code.co_name in _BULK_CALLS:
                bulk = frame
        elif role == APPLICATION:
            return _place(frame), bulk
        elif role == BOUNDARY:
            break
        elif role in _RENDERERS and (found := _declared_place(frame, role)):
            return found, bulk
        elif role == LIBRARY and library is None:
            library = frame
        frame = frame.f_back
    awaiting = _awaiting(task) if task is not None else None
    found_frame = awaiting or library
    return (UNKNOWN if found_frame is None else _place(found_frame)), bulk


def _awaiting(task: Task[Any]) -> FrameType | None:
    """The innermost frame of the application among the coroutines that `task` is suspended in."""
    found: FrameType | None = None
    link: Any = task.get_coro()
    while link is not None:
        frame = getattr(link, "cr_frame", None) or getattr(link, "gi_frame", None)
        if frame is not None and _role(frame.f_code.co_filename) == APPLICATION:
            found = frame
        link = getattr(link, "cr_await", None) or getattr(link, "gi_yieldfrom", None)
    return found
