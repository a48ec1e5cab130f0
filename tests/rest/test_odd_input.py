"""No input makes an endpoint fail: every route of the URL map is fed what no client should send.

What the routes have in common is tried with each, but not over and over: a route that reads no
body takes three of them, and the org and app of its address, which are looked up before any route
does something, take a few of the odd values, another few with the next route.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test.client import ClientHandler
from django.urls import get_resolver

from accounts.actions.im_apps import create_app
from accounts.actions.im_users import NewUser, register_users
from accounts.actions.tokens import app_token as issue_app_token
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.rest.base import AppView
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
from tests.cast import Answer, Rest
from tests.shared_world import put_back, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

METHODS = ("get", "post", "put", "delete")

# Names that endpoints read; all of a body's take the same odd value at once.
FIELDS = (
    *("username", "password", "newpassword", "nickname", "usernames", "userids", "targets"),
    *("grant_type", "client_id", "client_secret", "ttl", "autoCreateUser", "timestamp"),
    *("from", "to", "type", "body", "ext", "target", "target_type", "msg", "users", "msgs"),
    *("sync_device", "routetype", "roam_ignore_users", "chatroom_msg_level", "need_group_ack"),
    *("msg_id", "chat_type", "force", "recallMessageExtensionInfo", "user", "remark"),
    *("groupname", "name", "description", "desc", "public", "owner", "members", "maxusers"),
    *("membersonly", "allowinvites", "invite_need_confirm", "custom", "avatar", "groupid"),
    *("newowner", "newadmin", "superadmin", "mute_duration", "announcement", "scale"),
    *("new_msg", "new_ext", "is_combine_ext", "msg_timestamp", "is_ack_read", "chat"),
    *("groupchat", "chatroom", "channel", "delete_roam"),
    *("properties", "metadata", "status", "ttl", "device_id", "device_token", "notifier_name"),
)
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e300, 10**18, 10**40, "", " ", "x", "x" * 9000),
    *("\x00", "a\x00b", "\ud800", "NaN", "../..", "%00", "\u202e", "１", "true"),
    *([], {}, [[]], [{}], [None], [""], ["\ud800"], ["x", 1, None], {"": None}, {"a": {"b": []}}),
]
RAW = [
    *(b"", b" ", b"{", b"[", b"null", b"true", b"1", b'"x"', b"{}", b"[]", b"[{}]", b"[[]]"),
    *(b"NaN", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}', b'{"a":' + b"9" * 5000 + b"}"),
    *(b"\xff\xfe{}", b'{"a":"\xed\xa0\x80"}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b"[1]"),
    b"\xef\xbb\xbf{}",
    *(b"[" * 100_000, b'{"a":' * 50_000, b"a=1&b=%00", b"--x\r\n\r\n--x--"),
]  # fmt: skip
QUERIES = [
    "limit=&cursor=&pagenum=&pagesize=&pageNum=&pageSize=",
    "limit=-1&cursor=%00&pagenum=0&pagesize=-5&pageNum=x&pageSize=1.5",
    "limit=99999999999999999999&cursor=%ED%A0%80&pagenum=99999999999999999999&pagesize=NaN",
    "limit=%C2%B2&cursor=..&pagenum=%D9%A3&pagesize=1&version=v3&joined_time=x&useMsgId=%00",
    "userId=demo1&groupId=1&msgIdList=1,x,%00&delTime=99999999999999999999&key=9e9",
    "userId=demo1&groupId=1&msgIdList=99999999999999999999&delTime=1&key=undefined",
    "ql=where%20timestamp%3E9999999999999%20and%20timestamp%3C0&cursor=9999999999999999999",
    "Expires=99999999999&Signature=%C3%A9&limit=-1",
    "limit=1&cursor=99999999999999999999999.9&ql=select&%00=%00&a=%FF",
]
SEGMENTS = ["%00", "a%00b", "%ED%A0%80", "%FF", "x" * 3000, "..", ",", "%2C,%20", "%2F", "9" * 40]
SEGMENTS += ["%E4%B8%AD", "-1", "%0d%0aX:%20y", "1.5", "a%23b", "admin"]
A_FEW = 4
TOO_LARGE = b'{"a":"' + b"x" * (2 * 1024 * 1024) + b'"}'


@dataclass(frozen=True, order=True)
class Route:
    """`address` has a place for each of `parameters`."""

    address: str
    parameters: tuple[str, ...]
    method: str

    def __str__(self) -> str:
        return f"{self.method.lower()} {self.address}"


def routes() -> Iterator[tuple[Route, Any]]:
    """Every address × method of the REST API, with its view's class."""
    found = get_resolver().reverse_dict
    for view in [key for key in found if callable(key)]:
        served = getattr(view, "view_class", None) or getattr(view, "cls", None)
        for possibilities, *_ in found.getlist(view):
            for address, parameters in possibilities:
                if "org" in parameters:
                    for method in METHODS:
                        if hasattr(served, method):
                            route = Route(f"/{address}", tuple(parameters), method.upper())
                            yield route, served


ROUTES = sorted({route for route, _ in routes()})
each_route = pytest.mark.parametrize("route", ROUTES, ids=str)


class Watched(ClientHandler):
    """Knows whether somebody read the body of the last request."""

    was_read = False

    def get_response(self, request: Any) -> Any:
        response = super().get_response(request)
        self.was_read = request._read_started
        return response


class OddRest(Rest):
    handler_class = Watched

    @property
    def body_was_read(self) -> bool:
        handler: Any = self.client.handler
        return bool(handler.was_read)


@dataclass
class Odd:
    """Calls one route. `known` leads to something: the deeper it is reached, the better."""

    rest: OddRest
    known: dict[str, str]
    route: Route

    def address(self, **other: str) -> str:
        known = self.known | other
        names = {name: known.get(name, "demo2") for name in self.route.parameters}
        return self.route.address % names

    def call(self, path: str = "", **options: Any) -> Answer:
        return self.rest.call(self.route.method, path or self.address(), base="", **options)


@pytest.fixture(scope="module")
def shared(django_db_setup: None, django_db_blocker: Any) -> Iterator[Odd]:
    with django_db_blocker.unblock(), rolled_back():
        made = create_app(Appkey("demo", "app"))
        register_users(made.app, [NewUser("demo1", "123456"), NewUser("demo2", "123456")])
        command = CreateRoom("group", "g", owner="demo1", members=("demo2",))
        group = create_room(Actor(made.app), command).room_id
        token = issue_app_token(made.app, made.client_id, made.client_secret).token
        known = {"org": "demo", "app": "app", "room_id": group, "group_id": group}
        yield Odd(OddRest("/demo/app", token), known, ROUTES[0])


@pytest.fixture
def odd(shared: Odd, route: Route) -> Odd:
    return replace(shared, route=route)


def is_sane(answer: Answer, sent: object) -> None:
    assert answer.status < 500, (sent, answer.content[:300])
    assert answer.status not in (301, 302), sent
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    if answer.status >= 400:
        assert answer.json is not None, (sent, answer.content[:300])
        for name in ("error", "exception", "error_description"):
            assert isinstance(answer.json[name], str), (sent, answer.json)
            assert answer.json[name], (sent, answer.json)


def test_the_url_map_is_seen():
    assert len(ROUTES) > 60
    # These look up the app before they do anything (`segments`).
    assert [route for route, served in routes() if not issubclass(served, AppView)] == []


@each_route
def test_no_input_makes_it_fail(odd: Odd):
    for feed in (bodies, queries, segments, tokens):
        with put_back():
            feed(odd)


def bodies(odd: Odd) -> None:
    # Calls that name no body ignore it (rest.md 1.2).
    is_sane(odd.call(data=TOO_LARGE), "2 MiB")
    fields = [json.dumps(dict.fromkeys(FIELDS, value)).encode() for value in VALUES]
    was_read = False
    for data in (b"{", b"{}", fields[0]):
        is_sane(odd.call(data=data), data[:200])
        was_read |= odd.rest.body_was_read
    if not was_read:
        return
    lists = [b"[" + fields[index] + b"]" for index in (0, 7, 8, 11, 15)]
    for data in (*RAW, *fields[1:], *lists, *deep_or_long()):
        is_sane(odd.call(data=data), data[:200])


def deep_or_long() -> Iterator[bytes]:
    """Deep enough to trouble whoever writes it again, long enough to be near the most."""
    deep = ["[" * depth + "]" * depth for depth in (480, 900)]
    for value in (*deep, '{"a":' * 480 + "1" + "}" * 480):
        yield ("{" + ",".join(f'"{name}":{value}' for name in FIELDS) + "}").encode()
    yield json.dumps(dict.fromkeys(("username", "msg", "name"), "x" * 340_000)).encode()


def queries(odd: Odd) -> None:
    for query in QUERIES:
        is_sane(odd.call(f"{odd.address()}?{query}", data=b"{}"), query)


def segments(odd: Odd) -> None:
    data = json.dumps({"usernames": ["demo2"], "mute_duration": 1000}).encode()
    for name in odd.route.parameters:
        is_common = name in ("org", "app")
        few = SEGMENTS[ROUTES.index(odd.route) % A_FEW :: A_FEW]
        for segment in few if is_common else SEGMENTS:
            path = odd.address(**{name: segment})
            is_sane(odd.call(path, data=data), path)


def tokens(odd: Odd) -> None:
    for token in ("", " ", "x", "YWMt", "YWMt..", "\u00e9", "dt-", "ZHQte30", "x" * 5000):
        headers = {"Authorization": f"Bearer {token}"}
        is_sane(odd.call(data=b"{}", token=None, headers=headers), token)


def test_many_routes_read_a_body_and_many_do_not(shared: Odd):
    """What `bodies` does with few of them would else be done with all, or none."""
    reading = 0
    for route in ROUTES:
        with put_back():
            odd = replace(shared, route=route)
            odd.call(data=b"{}")
            reading += odd.rest.body_was_read
    assert len(ROUTES) / 4 < reading < len(ROUTES) * 3 / 4


@pytest.mark.parametrize(
    "path", ["/users", "/token", "/messages", "/messages/users", "/chatgroups", "/chatrooms"]
)
def test_an_oversized_body_is_413(shared: Odd, path: str):
    answer = shared.rest.call("POST", path, data=TOO_LARGE)
    assert (answer.status, answer.json["error"]) == (413, "request_entity_too_large")
