"""Every page of the console, full of rows with long names, keeps its budgets (console.md §2, §12).

The pages are those of the URL map: a new one joins by itself. What its address names must be in
`FullApp.arguments`, and be full; a page that is left out says why.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.actions.im_apps import create_app
from accounts.actions.operators import create_operator
from accounts.domain.ids import Appkey
from accounts.models import Operator
from tests.console.conftest import OPERATOR_PASSWORD, SignIn
from tests.console.full_app import GROUP, ME, NAMES, ROOM, FullApp
from tests.console.full_work import fill_work, put_online
from tests.console.test_access import console_urls
from tests.console.test_query_counts import MOST, MOST_BYTES, counted
from tests.shared_world import rolled_back

# Names of static files are longer where they carry a hash: at most 50 of them are on a page.
HASHES = 50 * 13
LEFT_OUT = {
    "home": "leads to another page",
    "setup": "closed for ever once there is an operator",
    "login": "leads home whoever is signed in; it has no list",
    "connect_check": "leads to itself with a time: below",
    **dict.fromkeys(("stats", "jsi18n", "user_conversations_json"), "numbers or words for scripts"),
    **dict.fromkeys(
        ("user_import_sample", "user_import_errors", "user_import_result", "user_batch_result",
         "user_export_csv", "user_export_jsonl", "audit_csv", "audit_jsonl", "instance_audit_csv",
         "instance_audit_jsonl", "scenario_run_xml", "file"),
        "a file",
    ),
}  # fmt: skip
TICKED = {"usernames": NAMES[1:51]}
# The same pages otherwise: filtered, sorted, with what was ticked on a full page.
MORE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dashboard", {"range": "24h"}),
    *(("users", query) for query in ({"q": "user"}, {"sort": "username"}, {"queue": "on"})),
    *(("messages", {"since": "all", **query})
      for query in ({}, {"sender": ME}, {"to": ME}, {"room": GROUP}, {"type": "txt"})),
    ("sessions", {"by_user": "on"}),
    *((f"{kind}_{act}", TICKED)
      for kind in ("group", "room") for act in ("mutes_add", "blocks_add", "members_remove")),
    ("send", {"job": 0}),
    ("room_attributes_set", {"key": "key-000-".ljust(128, "k")}),
    ("scenario_run_detail", {"case": "s4-native"}),
    ("send_job", {"stage": "queued"}),
    ("send", {"to_type": "user", "to": ", ".join(NAMES)}),
)  # fmt: skip
NEXT = re.compile(r'rel="next" href="[^"?]*(\?[^"]*)"')


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[FullApp]:
    with django_db_blocker.unblock(), rolled_back():
        app = create_app(Appkey("organisation-".ljust(64, "o"), "app-".ljust(32, "a"))).app
        made = FullApp(app, create_operator("root", OPERATOR_PASSWORD))
        fill_work(made)
        yield made


@pytest.fixture
def full(filled: FullApp, db: None) -> FullApp:
    """Made once a module; what a test does to it is undone."""
    put_online(filled)
    return filled


@pytest.fixture
def admin(full: FullApp) -> Operator:
    return full.admin


def address(name: str, pattern: URLPattern, full: FullApp) -> str:
    wanted = dict.fromkeys(pattern.pattern.converters)
    known = {**full.arguments, "rid": GROUP if name.startswith("group") else ROOM,
             "token": full.tokens.get(name, "")}  # fmt: skip
    for kind in ("import", "batch"):
        if name.startswith(f"user_{kind}"):
            known["job"] = full.arguments[f"{kind} job"]
    if "org" in str(pattern.pattern) or getattr(pattern.callback, "access").kind == "app":  # noqa: B009
        wanted |= {"org": None, "app": None}
    return reverse(f"console:{name}", kwargs={part: known[part] for part in wanted})


def pages(full: FullApp) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, address and query of whatever answers a GET."""
    patterns = dict(console_urls())
    for name, pattern in patterns.items():
        if name not in LEFT_OUT:
            yield name, address(name, pattern, full), {}
    for job in full.other_jobs:
        kwargs = {"org": full.arguments["org"], "app": full.arguments["app"], "job": job}
        yield "send_job", reverse("console:send_job", kwargs=kwargs), {}
    check = {"user": ME, "since": full.ms - 120_000}
    for name, query in (*MORE, ("connect_check", check)):
        yield name, address(name, patterns[name], full), query


def over(name: str, client: Client, path: str, query: dict[str, Any], language: str) -> list[str]:
    """What a page, and the one behind it where there is one, has too much of."""
    with counted() as asked:
        answer = client.get(path, query, headers={"accept-language": language})
    if answer.status_code == 405:  # only posted to
        return []
    what = f"{name} {query}"
    assert answer.status_code == 200, f"{what}: {answer.status_code}, or say why it is left out"
    assert answer.headers["Content-Type"].startswith("text/html"), f"{what}: say why it is left out"
    told, size = [], len(answer.content) + HASHES
    if size > MOST_BYTES:
        told.append(f"{what}: {size} bytes")
    if len(asked) > MOST:
        told.append(f"{what}: {len(asked)} queries" + "".join(f"\n  {sql[:150]}" for sql in asked))
    if "after" not in query and (behind := NEXT.search(answer.content.decode())):
        told += over(name, client, path, QueryDict(unescape(behind[1])[1:]).dict(), language)
    return told


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_full_page_keeps_its_budgets(language: str, full: FullApp, admin: Operator, browse: SignIn):
    client = browse(admin)
    told = [
        line
        for name, path, query in pages(full)
        for line in over(name, client, path, query, language)
    ]
    assert not told, "\n".join(told)
