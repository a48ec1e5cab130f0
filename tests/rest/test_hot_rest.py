"""What the hot way answers is, byte for byte, what Django's own handler answers."""

import asyncio
import json
import re
import threading
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.db.models import F
from django.http import HttpResponse
from django.urls import resolve

from accounts.models import ImApp
from chat.domain.errors import StoreUnavailable
from chat.rest.reference.book import CALLS
from chat.rest.reference.call import Call
from chat.store import observed
from chat.store.direct import DirectStore
from imadmin import hot_rest
from imadmin.hot_rest import HotRest, is_hot
from tests.rest.living import BASE, World, whole_world, world
from tests.rest.recording import spoilt
from tests.rest.test_odd_input import QUERIES, RAW
from tests.rest.ways import Event, Scope, by_django, by_hot, by_quick, scope_of
from tests.shared_world import rolled_back

__all__ = ["whole_world", "world"]

pytestmark = pytest.mark.django_db

# What differs between any two answers to the same request.
_OWN = (
    (re.compile(rb'"duration":\d+'), b'"duration":0'),
    (re.compile(rb"(?<!\d)\d{19}(?!\d)"), b"<id>"),
    (re.compile(rb"(?<!\d)1[789]\d{11}(?!\d)"), b"<ms>"),
    (re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), b"<uuid>"),
    (re.compile(rb"YWMt[\w.-]+"), b"<token>"),
)
_OWN_HEADERS = {b"X-Request-ID", b"Content-Length"}
HOT_LINES = [
    "POST /messages/users", "POST /messages/chatgroups", "POST /messages/chatrooms",
    "POST /token", "POST /users", "GET /users/demo1/status", "POST /users/batch/status",
]  # fmt: skip


def hot_methods(path: str) -> Any:
    view: Any = resolve(path).func
    return view.view_class.hot


HOT_CALLS = [
    call for call in CALLS
    if not call.root and call.method in hot_methods(BASE + call.address)
]  # fmt: skip


def request(method: str, path: str, body: bytes, token: str | None, **more: str) -> Scope:
    address, _, query = path.partition("?")
    headers = {"content-length": str(len(body)), "content-type": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return scope_of(method, unquote(BASE + address), query.encode(), headers)


def compare(scope: Scope, body: bytes) -> int:
    """Make the request both ways, from the same beginning. Returns the status."""
    assert is_hot(scope)
    with rolled_back():
        theirs = by_django(scope, body)
    with rolled_back():
        ours = by_hot(scope, body)
    assert told(ours) == told(theirs)
    status: int = ours[0]["status"]
    return status


def told(events: list[Event]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """(status, headers in their order, body), without what is every answer's own."""
    start, *rest = events
    content = b"".join(event["body"] for event in rest)
    assert [event["more_body"] for event in rest] == [False]
    headers = dict(start["headers"])
    assert len(headers) == len(start["headers"])
    size = str(len(content)).encode()
    assert headers.get(b"Content-Length", size) == size
    assert re.fullmatch(rb"[0-9a-f]{16}", headers[b"X-Request-ID"])
    for pattern, sample in _OWN:
        content = pattern.sub(sample, content)
    kept = [(name, b"" if name in _OWN_HEADERS else value) for name, value in start["headers"]]
    return start["status"], kept, content


def requests_of(world: World, call: Call) -> list[tuple[Scope, bytes]]:
    """The call, and each way in which the reference spoils it."""
    made = []
    for changed in ({}, *(one[2] for one in spoilt(call))):
        path = world.filled(changed.get("path", call.path))
        token = changed.get("token", world.token(call.by))
        body = world.filled(changed.get("body", call.body))
        data = changed.get("data", b"" if body is None else json.dumps(body).encode())
        made.append((request(call.method, path, data, token), data))
    return made


def test_the_calls_are_those_that_backends_make_all_the_time():
    assert {f"{call.method} {call.path}" for call in HOT_CALLS} == {*HOT_LINES}


@pytest.mark.parametrize("call", HOT_CALLS, ids=lambda call: call.key)
def test_both_ways_answer_alike(world, call):
    statuses = [compare(*made) for made in requests_of(world, call)]
    assert statuses[0] == 200
    assert any(status != 200 for status in statuses)


@pytest.mark.parametrize("line", HOT_LINES)
def test_both_ways_refuse_odd_requests_alike(world, line):
    method, path = line.split()
    app = world.token("app")
    for body in RAW:
        compare(request(method, path, body, app), body)
    for query in QUERIES:
        compare(request(method, f"{path}?{query}", b"{}", app), b"{}")
    for token in ("", "x", "YWMtx", "dt-x", app[:-1], world.token("demo1")):
        compare(request(method, path, b"{}", token), b"{}")
    for header in (*HEADERS, {"authorization": "Basic eA=="}):
        compare(request(method, path, b"{}", None, **header), b"{}")
    compare(request(method, path + "/", b"{}", app), b"{}")


QUICK: list[tuple[str, str, Any]] = [
    ("POST", "/messages/users", {"from": "demo1", "to": ["demo2", "demo3"]}),
    ("POST", "/messages/chatgroups", {"from": "demo1", "to": ["{group}"]}),
    ("POST", "/messages/chatrooms", {"from": "demo1", "to": ["{room}"]}),
    ("GET", "/users/demo1/status", None),
    ("POST", "/users/batch/status", {"usernames": ["demo1", "nobody"]}),
]
HEADERS: list[dict[str, str]] = [
    {"host": "im.example.com"}, {"host": "a b"}, {"origin": "https://page.example"},
    {"accept": "text/html"}, {"content_type": "x"}, {"x_forwarded_for": "1.2.3.4"},
    {"x_forwarded_host": "a.example"}, {"x_forwarded_proto": "https"}, {"forwarded": "for=x"},
    {"cookie": "sessionid=1"}, {"accept_language": "zh"}, {"if_none_match": "*"},
    {"accept_encoding": "gzip"}, {"user_agent": "x"}, {"x_http_method_override": "PUT"},
]  # fmt: skip


def quick_request(
    world: World, call: tuple[str, str, Any], by: str = "app", **more: str
) -> tuple[Scope, bytes]:
    method, path, asked = call
    if path.startswith("/messages/"):
        asked = world.filled(asked) | {"type": "txt", "body": {"msg": "hello"}}
    body = b"" if asked is None else json.dumps(asked).encode()
    return request(method, path, body, world.token(by), **more), body


@pytest.mark.parametrize("call", QUICK, ids=lambda call: call[1])
def test_everyday_calls_need_no_request(world, call):
    """Whatever the middleware sees of the caller, the answers are the same."""
    compare(*quick_request(world, call))  # from here on it is known who may what
    assert by_quick(*quick_request(world, call))
    for headers in HEADERS:
        compare(*quick_request(world, call, **headers))
    for headers in ({"origin": "https://page.example"}, {"x_forwarded_host": "a.example"}):
        assert by_quick(*quick_request(world, call, **headers))
    method, path, asked = call
    compare(*quick_request(world, (method, path + "/", asked)))


@pytest.mark.parametrize("call", QUICK, ids=lambda call: call[1])
def test_what_was_revoked_or_changed_elsewhere_counts_at_once(world, call):
    def ways() -> set[int]:
        made = quick_request(world, call)
        assert not by_quick(*made)
        return {compare(*made)}

    assert compare(*quick_request(world, call)) == 200
    assert by_quick(*quick_request(world, call))
    apps = ImApp.objects.filter(id=world.app.id)
    with rolled_back():  # no signal, no event: as another process's commit
        apps.update(token_epoch=F("token_epoch") + 1)
        assert ways() == {401}
    with rolled_back():
        apps.update(settings={"rate_limits_enabled": True, "rate_user_messages_s": 0,
                              "rate_group_messages_s": 0, "rate_room_messages_s": 0,
                              "rate_calls_s": 0, "rate_batch_status_s": 0})  # fmt: skip
        assert ways() == {429}
    with rolled_back():
        apps.update(key="other#app", org="other")
        assert ways() == {404}
    by_user = quick_request(world, call, by="demo1")
    twice, body = quick_request(world, call)
    twice["headers"].append((b"authorization", b"Bearer x"))
    for made in (by_user, (twice, body)):
        assert not by_quick(*made)
        assert compare(*made) == 401


def test_a_message_that_cannot_be_stored_is_refused_and_counted(world, monkeypatch):
    made = quick_request(world, QUICK[0])
    compare(*made)
    told: list[Any] = []
    monkeypatch.setattr(observed, "count", lambda *what: told.append(what))
    monkeypatch.setattr(DirectStore, "append", lambda self, draft, then: then(StoreUnavailable()))
    start, content = by_quick(*made)
    assert start["status"] == 503
    assert json.loads(content["body"])["error"] == "service_unavailable"
    assert told == [(world.app.id, "failed")] * 2


def test_both_ways_take_a_form_and_a_query(world):
    fields = {"grant_type": "client_credentials", "client_id": world.names["client_id"]}
    asked = urlencode(fields | {"client_secret": world.names["client_secret"]})
    form = {"content_type": "application/x-www-form-urlencoded"}
    by_form = request("POST", "/token", asked.encode(), None, **form)
    assert compare(by_form, asked.encode()) == 200
    assert compare(request("POST", f"/token?{asked}", b"", None), b"") == 200


def test_what_is_odd_goes_django_s_way():
    def scope(method: str, path: str, **headers: str) -> Scope:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return scope_of(method, path, b"", named)

    send = f"{BASE}/messages/users"
    assert is_hot(scope("POST", send, content_length="2"))
    assert not is_hot(scope("POST", send, content_length=str(1024 * 1024 + 1)))
    assert not is_hot(scope("POST", send))
    assert not is_hot(scope("POST", send, content_length="-2"))
    assert not is_hot(scope("POST", send, content_length="2", transfer_encoding="chunked"))
    assert not is_hot(scope("OPTIONS", send, content_length="0"))
    assert not is_hot(scope("GET", f"{BASE}/users"))
    assert not is_hot(scope("POST", "/console/users", content_length="0"))
    assert not is_hot(scope("POST", f"{BASE}/chatfiles", content_length="2"))
    assert not is_hot(scope("GET", "/"))


class Held(HotRest):
    """Answers when it is let."""

    def __init__(self, otherwise: Any) -> None:
        super().__init__(otherwise)
        self.began, self.let = threading.Event(), threading.Event()

    def answer(self, scope: Scope, body: bytes) -> HttpResponse:
        self.began.set()
        self.let.wait(30)
        return HttpResponse(body)


async def test_who_comes_while_all_threads_work_goes_django_s_way(monkeypatch):
    monkeypatch.setattr(hot_rest, "THREADS", 1)
    sent: list[Event] = []

    async def django(scope: Scope, receive: Any, send: Any) -> None:
        await send({"django": (await receive())["body"]})

    async def send(event: Any) -> None:
        sent.append(event)

    def saying(body: bytes) -> Any:
        async def receive() -> Event:
            return {"type": "http.request", "body": body}

        return receive

    held = Held(django)
    scope = scope_of("POST", f"{BASE}/token", b"", {"content-length": "5"})
    first = asyncio.create_task(held(scope, saying(b"first"), send))
    try:
        await asyncio.to_thread(held.began.wait, 30)
        await held(scope, saying(b"other"), send)
        assert sent == [{"django": b"other"}]
    finally:
        held.let.set()
    await first
    assert sent[-1]["body"] == b"first"
    assert not held.at_work


async def test_a_caller_who_goes_away_within_the_body_is_forgotten():
    said: list[Event] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Event:
        return said.pop(0)

    async def never(*_: Any) -> None:
        raise AssertionError("nothing is to be sent")

    await Held(never)(
        scope_of("POST", f"{BASE}/token", b"", {"content-length": "5"}), receive, never
    )
    assert said == []
