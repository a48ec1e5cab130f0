"""The health of a scaled-out instance, as its page tells it."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PASSWORD
from tests.e2e.backends import PrivateRedis, database
from tests.e2e.servers import Server
from tests.requirements import need_command, need_postgres

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.redis]


def test_CFG_3_stopped_redis_turns_its_line_red(browser: Browser, tmp_path: Path):
    need_command("redis-server")
    redis = PrivateRedis(tmp_path).start()
    with database(need_postgres(), f"imadmin_health_{os.getpid()}") as url:
        server = Server(tmp_path / "data", {"DATABASE_URL": url, "REDIS_URL": redis.url})
        try:
            server.start()
            server.manage("create_operator", "root", "--admin", IM_OPERATOR_PASSWORD=PASSWORD)
            context = browser.new_context(java_script_enabled=False, locale="en-US")
            page = context.new_page()
            page.goto(f"{server.base_url}/console/login/?next=/console/settings/")
            page.fill("[data-test=login-name]", "root")
            page.fill("[data-test=login-password]", PASSWORD)
            page.click("[data-test=login-submit]")
            line = page.locator("[data-test=health-row][data-id=redis]")
            assert line.get_attribute("data-ok") == "yes"
            redis.stop()
            page.reload()
            assert line.get_attribute("data-ok") == "no"
            assert "Start Redis" in line.inner_text()
            context.close()
        finally:
            server.stop()
            redis.stop()
