"""The shell in a browser: script, policy, keyboard, narrow screens, and axe on every page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.conftest import PASSWORD, VIEWPORT, Findings, OpenPage, Site
from tests.e2e.servers import Server

pytestmark = pytest.mark.browser

# Every page of the console; `A ` is the app. A new page gets its line here.
PAGES = (
    "/console/apps/",
    "/console/apps/new/",
    "/console/profile/",
    "/console/password/",
    "/console/help/",
    "/console/audit/",
    "/console/operators/",
    "/console/operators/invite/",
    "A members/",
    "A settings/",
    "A settings/delete/",
    "A settings/clear/",
    "/console/settings/",
    "/console/nothing/",
    "A ",
    "A ?range=24h",
    "A connect/",
    "A connect/?sdk=native",
    "A connect/?sdk=web4",
    "A connect/?sdk=dongdong",
    "A credentials/",
    "A credentials/rotate/",
    "A audit/",
    "A audit/?actor=nobody",
)
LANGUAGES = ("en", "zh-hans")
WIDTHS = (1360, 390)
THEMES = ("light", "dark")
Looks = tuple[tuple[str, int], ...]
LOOKS: Looks = tuple(product(THEMES, WIDTHS))
AXE_RUN = """
async () => (await axe.run({resultTypes: ["violations"]})).violations
  .filter((v) => ["serious", "critical"].includes(v.impact))
  .map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " " + n.failureSummary))
"""


def sign_in(page: Page, site: Site) -> None:
    page.goto(site.url("/console/login/"))
    enter_password(page)


def enter_password(page: Page) -> None:
    page.fill("[data-test=login-name]", "root")
    page.fill("[data-test=login-password]", PASSWORD)
    page.click("[data-test=login-submit]")


def speak(page: Page, language: str) -> None:
    """The choice is kept in the operator's profile, so tests that read words make it."""
    if page.locator("[data-test=language-menu]").count():  # nobody is signed in
        page.click("[data-test=language-menu]")
    else:
        if not page.locator("#nav").is_visible():
            page.click("#nav-open")
        page.click("[data-test=operator-menu]")
    page.click(f"[data-test=language-{language}]")


@dataclass
class Look:
    """A signed-in page that stays open from one address to the next, in one language."""

    page: Page
    found: Findings
    language: str
    looks: Looks

    def check(self, url: str, axe_source: str) -> None:
        budget = Budget(self.page)
        self.page.goto(url)
        shown = self.page.locator("html").get_attribute("lang") or ""
        if shown.lower() != self.language:
            speak(self.page, self.language)
        budget.check()
        check_with_axe(self.page, axe_source, self.looks)
        assert self.found == Findings()


# axe takes a second a look: each language has one, the two differ in all; a long run has all.
ONE_LOOK: dict[str, Looks] = {LANGUAGES[0]: LOOKS[:1], LANGUAGES[1]: LOOKS[-1:]}
in_each_language = pytest.mark.parametrize(("language", "looks"), list(ONE_LOOK.items()))
SEEN = [
    *(pytest.param(seen, id=seen[0]) for seen in ONE_LOOK.items()),
    *(
        pytest.param((one, LOOKS), id=f"{one} in all looks", marks=pytest.mark.soak)
        for one in LANGUAGES
    ),
]


# One browser window for all addresses: a new one costs more than what is looked at in it.
@pytest.fixture(scope="module", params=SEEN)
def look(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Look]:
    # Reduced motion: axe must not see a colour half way between two themes.
    context = browser.new_context(
        storage_state=site.storage,
        reduced_motion="reduce",
        viewport=VIEWPORT,
    )
    found = Findings()
    found.watch(context, site.base)
    yield Look(context.new_page(), found, *request.param)
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_and_light_in_both_themes_and_widths(
    path: str, look: Look, site: Site, axe_source: str
):
    look.check(site.url(path), axe_source)


@in_each_language
def test_sign_in_is_accessible_and_light(
    language: str, looks: Looks, site: Site, visit: OpenPage, axe_source: str
):
    with visit(signed_in=False, reduced_motion="reduce") as page:
        budget = Budget(page)
        page.goto(site.url("/console/login/"))
        budget.check()
        speak(page, language)
        check_with_axe(page, axe_source, looks)


class Budget:
    """What a first view may weigh (console.md §2); watch before the page is opened."""

    HTML, CSS, JS = 60_000, 85_000, 90_000

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sizes: dict[str, int] = {}
        page.on("response", self._seen)

    def _seen(self, response: Response) -> None:
        # Files come compressed; this is what goes over the line.
        self.sizes[response.url] = int(response.headers.get("content-length", "0"))

    def check(self) -> None:
        page = self.page
        page.remove_listener("response", self._seen)
        weights = {
            "html": len(page.content().encode()),
            "css": sum(size for url, size in self.sizes.items() if ".css" in url),
            "js": sum(size for url, size in self.sizes.items() if ".js" in url),
        }
        assert weights["html"] <= self.HTML, (page.url, weights)
        assert 0 < weights["css"] <= self.CSS, (page.url, weights)
        assert 0 < weights["js"] <= self.JS, (page.url, weights)


def check_with_axe(page: Page, axe_source: str, looks: Looks) -> None:
    found: dict[str, Any] = {}
    page.evaluate(axe_source)
    for theme, width in looks:
        page.evaluate("t => document.documentElement.setAttribute('data-bs-theme', t)", theme)
        page.set_viewport_size({"width": width, "height": 900})
        found[f"{theme} {width}"] = page.evaluate(AXE_RUN)
        assert not overflows(page), f"{page.url} scrolls sideways at {width}"
    assert {k: v for k, v in found.items() if v} == {}, json.dumps(found, indent=1)


def check_in_both_languages(page: Page, axe_source: str) -> None:
    """One look in each language, which differ in all; the page is then as it was, in English."""
    check_with_axe(page, axe_source, ONE_LOOK[LANGUAGES[0]])
    speak(page, LANGUAGES[1])
    check_with_axe(page, axe_source, ONE_LOOK[LANGUAGES[1]])
    page.set_viewport_size({"width": 1360, "height": 900})
    speak(page, LANGUAGES[0])


def test_set_up_page_is_accessible_and_guesses_the_time_zone(
    browser: Browser, tmp_path: Path, axe_source: str
):
    server = Server(tmp_path / "data").start()
    try:
        context = browser.new_context(timezone_id="Asia/Shanghai", reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{server.base_url}/console/")
        expect(page.locator("[data-test=setup-zone]")).to_have_value("Asia/Shanghai")
        for language, looks in ONE_LOOK.items():
            speak(page, language)
            check_with_axe(page, axe_source, looks)
        context.close()
    finally:
        server.stop()


def overflows(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def test_LOG_2_signing_in_and_out_works_without_script(site: Site, visit: OpenPage):
    with visit(signed_in=False, script=False) as page:
        sign_in(page, site)
        # The only app's page, or the list once another test has made a second app.
        assert page.url in {site.url("A "), site.url("/console/apps/")}
        page.click("[data-test=operator-menu]")
        page.click("[data-test=logout]")
        assert page.url == site.url("/console/login/")


def test_menu_is_a_link_on_a_narrow_screen_without_script(site: Site, visit: OpenPage):
    with visit(script=False, viewport={"width": 390, "height": 800}) as page:
        page.goto(site.url("A connect/"))
        expect(page.locator("#nav")).to_be_hidden()
        page.click("#nav-open")
        page.click("[data-test=nav-credentials]")
        assert page.url == site.url("A credentials/")


def test_menu_opens_with_the_focus_in_it(site: Site, visit: OpenPage):
    with visit(viewport={"width": 390, "height": 800}) as page:
        page.goto(site.url("A connect/"))
        page.click("#nav-open")
        expect(page.locator("#nav")).to_be_visible()
        expect(page.locator("#nav .nav-close")).to_be_focused()
        page.click("#nav .nav-close")
        expect(page.locator("#nav-open")).to_be_focused()


def test_operator_menu_is_at_the_foot_of_the_side_bar(site: Site, visit: OpenPage, axe_source: str):
    """By keyboard, and on a narrow screen without script."""
    with visit(reduced_motion="reduce") as page:
        page.goto(site.url("A connect/"))
        page.locator("#nav [data-test=operator-menu]").press("Enter")
        foot, bar = page.locator(".sidebar-foot").bounding_box(), page.viewport_size
        assert foot is not None
        assert bar is not None
        assert bar["height"] - 60 < foot["y"] + foot["height"] <= bar["height"]
        for test in ("profile-link", "language-en", "theme-dark", "logout"):
            expect(page.locator(f"#nav [data-test={test}]")).to_be_in_viewport(ratio=1)
        check_with_axe(page, axe_source, tuple((theme, 1360) for theme in THEMES))
        page.keyboard.press("Escape")
        expect(page.locator("[data-test=operator-menu]")).to_be_focused()
        expect(page.locator("[data-test=logout]")).to_be_hidden()
    with visit(script=False, viewport={"width": 390, "height": 800}) as page:
        page.goto(site.url("A connect/"))
        for theme in ("dark", "system"):
            page.click("#nav-open")
            page.click("[data-test=operator-menu]")
            page.click(f"[data-test=theme-{theme}]")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_theme_system_follows_the_browser(site: Site, visit: OpenPage):
    with visit(color_scheme="dark") as page:
        page.goto(site.url("A connect/"))
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        page.emulate_media(color_scheme="light")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_identifier_copies_on_click(site: Site, visit: OpenPage):
    with visit(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(site.url("A connect/"))
        speak(page, "en")
        page.click("[data-copy='acme#demo']")
        expect(page.locator("[data-test=toast]")).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "acme#demo"


def test_times_switch_between_zone_utc_and_epoch(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A connect/"))
        shown = page.locator("main time").first
        local = shown.inner_text()
        page.click("[data-test=time-switch]")
        assert shown.inner_text().startswith("20")
        page.click("[data-test=time-switch]")
        at = datetime.fromisoformat(str(shown.get_attribute("datetime")))
        assert shown.inner_text() == str(round(at.timestamp() * 1000))
        page.click("[data-test=time-switch]")
        assert shown.inner_text() == local


def test_shortcuts_go_places_but_not_while_typing(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A connect/"))
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("a")
        page.wait_for_url("**/audit/")
        page.keyboard.press("/")
        expect(page.locator("#id_actor")).to_be_focused()
        page.keyboard.type("go")
        expect(page.locator("#id_actor")).to_have_value("go")


def test_filter_swaps_the_list_and_keeps_the_address(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A audit/"))
        assert page.locator("[data-test=audit-row]").count() > 0
        page.fill("#id_actor", "nobody")
        expect(page.locator("[data-test=empty-state]")).to_be_visible()
        assert "actor=nobody" in page.url
        expect(page.locator("#id_actor")).to_be_focused()


def test_failed_call_is_a_toast_and_leaves_the_page(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A audit/"))
        page.route("**/audit/?**", lambda route: route.fulfill(status=500, body="no"))
        page.fill("#id_actor", "x")
        expect(page.locator("[data-test=toast-error]")).to_contain_text("500")
        assert page.locator("[data-test=audit-row]").count() > 0


def test_error_summary_takes_the_focus(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("/console/apps/new/"))
        page.fill("[data-test=app-org]", "console")
        page.fill("[data-test=app-name]", "demo")
        page.click("[data-test=app-create-submit]")
        expect(page.locator("[data-test=error-summary]")).to_be_focused()
        expect(page.locator("[data-test=app-org]")).to_have_value("console")


def test_signed_out_tab_is_sent_to_sign_in_by_htmx(site: Site, visit: OpenPage):
    with visit(signed_in=False) as page:
        sign_in(page, site)
        page.goto(site.url("A audit/"))
        page.context.clear_cookies()
        page.fill("#id_actor", "x")
        page.wait_for_url("**/console/login/?next=*")
