"""The console in a real browser: what somebody who hunts a slow query sees, does, and can read."""

import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts.models import User
from monitoring.hooks import on_finish
from monitoring.store import models as store
from monitoring.store.service import Service
from tests.monitoring.console.story import FINGERPRINT, Story, client_of, person

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run", "--disable-gpu", "--disable-quic"]  # fmt: skip
PASSWORD = "boss's password"
PAGES = ["", "endpoints/", "endpoints/{operation}/", "queries/", f"queries/{FINGERPRINT}/", "nplusone/",
         "cache/", "database/", "budgets/", "recorder/", "queries/none/"]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _sync_playwright_runs_a_loop():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="module")
def browser(_sync_playwright_runs_a_loop):
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser, live_server):
    """open_page(client, **context): a page, logged in as the client is. Whatever it complains of fails."""
    complaints, asked, contexts = [], [], []

    def opened(client=None, **context) -> Page:
        options = {"base_url": live_server.url, "viewport": {"width": 1280, "height": 900}} | context
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        if client is not None:
            cookie = client.cookies["sessionid"].value
            contexts[-1].add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.on("console", lambda said: complaints.append(said.text) if said.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        return page

    opened.complaints = complaints
    yield opened
    for context in contexts:
        context.close()
    assert [text for text in complaints if "status of 404" not in text] == []
    assert [url for url in asked if not url.startswith(live_server.url)] == []


@pytest.fixture
def stored():
    """A store that writes at once what ends meanwhile: `stored.flush()`."""
    service = Service()
    receiver = on_finish.connect(lambda operation: service._ended.append((operation, False)))
    service.write = lambda: (service.take_in(), service.flush())
    yield service
    on_finish.disconnect(receiver)
    service._sender.connection.close()


@pytest.fixture
def slow_thing():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE slow_thing AS SELECT g AS id, 'x' || g AS name FROM generate_series(1, 20000) g"
        )
        cursor.execute("ANALYZE slow_thing")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE slow_thing")


def test_from_the_login_to_the_line_the_plan_and_the_acknowledgement(
    open_page, stored, slow_thing, settings, client
):
    settings.ROOT_URLCONF = "tests.monitoring.console.slow_urls"
    User.objects.create_superuser("boss", password=PASSWORD)
    for _ in range(3):
        assert client.get("/api/slow-things").json()["data"] == [[1, "x1"]]
    stored.write()

    page = open_page()
    page.goto("/console/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.goto("/console/?window=15m")
    page.get_by_role("link", name="slow_thing").first.click()

    expect(page.get_by_role("row", name="slow_urls.py:").first).to_contain_text("in slow_list")
    expect(page.get_by_role("row", name="GET /api/slow-things").first).to_contain_text("3")
    page.get_by_role("button", name="Explain now").click()
    expect(page.get_by_role("status").first).to_contain_text("explained")
    expect(page.locator(".node.costly")).to_contain_text("Seq Scan on slow_thing")
    expect(page.locator(".advice pre")).to_have_text(
        re.compile(r"CREATE INDEX CONCURRENTLY slow_thing_name_idx ON (public\.)?slow_thing \(name\)")
    )
    page.get_by_label("Note").fill("OPS-7")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#origins")).to_contain_text("known to boss")
    assert store.Acknowledgement.objects.get().note == "OPS-7"

    page.get_by_role("link", name="Queries", exact=True).first.click()
    expect(page.locator("#queries")).to_contain_text("acknowledged")
    page.get_by_role("button", name="Count from now").click()
    expect(page.get_by_text("reset by boss")).to_be_visible()
    expect(page.locator("#queries")).not_to_contain_text("slow_thing")
    page.get_by_role("button", name="Undo the reset").click()
    expect(page.locator("#queries")).to_contain_text("slow_thing")


def test_who_lacks_the_permission_sees_nothing(open_page, settings):
    settings.TACHOGRAPH = settings.TACHOGRAPH | {"CONSOLE_PERMISSION": "tachograph.nobody_has_this"}
    Story()
    page = open_page(client_of(person()))
    for path in PAGES[:6]:
        assert page.goto(f"/console/{path.format(operation=1)}").status in (403, 404)
        expect(page.locator("body")).not_to_contain_text("thing")
    assert {text for text in open_page.complaints if "status of 403" in text}
    open_page.complaints.clear()


def test_a_chart_draws_what_its_table_says(open_page):
    story = Story()
    page = open_page(client_of(User.objects.create_superuser("boss")))
    page.goto(f"/console/endpoints/{story.operation.pk}/?window=15m")
    chart = page.locator("figure[data-chart=runs]")
    expect(chart.locator("canvas")).to_be_visible()
    chart.get_by_text("Numbers").click()
    assert [text for text in chart.locator("tbody td").all_text_contents() if text != "0"] == ["10"] * 5
    data = page.evaluate("JSON.parse(document.getElementById('runs').textContent)")
    assert [value for value in data["series"][0]["values"] if value] == [10] * 5
    # Something is drawn: pixels that are not transparent.
    assert page.evaluate("""() => {
        const canvas = document.querySelector("figure[data-chart=runs] canvas");
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.some((value) => value > 0);
    }""")


def test_it_refreshes_itself_pauses_and_stays_off_for_who_asks_for_less_motion(open_page):
    story = Story()
    boss = client_of(User.objects.create_superuser("boss"))
    page = open_page(boss)
    page.clock.install()
    page.goto("/console/queries/?window=15m")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    story.add_query("00000000000000bb", "SELECT * FROM late_comer", minutes=1)
    page.clock.run_for(11_000)
    expect(page.locator("#queries")).to_contain_text("late_comer")
    page.get_by_role("button", name="Live").click()
    expect(page.get_by_role("button", name="Live off")).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Search").click()
    calm = open_page(boss, reduced_motion="reduce")
    calm.goto("/console/queries/?window=15m")
    expect(calm.get_by_role("button", name="Live off")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_everybody_can_read_it(open_page, scheme, width):
    story = Story()
    story.trace()
    story.plan()
    store.Deploy.objects.create(at=story.now, revision="v1", by="ci")
    page = open_page(
        client_of(User.objects.create_superuser("boss")),
        color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce",
        bypass_csp=True,
    )  # fmt: skip
    serious = {}
    for path in PAGES:
        page.goto(f"/console/{path.format(operation=story.operation.pk)}?window=15m")
        found = Axe().run(page).response["violations"]
        serious |= {
            (path, one["id"]): [node["html"][:200] for node in one["nodes"]][:3]
            for one in found
            if one["impact"] in ("serious", "critical")
        }
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if beyond > 0:
            serious[path, "wider than the screen"] = beyond
    assert serious == {}


def test_the_keyboard_reaches_the_content_first(open_page):
    page = open_page(client_of(User.objects.create_superuser("boss")))
    page.goto("/console/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
