"""django-unfold dresses the admin under its own policy; nothing else is granted it."""

import shutil

import pytest
from django.test import Client

from accounts.models import User

PAGES = ["/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/geography/region/",
         "/admin/communities/obccommunity/", "/admin/communities/provincecoverage/"]  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run", "--disable-gpu", "--disable-quic"]  # fmt: skip


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_the_admins_pages_answer_under_their_policy(boss: Client, page: str) -> None:
    answer = boss.get(page)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "/console/" in answer.content.decode()


@pytest.mark.parametrize("page", ["/api/municipalities", "/healthz"])
def test_nothing_else_is_granted_what_the_admin_needs(boss: Client, page: str) -> None:
    assert "unsafe" not in boss.get(page).headers.get("Content-Security-Policy", "")


@pytest.mark.needs("chromium")
@pytest.mark.django_db(transaction=True)
def test_the_browser_finds_no_violation(live_server, monkeypatch: pytest.MonkeyPatch) -> None:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        for path in PAGES:
            page.goto(live_server.url + path)
            page.wait_for_function("window.Alpine !== undefined")
        page.goto(live_server.url + PAGES[0])
        assert page.get_by_role("link", name="Console").first.is_visible()
        browser.close()
    assert complaints == []
