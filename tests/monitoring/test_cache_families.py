"""Key families: by a rule of the project, bounded, each look-up once."""

import pytest
from django.core.cache import caches

from monitoring import cache_families, operation
from monitoring.errors import ConfigurationError


@pytest.fixture(autouse=True)
def rule(settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CACHE_FAMILIES": r"([a-z]+:[a-z]+)"}
    cache_families._known.clear()
    caches["default"].clear()
    yield
    cache_families._known.clear()


def test_look_ups_are_counted_by_family(figure):
    cache = caches["default"]
    with operation("work") as found:
        cache.set("cadets:list:1", None)
        cache.get("cadets:list:1")
        cache.get_many(["cadets:list:1", "cadets:detail:2", "other"])
        cache.get_or_set("cadets:detail:3", 1)
        assert "cadets:list:1" in cache
        cache.get("nofamily")
    assert found.families == {
        ("default", "cadets:list", "hit"): 3,
        ("default", "cadets:detail", "miss"): 2,
    }
    assert figure("tacho_cache_family", "default", "cadets:list", "hit") == 3


def test_outside_of_operations_too(figure):
    caches["default"].get("cadets:list:9")
    assert figure("tacho_cache_family", "default", "cadets:list", "miss") == 1


def test_families_are_bounded(monkeypatch):
    monkeypatch.setattr(cache_families, "MAX_FAMILIES", 2)
    names = [cache_families.family(f"{name}:x:1") for name in ("a", "b", "c", "a")]
    assert names == ["a:x", "b:x", "_other", "a:x"]


@pytest.mark.parametrize("wrong", ["([a-z]+", "[a-z]+", "(a)(b)"])
def test_a_rule_that_cannot_be_used_says_why(settings, wrong):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CACHE_FAMILIES": wrong}
    with pytest.raises(ConfigurationError, match="CACHE_FAMILIES"):
        cache_families.family("x")
