"""Which line is told: the application's innermost, relative to the project's root."""

import json
import os
import sys

from monitoring import origin


def test_the_callers_line_relative_to_the_projects_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # as `gunicorn --chdir platform` does
    place, bulk = origin.find()
    line = sys._getframe().f_lineno - 1
    function = "test_the_callers_line_relative_to_the_projects_root"
    assert str(place) == f"tests/monitoring/test_origin.py:{line} in {function}"
    assert place.module.endswith("test_origin")
    assert bulk is None


def test_a_library_between_is_not_the_line():
    place = json.loads("{}", object_hook=lambda _: origin.find()[0])
    assert place.file == "tests/monitoring/test_origin.py"


def test_files_of_libraries_and_of_the_application_are_told_apart():
    import django.db.models.query
    import rest_framework.views

    assert origin._role(rest_framework.views.__file__) == origin.LIBRARY
    assert origin._role(django.db.models.query.__file__) == origin.BULK
    assert origin._role(os.__file__) == origin.LIBRARY
    assert origin._role(__file__) == origin.APPLICATION
