"""What "Copy as" prints for a send is run as printed, and sends the same message."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.requirements import need_command

pytestmark = pytest.mark.browser

TEXT = 'it\'s "quoted" $HOME `id` \\ 你好'
TOKEN = """
from accounts.actions.tokens import app_token_for_console
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.actions.im_users import register_user
app = get_app(Appkey("acme", "demo"))
register_user(app, username="copied", password="123456")
print("TOKEN", app_token_for_console(app, 600).token)
"""


def run(command: list[str], token: str, stdin: str = "") -> str:
    done = subprocess.run(
        command,
        input=stdin,
        env={**os.environ, "APP_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def received(page: Page, site: Site) -> list[str]:
    """The texts of the user's offline queue."""
    page.goto(site.url("A users/u/copied/queue/"))
    return [one.inner_text() for one in page.locator("[data-test=queue-row] .cell-text").all()]


def test_SND_7_printed_curl_python_and_java_send_the_same_message(
    site: Site, visit: OpenPage, tmp_path: Path
):
    need_command("curl")
    token = site.server.manage("shell", "-c", TOKEN).stdout.split("TOKEN ")[1].split()[0]
    with visit(script=False) as page:
        page.goto(site.url("A send/"))
        page.fill("[data-test=send-to]", "copied")
        page.fill("[data-test=send-text]", TEXT)
        page.fill("[data-test=send-ext]", '{"k": ["二", 1, null]}')
        page.click("[data-test=send-submit]")
        page.click("[data-test=copy-as] summary")
        printed = {
            name: page.locator(f"[data-test=copy-as-{name}]").inner_text()
            for name in ("curl", "python", "java", "php")
        }
        assert token not in "".join(printed.values())
        assert run(["bash"], token, printed["curl"]).count('"copied"') == 1
        assert run([sys.executable, "-"], token, printed["python"]).startswith("200 ")
        sent = 3
        java = tmp_path / "Calls.java"
        java.write_text(printed["java"])
        if subprocess.run(["which", "javac"], capture_output=True, check=False).returncode == 0:
            assert run(["java", str(java)], token).startswith("200 ")
            sent += 1
        texts = received(page, site)
        assert len(texts) == sent
        assert all(TEXT in text for text in texts)


def test_long_sample_is_shown_without_script_and_copied_with_it(site: Site, visit: OpenPage):
    """What would fill the page is behind it: a message of nearly five kilobytes."""
    text = "您好" * 800
    with visit(script=False) as page:
        page.goto(site.url("A send/?to=demo2"))
        page.fill("[data-test=send-text]", text)
        page.click("[data-test=send-submit]")
        job = page.url
        page.click("[data-test=copy-as] summary")
        page.click("[data-test=copy-as-python]")
        shown = page.locator("body").inner_text()
        assert shown.startswith("import os")
        assert text in shown
    with visit(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(job)
        page.click("[data-test=copy-as] summary")
        page.click("[data-copy-of=python]")
        expect(page.locator("[data-test=toast]")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()").strip() == shown.strip()


def test_name_in_a_list_copies_by_a_button_that_the_script_adds(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        page.goto(site.url("A users/new/"))
        page.fill("[data-test=user-username]", "listed-one")
        page.fill("[data-test=user-password]", "123456")
        page.click("[data-test=user-create-submit]")
        page.goto(site.url("A users/?q=listed"))
        assert page.locator("[data-test=user-row]").count() == 1
        assert page.locator("[data-test=user-row] button").count() == 0
    with visit(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(site.url("A users/"))
        page.fill("[name=q]", "listed")  # what htmx brings has its button, too
        expect(page.locator("[data-test=user-row]")).to_have_count(1)
        page.click("[data-test=user-row] .copy-button")
        expect(page.locator("[data-test=toast]")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "listed-one"
        assert page.url.endswith("/users/?q=listed") or "q=listed&" in page.url  # no link opened
