"""The shell: policy, hosts, errors, preferences, and what other paths are spared."""

import pytest
from django.test import Client

from accounts.domain.actor import AppRef
from accounts.models import Operator
from tests.console.conftest import SignIn

CONNECT = "/console/apps/demo/app/connect/"


def test_every_answer_carries_the_content_policy(admin: Operator, browse: SignIn):
    for path in ("/console/login/", "/console/apps/", "/console/nothing/here/"):
        headers = browse(admin).get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "HX-Request" in headers["Vary"]
        assert len(headers["X-Request-ID"]) == 16


def test_foreign_host_is_refused_before_a_cookie_is_read(db: None):
    answer = Client().get("/console/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert not answer.cookies


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST."])
def test_own_names_are_let_in(db: None, host: str):
    assert Client().get("/console/login/", headers={"host": host}).status_code == 302


def test_allowed_hosts_cover_sub_domains(db: None, settings):
    settings.CONSOLE_HOSTS = [".example.com"]
    for host in ("example.com", "im.example.com:8000"):
        assert Client().get("/console/login/", headers={"host": host}).status_code == 302
    assert Client().get("/console/", headers={"host": "badexample.com"}).status_code == 400


def test_other_paths_take_any_host_and_never_a_cookie(app: AppRef):
    answer = Client().get("/demo/nothing", headers={"host": "phone.lan", "accept-language": "zh"})
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.status_code == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    assert "Content-Language" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_unknown_page_is_a_404_in_the_shell_with_its_request_id(admin: Operator, browse: SignIn):
    answer = browse(admin).get("/console/nothing/")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert answer.headers["X-Request-ID"] in text
    assert 'id="nav"' in text


def test_missing_csrf_token_is_explained(admin: Operator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    answer = client.post("/console/lang/", {"language": "en"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_session_end_under_htmx_moves_the_whole_page(owner: Operator):
    current = "http://testserver" + CONNECT
    answer = Client().get(CONNECT, headers={"HX-Request": "true", "HX-Current-URL": current})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/console/login/?next=" + CONNECT.replace("/", "%2F")


def test_theme_is_kept_and_set_by_the_server(owner: Operator, browse: SignIn):
    client = browse(owner)
    assert 'data-theme="system"' in client.get(CONNECT).content.decode()
    assert client.post("/console/theme/", {"theme": "dark", "next": CONNECT}).status_code == 303
    assert 'data-bs-theme="dark"' in client.get(CONNECT).content.decode()


def test_menu_shows_only_what_the_role_may_see(owner: Operator, viewer: Operator, browse: SignIn):
    assert 'data-test="nav-credentials"' in browse(owner).get(CONNECT).content.decode()
    assert 'data-test="nav-credentials"' not in browse(viewer).get(CONNECT).content.decode()
