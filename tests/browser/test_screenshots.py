"""Pictures of the key pages into var/screenshots/, to be looked at: `pytest -m soak <this file>`.

Of three of them a smaller copy with few colours is made for the README
(static/console/img/readme/).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients
from tests.browser.test_pages import located
from tests.browser.test_pages import names as demo_names
from tests.browser.test_shell import LANGUAGES, THEMES, speak

__all__ = ["demo_names"]

pytestmark = [pytest.mark.browser, pytest.mark.soak]

OUT = Path(__file__).resolve().parents[2] / "var" / "screenshots"
SIZE = {"width": 1360, "height": 850}
PAGES = {
    "dashboard": "A ",
    "connect": "A connect/",
    "users": "A users/",
    "user": "A users/u/demo1/",
    "group": "A groups/<g>/members/",
    "group-requests": "A groups/<g>/requests/",
    "group-files": "A groups/<g>/files/",
    "room-attributes": "A rooms/<r>/attributes/",
    "send": "A send/",
    "sent": "A send/<j>/",
    "messages": "A messages/?since=all",
    "scenarios": "A scenarios/",
    "import": "A users/import/",
    "members": "A members/",
    "settings": "A settings/",
    "delete": "A settings/delete/",
    "audit": "A audit/",
    "operators": "/console/operators/",
    "invite": "/console/operators/invite/",
    "instance": "/console/settings/",
    "help": "/console/help/",
}
IN_README = ("dashboard", "sent", "group")
COLOURS = 64


@pytest.fixture(scope="module")
def names(site: Site, demo_names: dict[str, str], browser: Any) -> Iterator[dict[str, str]]:
    """The last send reached somebody: demo1 has read it, demo2 has it, demo3 is away."""
    context = browser.new_context(java_script_enabled=False, storage_state=site.storage)
    page: Page = context.new_page()
    with LiveClients(site.server.ws_url, "acme#demo") as clients:
        demo1, demo2 = (clients.log_in(name, "123456") for name in ("demo1", "demo2"))
        group = demo_names["<g>"]
        page.goto(site.url(f"A send/?to_type=group&to={group}&text=您的订单已发货"))
        page.click("[data-test=send-submit]")
        job = page.url.rstrip("/").rsplit("/", 1)[1]
        mid = page.locator("[data-test=message-id]").first.inner_text()
        for one in (demo1, demo2):
            one.hears(mid)
            one.confirm({"type": "group", "id": group}, mid)
        demo1.read({"type": "group", "id": group}, mid)
        context.close()
        yield {**demo_names, "<j>": job}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_key_pages_are_pictured(
    language: str, theme: str, site: Site, names: dict[str, str], visit: OpenPage
):
    OUT.mkdir(parents=True, exist_ok=True)
    with visit(viewport=SIZE, color_scheme=theme, reduced_motion="reduce") as page:
        page.goto(site.url("/console/apps/"))
        speak(page, language)
        for name, path in PAGES.items():
            picture = shoot(page, located(site, path, names), f"{name}-{language}-{theme}")
            if name in IN_README and (language, theme) == ("en", "light"):
                make_small(picture, OUT / f"readme-{name}.png")
        if theme == "light":
            page.set_viewport_size({"width": 390, "height": 850})
            for name in ("dashboard", "group", "settings", "audit", "operators"):
                url = located(site, PAGES[name], names)
                shoot(page, url, f"{name}-{language}-{theme}-390")


def shoot(page: Page, url: str, name: str) -> Path:
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200, url
    # No idle network to wait for: live pages keep asking.
    page.wait_for_load_state("load")
    expect(page.locator("[data-live-state=reconnecting]")).to_have_count(0)
    path = OUT / f"{name}.png"
    page.screenshot(path=path)
    return path


def make_small(picture: Path, path: Path) -> None:
    with Image.open(picture) as whole:
        small = whole.convert("RGB").resize((1088, 680), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
