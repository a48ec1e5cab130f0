"""Running an instance: operators and their links, files of users."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.test_shell import (
    Looks,
    check_in_both_languages,
    check_with_axe,
    in_each_language,
    speak,
)

pytestmark = pytest.mark.browser

NEW = "a-brand-new-secret-7"


def invitation(page: Page, site: Site, role: str = "viewer") -> str:
    page.goto(site.url("/console/operators/invite/?app=acme%23demo"))
    page.select_option("[data-test=invite-role]", role)
    page.click("[data-test=invite-submit]")
    return page.locator("[data-test=new-secret]").inner_text()


def test_OPS_1_invited_viewer_joins_by_link_and_the_link_is_dead(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        link = invitation(page, site)
    assert link.startswith(site.base)
    with visit(signed_in=False, script=False) as page:
        page.goto(link)
        page.fill("[data-test=join-name]", "guest")
        page.fill("[data-test=join-password]", NEW)
        page.fill("[data-test=join-password-again]", NEW)
        page.click("[data-test=join-submit]")
        assert page.url in {site.url("A "), site.url("A connect/")}, page.inner_text("main")
        page.goto(site.url("A users/"))
        assert page.locator("[data-test=user-new]").count() == 0
        answer = page.goto(link)
        assert answer is not None
        assert answer.status == 404
        assert page.locator("[data-test=link-void]").is_visible()
    with visit(script=False) as page:
        page.goto(site.url("/console/operators/"))
        page.click("[data-test=operator-row][data-name=guest] [data-test=operator-reset]")
        link = page.locator("[data-test=new-secret]").inner_text()
    with visit(signed_in=False, script=False) as page:
        page.goto(link)
        page.fill("[data-test=join-password]", f"{NEW}-again")
        page.fill("[data-test=join-password-again]", f"{NEW}-again")
        page.click("[data-test=join-submit]")
        assert page.url in {site.url("A "), site.url("A connect/")}
    with visit(script=False) as page:
        page.goto(site.url("/console/operators/"))
        page.click("[data-test=operator-row][data-name=guest] [data-test=operator-disable]")
        page.click("[data-test=confirm-submit]")
        guest = "[data-test=operator-row][data-name=guest]"
        assert page.locator(f"{guest} [data-test=operator-enable]").count() == 1
        page.goto(site.url("A members/"))
        page.click("[data-test=operator-member-row][data-name=guest] [data-test=make-operator]")
        page.click(
            "[data-test=operator-member-row][data-name=guest] [data-test=operator-member-remove]"
        )
        assert page.locator("[data-test=operator-member-row][data-name=guest]").count() == 0
    assert link.rsplit("/", 2)[1] not in site.server.log()


@in_each_language
def test_pages_behind_links_are_accessible(
    language: str, looks: Looks, site: Site, visit: OpenPage, axe_source: str
):
    with visit(script=False) as page:
        link = invitation(page, site)
        page.goto(site.url("/console/operators/"))
        page.click("[data-test=operator-row][data-name=root] [data-test=operator-reset]")
        reset = page.locator("[data-test=new-secret]").inner_text()
    with visit(signed_in=False, reduced_motion="reduce") as page:
        for address in (link, reset, f"{link[:-4]}zzz/"):
            page.goto(address)
            speak(page, language)
            check_with_axe(page, axe_source, looks)


def test_USR_4_and_USR_5_gb18030_file_is_checked_and_imported(
    site: Site, visit: OpenPage, tmp_path: Path, axe_source: str
):
    rows = "username,nickname,friends\nim1,张三,im2\nim2,李四,\nbad name,,\n,无,\nim1,,\n"
    (tmp_path / "people.csv").write_bytes(rows.encode("gb18030"))
    with visit(reduced_motion="reduce") as page:
        page.goto(site.url("A users/import/"))
        page.set_input_files("[data-test=import-file]", tmp_path / "people.csv")
        page.click("[data-test=import-submit]")
        expect(page.locator("[data-test=import-guess]")).to_have_text("gb18030")
        faults = page.locator("[data-test=import-fault]")
        assert [fault.get_attribute("data-id") for fault in faults.all()] == ["4", "5", "6"]
        with page.expect_download() as download:
            page.click("[data-test=import-errors]")
        assert download.value.path().read_text("utf-8-sig").count("\n") == 4
        check_in_both_languages(page, axe_source)
        page.click("[data-test=import-start]")
        expect(page.locator("[data-test=import-done]")).to_be_visible(timeout=60_000)
        expect(page.locator("[data-test=import-created]")).to_have_text("2")
        check_in_both_languages(page, axe_source)
        page.goto(site.url("A users/?q=im"))
        assert "张三" in page.locator("[data-test=user-row][data-id=im1]").inner_text()
        page.goto(site.url("A users/u/im2/roster/"))
        assert "im1" in page.locator("main").inner_text()
