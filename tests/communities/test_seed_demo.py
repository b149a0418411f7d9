"""seed_demo: someone to log in as and something to look at, the same each time."""

import pytest
from django.core.management import call_command

from accounts.models import User
from communities.models import MunicipalityCoverage, OBCCommunity
from tests.communities.country import Country, assert_coverages_are_right


@pytest.fixture
def two_regions(country: Country) -> Country:
    from geography.models import Barangay, Municipality, Region

    far = Region.objects.create(code="13", name="National Capital Region")
    pateros = Municipality.objects.create(psgc_code="1381701000", name="Pateros", region=far)
    Barangay.objects.create(psgc_code="1381701001", name="Aguho", municipality=pateros)
    return country


def test_a_second_run_changes_nothing(
    two_regions: Country, settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO_ADMIN_PASSWORD = "a demo's password"
    call_command("seed_demo")
    assert User.objects.get().check_password("a demo's password")
    assert User.objects.get().is_admin
    assert MunicipalityCoverage.objects.count() == 5
    assert_coverages_are_right()
    before = list(OBCCommunity.objects.values()), list(User.objects.values())
    call_command("seed_demo")
    assert (list(OBCCommunity.objects.values()), list(User.objects.values())) == before
    assert "none made" in capsys.readouterr().out


def test_without_a_password_it_makes_one_and_says_it(two_regions: Country, settings, capsys) -> None:
    settings.DEMO_ADMIN_PASSWORD = ""
    call_command("seed_demo")
    password = capsys.readouterr().out.split("with the password ")[1].split()[0]
    assert User.objects.get().check_password(password)


@pytest.mark.django_db
def test_without_geography_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo")
    assert "load_psgc" in capsys.readouterr().out
