"""Every console URL × role × method gives the status of console.md §4."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.actions.im_apps import create_app
from accounts.actions.operators import create_operator, set_role
from accounts.domain.actor import AppRef
from accounts.domain.ids import Appkey
from accounts.models import AuditEntry
from chat.live.online import records
from chat.queries.waiting import forget_waiting
from tests.console.conftest import OPERATOR_PASSWORD
from tests.console.data_pages import DATA_ROWS, LINKS, MEMBER, OPERATOR, Row, fill, put_online
from tests.shared_world import forget_all, rolled_back

ROLES = ("anonymous", "outsider", "viewer", "operator", "owner", "admin")


# One row a URL name. A new URL without a row fails.
MATRIX = {
    "home": Row("signed_in", "-"),
    "setup": Row("gone", "gone"),
    "login": Row("open", "open"),
    "logout": Row("-", "open"),
    "password": Row("signed_in", "signed_in"),
    "profile": Row("signed_in", "signed_in"),
    "session_end": Row("-", "signed_in"),
    "set_language": Row("-", "open"),
    "set_theme": Row("-", "signed_in"),
    "jsi18n": Row("open", "-"),
    "help": Row("open", "-"),
    "instance_audit": Row("admin", "-"),
    "apps": Row("signed_in", "-"),
    "app_new": Row("admin", "admin"),
    "dashboard": Row("viewer", "-"),
    "stats": Row("viewer", "-"),
    "first_steps": Row("-", "viewer"),
    "connect": Row("viewer", "-"),
    "connect_check": Row("viewer", "-"),
    "connect_token": Row("-", "operator"),
    "credentials": Row("owner", "-"),
    "rotate": Row("owner", "owner"),
    "app_settings": Row("viewer", "owner"),
    "app_delete": Row("owner", "owner"),
    "app_clear": Row("owner", "owner"),
    "app_demo_reset": Row("owner", "owner"),
    "instance_settings": Row("admin", "-"),
    "audit": Row("owner", "-"),
    "audit_csv": Row("owner", "-"),
    "audit_jsonl": Row("owner", "-"),
    "instance_audit_csv": Row("admin", "-"),
    "instance_audit_jsonl": Row("admin", "-"),
    "members": Row("viewer", "-"),
    "member_add": Row("-", "owner"),
    "member_role": Row("-", "owner", MEMBER),
    "member_remove": Row("-", "owner", MEMBER),
    "join": Row("open", "open", (("token", LINKS["join"]),)),
    "reset": Row("open", "open", (("token", LINKS["reset"]),)),
    "operators": Row("admin", "-"),
    "operator_invite": Row("admin", "admin"),
    **{
        f"operator_{act}": Row("admin" if act == "disable" else "-", "admin", OPERATOR)
        for act in ("reset", "end", "disable", "enable")
    },
    "operator_withdraw": Row("-", "admin", (("link", "77"),)),
    "demo_data": Row("-", "operator"),
    **DATA_ROWS,
}


def console_urls() -> Iterator[tuple[str, URLPattern]]:
    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                yield pattern.name or "", pattern

    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace == "console":
            yield from walk(resolver.url_patterns)


def address(name: str, app: AppRef) -> str:
    patterns = dict(console_urls())
    kwargs = dict(MATRIX[name].args)
    if is_of_app(patterns[name]):
        kwargs |= {"org": app.appkey.org, "app": app.appkey.app}
    return reverse(f"console:{name}", kwargs=kwargs)


def is_of_app(pattern: URLPattern) -> bool:
    return bool(getattr(pattern.callback, "access").kind == "app")  # noqa: B009


def test_every_url_has_a_row_and_every_view_says_whom_it_lets_in():
    names = [name for name, _ in console_urls()]
    assert sorted(names) == sorted(set(names)), "two URLs of one name"
    assert set(names) == set(MATRIX)
    assert [
        name for name, pattern in console_urls() if not hasattr(pattern.callback, "access")
    ] == []


@dataclass(frozen=True)
class Shared:
    """demo#app with all that addresses name, and the session of an operator of each role."""

    app: AppRef
    sessions: dict[str, str]

    @contextmanager
    def browser_of(self, role: str) -> Iterator[Client]:
        """What it does is undone, and forgotten, afterwards."""
        client = Client()
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        put_online(self.app)
        with rolled_back():
            yield client
        records.cache_clear()
        forget_waiting()
        forget_all()


@pytest.fixture(scope="module")
def shared(django_db_setup: None, django_db_blocker: Any) -> Iterator[Shared]:
    with django_db_blocker.unblock(), rolled_back():
        operators = {"admin": create_operator("root", OPERATOR_PASSWORD)}  # the first one
        app = create_app(Appkey("demo", "app")).app
        fill(app)
        for role in ("outsider", "viewer", "operator", "owner"):
            operators[role] = create_operator(role, OPERATOR_PASSWORD)
            if role != "outsider":
                set_role(operators[role], app, role)
        sessions = {}
        for role, who in operators.items():
            client = Client()
            client.force_login(who)
            sessions[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
        yield Shared(app, sessions)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", sorted(MATRIX))
def test_each_role_gets_what_the_table_says(name: str, shared: Shared, db: None):
    path = address(name, shared.app)
    row, pattern = MATRIX[name], dict(console_urls())[name]
    of_app = is_of_app(pattern)
    wrong = {}
    for role in ROLES:
        with shared.browser_of(role) as client:
            for least, response in ((row.get, client.get(path)), (row.post, client.post(path))):
                got = outcome(response)
                if least == "-":
                    is_right = got != "let in"
                else:
                    is_right = got == expected(role, least, of_app=of_app)
                if not is_right:
                    wrong[role, response.request["REQUEST_METHOD"]] = got
    assert wrong == {}


def outcome(response: Any) -> str:
    location = response.headers.get("Location", "")
    if response.status_code == 302 and location.startswith("/console/login/"):
        return "login"
    if response.status_code in {404, 403, 405}:
        return str(response.status_code)
    assert response.status_code in {200, 303, 422}, response.status_code
    return "let in"


def expected(role: str, least: str, *, of_app: bool) -> str:
    """What a role gets where `least` is needed; a stranger to the app does not learn of it."""
    if least in {"open", "gone"}:
        return "let in" if least == "open" else "404"
    if role == "anonymous":
        return "login"
    if least == "signed_in":
        return "let in"
    if of_app and role == "outsider":
        return "404"
    return "let in" if ROLES.index(role) >= ROLES.index(least) else "403"


@pytest.mark.fuzz
def test_pages_of_another_app_are_404(shared: Shared, other_app: AppRef):
    with shared.browser_of("owner") as client:
        for name, pattern in console_urls():
            if is_of_app(pattern):
                path = address(name, other_app)
                assert client.get(path).status_code == 404, path
                assert client.post(path).status_code == 404, path


def test_unknown_app_looks_like_another_one(shared: Shared, db: None):
    with shared.browser_of("owner") as client:
        assert client.get("/console/apps/no/app/connect/").status_code == 404


def test_OPS_2_denied_change_is_403_with_a_sentence_and_audited(shared: Shared, db: None):
    path = reverse("console:rotate", kwargs={"org": "demo", "app": "app"})
    with shared.browser_of("viewer") as client:
        before = AuditEntry.objects.count()
        assert client.get(path).status_code == 403
        assert AuditEntry.objects.count() == before
        answer = client.post(path, {"grace": "0"}, headers={"accept-language": "en"})
        assert answer.status_code == 403
        assert "This needs the role owner" in answer.content.decode()
        entry = AuditEntry.objects.latest("id")
        assert (entry.action, entry.actor, entry.role) == ("secret.rotate", "viewer", "viewer")
        assert (entry.allowed, entry.via, entry.app_id) == (False, "console", shared.app.id)
        assert entry.request_id == answer.headers["X-Request-ID"]
