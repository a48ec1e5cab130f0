"""An instance's first hour in a browser without script: set-up, sign-in, apps, secrets, operators.

The tests run in their order on one server of their own, and each also alone: `fresh` makes the
operator that those after set-up need.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from imadmin.console.snippets import PLACEHOLDER
from tests.browser.conftest import PASSWORD, Findings
from tests.e2e.servers import Server
from tests.e2e.test_connect_snippets import statuses_of
from tests.requirements import need_command

pytestmark = pytest.mark.browser

VIEWER_PASSWORD = "look-only-and-nothing-5"
APP = "/console/apps/acme/demo/"


class Fresh:
    """A new instance; `page()` is a browser without cookies, or the first operator's."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser = browser
        self.server = server
        self.storage: Any = None

    @contextmanager
    def page(self, storage: Any = None) -> Iterator[Page]:
        context = self.browser.new_context(
            java_script_enabled=False, locale="en-US", storage_state=storage
        )
        found = Findings()
        found.watch(context, self.server.base_url)
        try:
            yield context.new_page()
        finally:
            context.close()
        assert found == Findings()

    @contextmanager
    def operator(self) -> Iterator[Page]:
        """The first operator's page; set-up is done now if it was not."""
        if self.storage is None:
            with self.page() as page:
                self.goto(page, "/console/")
                self.set_up(page, self.code())
                self.storage = page.context.storage_state()
        with self.page(self.storage) as page:
            yield page

    @contextmanager
    def viewer(self) -> Iterator[Page]:
        named = ("look", "--role", "viewer", "--app", "acme#demo")
        self.server.manage(
            "create_operator", *named, check=False, IM_OPERATOR_PASSWORD=VIEWER_PASSWORD
        )
        with self.page() as page:
            sign_in(self, page, "look", VIEWER_PASSWORD)
            yield page

    def code(self) -> str:
        return self.server.manage("setup_code").stdout.split()[2]

    def goto(self, page: Page, path: str) -> int:
        answer = page.goto(self.server.base_url + path)
        assert answer is not None
        return answer.status

    def set_up(self, page: Page, code: str, password: str = PASSWORD) -> None:
        fields = {"code": code, "name": "root", "password": password, "password-again": password}
        fields |= {"org": "acme", "app": "demo"}
        for name, value in fields.items():
            page.fill(f"[data-test=setup-{name}]", value)
        page.click("[data-test=setup-submit]")

    def new_app(self, page: Page, name: str) -> str:
        """Make acme#name; its secret."""
        self.goto(page, "/console/apps/new/")
        page.fill("[data-test=app-org]", "acme")
        page.fill("[data-test=app-name]", name)
        page.click("[data-test=app-create-submit]")
        return page.locator("[data-test=new-client-secret]").inner_text()

    def token(self, secret: str) -> httpx.Response:
        body = {"grant_type": "client_credentials", "client_id": self.client_id,
                "client_secret": secret}  # fmt: skip
        return httpx.post(f"{self.server.base_url}/acme/demo/token", json=body)

    @property
    def client_id(self) -> str:
        with self.operator() as page:
            self.goto(page, f"{APP}credentials/")
            return page.locator("[data-test=client-id]").inner_text()

    def rotate(self, grace: str) -> str:
        """The new secret, off the page that shows it."""
        with self.operator() as page:
            self.goto(page, f"{APP}credentials/")
            page.click("[data-test=secret-rotate]")
            page.select_option("[name=grace]", grace)
            page.click("[data-test=confirm-submit]")
            return page.locator("[data-test=new-client-secret]").inner_text()


@pytest.fixture(scope="module")
def fresh(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    server = Server(tmp_path_factory.mktemp("fresh") / "data").start()
    yield Fresh(browser, server)
    server.stop()


def sign_in(fresh: Fresh, page: Page, name: str, password: str, following: str = "") -> None:
    fresh.goto(page, f"/console/login/{following}")
    page.fill("[data-test=login-name]", name)
    page.fill("[data-test=login-password]", password)
    page.click("[data-test=login-submit]")


def test_SET_1_fresh_database_leads_to_set_up(fresh: Fresh):
    with fresh.page() as page:
        fresh.goto(page, "/console/apps/")
        assert page.url.endswith("/console/setup/")


def test_SET_2_five_wrong_codes_void_the_right_one(fresh: Fresh):
    code = fresh.code()
    with fresh.page() as page:
        fresh.goto(page, "/console/")
        for _ in range(5):
            fresh.set_up(page, "AAAA-AAAA-AAAA")
        fresh.set_up(page, code)
        assert page.url.endswith("/console/setup/")
        assert page.locator("#id_code_error").is_visible()


def test_SET_4_weak_password_is_refused_beside_the_field(fresh: Fresh):
    with fresh.page() as page:
        fresh.goto(page, "/console/")
        fresh.set_up(page, fresh.code(), "nine-char")
        assert "10 characters" in page.locator("#id_password_error").inner_text()
        assert page.input_value("[data-test=setup-name]") == "root"


def test_SET_3_after_set_up_the_operator_sees_connect_and_set_up_is_gone(fresh: Fresh):
    with fresh.operator() as page:
        fresh.goto(page, f"{APP}connect/")
        assert page.locator("[data-test=sample-curl]").count() == 1
        assert fresh.goto(page, "/console/setup/") == 404


def test_APP_1_secret_is_shown_once(fresh: Fresh):
    with fresh.operator() as page:
        secret = fresh.new_app(page, "second")
        assert secret.startswith("YXA6")
        page.reload()
        assert secret not in page.content()
        fresh.goto(page, "/console/apps/acme/second/credentials/")
        assert secret not in page.content()


def test_APP_2_reserved_organisation_is_refused(fresh: Fresh):
    with fresh.operator() as page:
        fresh.goto(page, "/console/apps/new/")
        page.fill("[data-test=app-org]", "console")
        page.fill("[data-test=app-name]", "demo")
        page.click("[data-test=app-create-submit]")
        assert page.locator("#id_org_error").is_visible()
        assert page.input_value("[data-test=app-name]") == "demo"


def test_APP_3_only_an_admin_sees_new_app(fresh: Fresh):
    with fresh.operator() as page:
        fresh.goto(page, "/console/apps/")
        assert page.locator("[data-test=app-new]").count() == 1
    with fresh.viewer() as page:
        fresh.goto(page, "/console/apps/")
        assert page.locator("[data-test=app-new]").count() == 0
        assert fresh.goto(page, "/console/apps/new/") in {403, 404}


def test_CRD_1_rotated_secret_replaces_the_old_one_at_once(fresh: Fresh):
    old, new = fresh.rotate("0"), fresh.rotate("0")
    refused = fresh.token(old)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert fresh.token(new).status_code == 200


def test_CRD_2_with_grace_both_secrets_work_for_an_hour(fresh: Fresh):
    old, new = fresh.rotate("0"), fresh.rotate("3600")
    assert [fresh.token(secret).status_code for secret in (old, new)] == [200, 200]


def test_CRD_3_no_secret_in_the_page_after_a_reload(fresh: Fresh):
    secret = fresh.rotate("0")
    with fresh.operator() as page:
        fresh.goto(page, f"{APP}credentials/")
        assert secret not in page.content()
        assert secret[-4:] in page.locator("[data-test=secret-mask]").inner_text()


def test_CON_1_printed_curl_block_gets_200_for_every_call(fresh: Fresh):
    """As printed, with the real secret put in."""
    need_command("curl")
    with fresh.operator() as page:
        secret = fresh.new_app(page, "shell")
        fresh.goto(page, "/console/apps/acme/shell/connect/?sdk=curl")
        printed = page.locator("[data-test=sample-curl]").inner_text()
    assert PLACEHOLDER in printed
    assert statuses_of(printed.replace(PLACEHOLDER, secret)) == ["STATUS 200"] * 9


def test_OPS_2_viewers_attempt_to_create_a_user_is_403_and_audited(fresh: Fresh):
    """The button is not offered: what an operator would post, with a viewer's session."""
    with fresh.viewer() as page:
        fresh.goto(page, f"{APP}users/")
        assert page.locator("[data-test=user-new]").count() == 0
        token = next(
            cookie["value"] for cookie in page.context.cookies() if "csrf" in str(cookie["name"])
        )
        answer = page.context.request.post(
            f"{fresh.server.base_url}{APP}users/new/",
            form={"username": "sneaked", "password": "1", "csrfmiddlewaretoken": str(token)},
            headers={"Referer": fresh.server.base_url, "Origin": fresh.server.base_url},
        )
        assert answer.status == 403
        assert 'data-test="error-page"' in answer.text()
    with fresh.operator() as page:
        fresh.goto(page, f"{APP}audit/")
        row = page.locator("[data-test=audit-row]").first.inner_text()
        assert "look" in row
        assert "user.create" in row
        fresh.goto(page, f"{APP}users/?q=sneaked")
        assert page.locator("[data-test=user-row]").count() == 0


def test_LOG_3_next_leads_only_into_this_console(fresh: Fresh):
    with fresh.operator():
        pass  # there is somebody to sign in
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        with fresh.page() as page:
            sign_in(fresh, page, "root", PASSWORD, f"?next={target}")
            assert page.url.startswith(f"{fresh.server.base_url}/console/")


def test_LOG_1_sixth_failure_shows_a_wait(fresh: Fresh):
    with fresh.operator():
        pass
    with fresh.page() as page:
        told = []
        for _ in range(6):
            sign_in(fresh, page, "root", "not-this-one-either")
            told.append(page.locator("[data-test=error-summary]").inner_text())
    assert len(set(told[:5])) == 1
    assert told[5] not in told[:5]
    assert any(character.isdigit() for character in told[5])
