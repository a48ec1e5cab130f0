"""No input makes an endpoint fail: every route of the URL map is fed what no client should send."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver

from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom

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


def routes() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(address with a place for each parameter, its parameters, method) of the REST API."""
    found = get_resolver().reverse_dict
    for view in [key for key in found if callable(key)]:
        served = getattr(view, "view_class", None) or getattr(view, "cls", None)
        for possibilities, *_ in found.getlist(view):
            for address, parameters in possibilities:
                if "org" in parameters:
                    for method in METHODS:
                        if hasattr(served, method):
                            yield f"/{address}", tuple(parameters), method


ROUTES = sorted(set(routes()))
ids = [f"{method} {address}" for address, _, method in ROUTES]
each_route = pytest.mark.parametrize(("address", "parameters", "method"), ROUTES, ids=ids)


@pytest.fixture
def known(acting, demo1, demo2) -> dict[str, str]:
    """Values that lead to something: the deeper an endpoint is reached, the better."""
    group = create_room(acting(), CreateRoom("group", "g", owner="demo1", members=("demo2",)))
    return {"org": "demo", "app": "app", "room_id": group.room_id, "group_id": group.room_id}


def address_with(address: str, parameters: tuple[str, ...], known: dict[str, str]) -> str:
    return address % {name: known.get(name, "demo2") for name in parameters}


def is_sane(answer, sent: object) -> None:
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


@each_route
def test_no_body_makes_it_fail(rest, known, address, parameters, method):
    path = address_with(address, parameters, known)
    fields = [json.dumps(dict.fromkeys(FIELDS, value)).encode() for value in VALUES]
    lists = [b"[" + fields[index] + b"]" for index in (0, 7, 8, 11, 15)]
    for data in (*RAW, *fields, *lists):
        is_sane(rest.call(method.upper(), path, data=data, base=""), data[:200])


@each_route
def test_no_depth_or_length_makes_it_fail(rest, known, address, parameters, method):
    """Deep enough to trouble whoever writes it again, long enough to be near the most."""
    path = address_with(address, parameters, known)
    deep = ["[" * depth + "]" * depth for depth in (480, 900)]
    for value in (*deep, '{"a":' * 480 + "1" + "}" * 480):
        data = ("{" + ",".join(f'"{name}":{value}' for name in FIELDS) + "}").encode()
        is_sane(rest.call(method.upper(), path, data=data, base=""), data[:200])
    data = json.dumps(dict.fromkeys(("username", "msg", "name"), "x" * 340_000)).encode()
    is_sane(rest.call(method.upper(), path, data=data, base=""), data[:40])


@each_route
def test_no_query_makes_it_fail(rest, known, address, parameters, method):
    path = address_with(address, parameters, known)
    for query in QUERIES:
        is_sane(rest.call(method.upper(), f"{path}?{query}", data=b"{}", base=""), query)


@each_route
def test_no_segment_makes_it_fail(rest, known, address, parameters, method):
    data = json.dumps({"usernames": ["demo2"], "mute_duration": 1000}).encode()
    for name in parameters:
        for segment in SEGMENTS:
            path = address_with(address, parameters, {**known, name: segment})
            is_sane(rest.call(method.upper(), path, data=data, base=""), path)


@each_route
def test_no_token_makes_it_fail(rest, known, address, parameters, method):
    path = address_with(address, parameters, known)
    for token in ("", " ", "x", "YWMt", "YWMt..", "\u00e9", "dt-", "ZHQte30", "x" * 5000):
        headers = {"Authorization": f"Bearer {token}"}
        answer = rest.call(method.upper(), path, data=b"{}", token=None, headers=headers, base="")
        is_sane(answer, token)


TOO_LARGE = b'{"a":"' + b"x" * (2 * 1024 * 1024) + b'"}'


@each_route
def test_an_oversized_body_makes_nothing_fail(rest, known, address, parameters, method):
    """Calls that name no body ignore it (rest.md 1.2)."""
    path = address_with(address, parameters, known)
    is_sane(rest.call(method.upper(), path, data=TOO_LARGE, base=""), "2 MiB")


@pytest.mark.parametrize(
    "path", ["/users", "/token", "/messages", "/messages/users", "/chatgroups", "/chatrooms"]
)
def test_an_oversized_body_is_413(rest, path):
    answer = rest.call("POST", path, data=TOO_LARGE)
    assert (answer.status, answer.json["error"]) == (413, "request_entity_too_large")
