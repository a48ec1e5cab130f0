"""What the page of a send does as one writes, and how a recall's time runs down."""

import struct
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.test_shell import speak

pytestmark = pytest.mark.browser

DEADLINE_MS = 20_000


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(b"".join(b"\0" + b"\0" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_chosen_picture_is_shown_and_measured(site: Site, visit: OpenPage, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png(7, 5))
    (tmp_path / "b.png").write_bytes(png(9, 4))
    with visit() as page:
        page.goto(site.url("A send/"))
        page.check("[name=type][value=img]")
        page.set_input_files("[name=upload]", tmp_path / "a.png")
        expect(page.locator("[name=width]")).to_have_value("7", timeout=DEADLINE_MS)
        expect(page.locator("[name=height]")).to_have_value("5")
        expect(page.locator("[data-test=upload-preview]")).to_be_visible()
        page.set_input_files("[name=upload]", tmp_path / "b.png")
        expect(page.locator("[name=width]")).to_have_value("9", timeout=DEADLINE_MS)
        page.fill("[name=width]", "100")  # what somebody typed stays
        page.set_input_files("[name=upload]", tmp_path / "a.png")
        expect(page.locator("[name=height]")).to_have_value("5", timeout=DEADLINE_MS)
        expect(page.locator("[name=width]")).to_have_value("100")
        page.check("[name=type][value=file]")
        expect(page.locator("[data-test=upload-preview]")).to_have_count(0)


def test_text_over_the_apps_limit_is_not_sent(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A send/?to_type=user&to=nobody-there"))
        speak(page, "en")
        unknown = page.locator("[data-test=pick-unknown]")
        expect(unknown).to_contain_text("nobody-there", timeout=DEADLINE_MS)
        page.fill("[data-test=send-text]", "x" * 5121)
        expect(page.locator("[data-test=text-state]")).to_contain_text("5121 / 5120 bytes")
        page.click("[data-test=send-submit]")
        assert page.url == site.url("A send/?to_type=user&to=nobody-there")
        page.check("[name=type][value=cmd]")  # a hidden text holds nobody up
        page.fill("[data-test=send-action]", "go")
        page.click("[data-test=send-submit]")
        expect(page.locator("[data-test=send-nobody]")).to_be_visible()
        # The time that is left for a recall runs down.
        left = page.locator("[data-countdown]").first
        expect(left).not_to_have_text(left.inner_text(), timeout=DEADLINE_MS)


def test_a_group_is_found_by_its_name(site: Site, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A send/?to=demo9"))
        speak(page, "en")
        unknown = page.locator("[data-test=pick-unknown]")
        expect(unknown).to_contain_text("demo9", timeout=DEADLINE_MS)
        page.check("[name=to_type][value=group]")  # what stands there is judged anew
        expect(unknown).to_have_text("No such group: demo9", timeout=DEADLINE_MS)
        page.fill("[data-test=send-to]", "demo g")
        page.click("[data-test=pick] >> text=Demo group")
        group = page.locator("[data-test=send-to]").input_value().removesuffix(", ")
        assert group.isdigit()
        page.fill("[data-test=send-text]", "by name")
        page.click("[data-test=send-submit]")
        assert page.locator("[data-test=send-item]").get_attribute("data-id") == group
        # A filter suggests the same, and the address stays the list's.
        page.goto(site.url("A messages/?since=all"))
        page.fill("[name=room]", "demo g")
        page.click("[data-test=pick] >> text=Demo group")
        expect(page.locator("[data-test=message-row]").first).to_contain_text(
            "by name", timeout=DEADLINE_MS
        )
        assert f"room={group}" in page.url
        assert "picks" not in page.url
