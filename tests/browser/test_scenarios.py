"""Scenarios from the page and by command, against real servers: good ones and a broken one."""

from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, OpenPage, Site
from tests.browser.test_shell import check_in_both_languages
from tests.e2e.servers import Server

pytestmark = pytest.mark.browser

DEADLINE_MS = 120_000


def names_on(page: Page, url: str, row: str) -> list[str]:
    page.goto(url)
    return [one.inner_text() for one in page.locator(row).all()]


def test_SCN_1_and_SCN_4_every_scenario_passes_on_every_wire_and_leaves_nothing(
    site: Site, visit: OpenPage
):
    with visit() as page:
        page.goto(site.url("A scenarios/"))
        page.click("[data-test=scenario-run-all]")
        page.evaluate("window.sameDocument = true")
        page.mouse.move(1, 1)
        run = page.locator("[data-test=run]")
        expect(run).to_have_attribute("data-state", "passed", timeout=DEADLINE_MS)
        assert page.evaluate("window.sameDocument") is True
        assert page.locator("[data-test=run-case][data-state=passed]").count() == 12
        assert page.locator("[data-test=run-stop]").count() == 0
    with visit(script=False) as page:
        assert names_on(page, site.url("A users/?q=sc-"), "[data-test=user-row]") == []
        for path in ("A groups/", "A rooms/"):
            rooms = names_on(page, site.url(path), "[data-test=room-row]")
            assert [name for name in rooms if "Scenario" in name] == []


def test_one_scenario_runs_and_is_followed_without_script(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        page.goto(site.url("A scenarios/"))
        for wire in ("xmpp", "msync"):
            page.uncheck(f"[name=wires][value={wire}]")
        page.click("[data-test=scenario-run-s1]")
        run = page.locator("[data-test=run]")
        expect(run).to_have_attribute("data-state", "passed", timeout=DEADLINE_MS)
        assert page.locator("[data-test=run-step][data-state=passed]").count() == 6


def test_SCN_2_and_SCN_3_broken_gateway_is_red_at_the_right_step_and_exits_1(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, axe_source: str
):
    folder = tmp_path_factory.mktemp("broken")
    server = Server(folder / "data", env={"IM_TEST_DROP_CHAT": "1"}).start()
    try:
        server.create_app("acme#demo")
        server.manage("create_operator", "root", "--admin", IM_OPERATOR_PASSWORD=PASSWORD)
        out = folder / "out.xml"
        command = ("run_scenarios", "--app", "acme#demo", "--only", "s2", "--wire", "msync")
        done = server.manage(*command, "--junit", str(out), check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        [failure] = ET.parse(out).getroot().iter("failure")
        assert "receives_once: expected 1 message with the id" in str(failure.get("message"))

        context = browser.new_context(locale="en-US", reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{server.base_url}/console/login/?next=/console/apps/acme/demo/scenarios/")
        page.fill("[data-test=login-name]", "root")
        page.fill("[data-test=login-password]", PASSWORD)
        page.click("[data-test=login-submit]")
        page.click("[data-test=run-row] th a")
        red = page.locator("[data-test=run-step][data-state=failed]")
        expect(red).to_have_attribute("data-key", "receives_once")
        assert "1 message with the id" in page.locator("[data-test=step-expected]").inner_text()
        assert "no message" in page.locator("[data-test=step-actual]").inner_text()
        assert "PROVISION" in page.locator("[data-test=step-lines]").inner_text()
        check_in_both_languages(page, axe_source)
        context.close()
    finally:
        server.stop()


def test_command_without_a_server_says_so(tmp_path_factory: pytest.TempPathFactory):
    server = Server(tmp_path_factory.mktemp("nobody") / "data")
    server.manage("migrate")
    done = server.manage(
        "run_scenarios", "--app", "acme#demo", "--url", server.base_url, check=False
    )
    assert done.returncode == 2
    assert "No server answers at" in done.stderr
