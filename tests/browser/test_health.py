"""The health of a scaled-out instance, as its page tells it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD
from tests.e2e.backends import PrivateRedis, database
from tests.e2e.servers import Server
from tests.requirements import need_command, need_postgres

DEADLINE_MS = 30_000
pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.redis]


@contextmanager
def scaled_out(tmp_path: Path) -> Iterator[tuple[Server, PrivateRedis]]:
    """A server on PostgreSQL and a Redis that may be stopped, with an instance admin `root`."""
    need_command("redis-server")
    redis = PrivateRedis(tmp_path).start()
    with database(need_postgres(), f"imadmin_health_{os.getpid()}") as url:
        env = {"DATABASE_URL": url, "REDIS_URL": redis.url}
        server = Server(tmp_path / "data", env, ("--workers", "2"))
        try:
            server.start()
            server.manage("create_operator", "root", "--admin", IM_OPERATOR_PASSWORD=PASSWORD)
            yield server, redis
        finally:
            server.stop()
            redis.stop()


def sign_in(page: Page, server: Server, then: str) -> None:
    page.goto(f"{server.base_url}/console/login/?next={then}")
    page.fill("[data-test=login-name]", "root")
    page.fill("[data-test=login-password]", PASSWORD)
    page.click("[data-test=login-submit]")


def test_CFG_3_and_DSH_3_stopped_redis_is_told_and_pages_go_on(browser: Browser, tmp_path: Path):
    """The open dashboard says it by itself; with Redis back the strip goes."""
    with scaled_out(tmp_path) as (server, redis):
        server.create_app("acme#demo")
        context = browser.new_context(locale="en-US")
        board, health = context.new_page(), context.new_page()
        home = "/console/apps/acme/demo/"
        sign_in(board, server, home)
        strip = board.locator("[data-test=live-strip]")
        expect(board.locator("[data-test=live-state]")).to_have_text("live", timeout=DEADLINE_MS)
        expect(strip).to_have_count(0)
        health.goto(f"{server.base_url}/console/settings/")
        line = health.locator("[data-test=health-row][data-id=redis]")
        assert line.get_attribute("data-ok") == "yes"
        workers = health.locator("[data-test=process-row][data-ok=yes]")
        expect(workers).to_have_count(2, timeout=DEADLINE_MS)  # their layer is measured first
        layer = health.locator("[data-test=health-row][data-id=layer]")
        expect(layer).to_have_attribute("data-ok", "yes", timeout=DEADLINE_MS)
        assert "ms there and back" in layer.inner_text()
        redis.stop()
        health.reload()
        assert line.get_attribute("data-ok") == "no"
        assert "Start Redis" in line.inner_text()
        expect(workers).to_have_count(0, timeout=DEADLINE_MS)
        expect(layer).to_have_attribute("data-ok", "no", timeout=DEADLINE_MS)
        expect(strip).to_be_visible(timeout=DEADLINE_MS)
        for path in (home, f"{home}users/", f"{home}sessions/", f"{home}connect/check/"):
            answer = health.goto(server.base_url + path)
            assert answer is not None
            assert answer.status == 200, path
            assert health.url.startswith(server.base_url + path)
        redis.start()
        expect(strip).to_have_count(0, timeout=DEADLINE_MS)
        context.close()
