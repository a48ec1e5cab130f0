"""The console in headless Chromium, against a real server that was set up through its own page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.management import get_commands
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    ViewportSize,
    sync_playwright,
)

from tests.e2e.servers import Server
from tests.npm import installed
from tests.requirements import is_root, missing, need_chromium

PASSWORD = "correct-horse-9"
VIEWPORT: ViewportSize = {"width": 1360, "height": 900}
# The server by a name, as in a LAN without TLS: not an origin that browsers trust.
NAMED_HOST = "im.test"
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    # A camera that shows a picture of Chromium's own, and no question for it.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    f"--host-resolver-rules=MAP {NAMED_HOST} 127.0.0.1",
)
# Chromium writes a policy violation to the console, but not as an event that survives a
# navigation: our own line does.
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`POLICY ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Site:
    """A running server with acme#demo and its operator `root`."""

    server: Server
    storage: StorageState

    @property
    def base(self) -> str:
        return self.server.base_url

    def url(self, path: str) -> str:
        """`A connect/` is a page of the app."""
        return self.base + path.replace("A ", "/console/apps/acme/demo/")


@dataclass
class Findings:
    """What no page may cause; checked when the context closes."""

    policy: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext, base: str) -> None:
        context.add_init_script(WATCH_POLICY)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((base, "data:", "blob:"))
                else self.foreign.append(request.url)
            ),
        )

    def _on_console(self, message: ConsoleMessage) -> None:
        if "POLICY" in message.text or "Content Security Policy" in message.text:
            self.policy.append(message.text)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with the package: Playwright's sync API keeps a loop running in the main thread, where
    no other loop can run meanwhile."""
    path = need_chromium()
    sandbox = ("--no-sandbox",) if is_root() else ()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Set up without script, so that every run proves that it works (SET-3)."""
    if "up" not in get_commands():
        missing("manage.py up")
    env = {"IM_ALLOWED_HOSTS": NAMED_HOST}
    server = Server(tmp_path_factory.mktemp("browser") / "data", env).start()
    try:
        code = server.manage("setup_code").stdout.split()[2]
        context = browser.new_context(java_script_enabled=False, locale="en-US")
        page = context.new_page()
        page.goto(f"{server.base_url}/console/")
        page.fill("[data-test=setup-code]", code)
        page.fill("[data-test=setup-name]", "root")
        page.fill("[data-test=setup-password]", PASSWORD)
        page.fill("[data-test=setup-password-again]", PASSWORD)
        page.fill("[data-test=setup-org]", "acme")
        page.fill("[data-test=setup-app]", "demo")
        page.click("[data-test=setup-submit]")
        assert page.url.endswith("/console/apps/acme/demo/connect/"), page.inner_text("main")
        made = Site(server, context.storage_state())
        context.close()
        yield made
    finally:
        server.stop()


OpenPage = Callable[..., Any]


@pytest.fixture
def visit(browser: Browser, site: Site) -> OpenPage:
    """`with visit(signed_in=…, script=…, …) as page:`; policy, hosts and errors are checked."""

    @contextmanager
    def opened(*, signed_in: bool = True, script: bool = True, **options: Any) -> Iterator[Page]:
        options.setdefault("locale", "en-US")
        options.setdefault("viewport", VIEWPORT)
        if signed_in:
            options["storage_state"] = site.storage
        context = browser.new_context(java_script_enabled=script, **options)
        found = Findings()
        found.watch(context, site.base)
        try:
            yield context.new_page()
        finally:
            context.close()
        assert found == Findings()

    return opened


@pytest.fixture(scope="session")
def axe_source() -> str:
    """axe-core's script."""
    return (installed("axe", "axe-core@4") / "axe-core" / "axe.min.js").read_text()
