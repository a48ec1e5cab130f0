"""What a backend wants sent: the vendor's order of checks, and no surprise from odd JSON."""

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.errors import ImError
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.rest.message_requests import (
    TargetType,
    parse_legacy_send,
    parse_recall,
    parse_send,
    target_of,
)

LIMITS: dict[TargetType, int] = {"users": 600, "chatgroups": 3, "chatrooms": 10}
GOOD = {"from": "tom", "to": ["zoe"], "type": "txt", "body": {"msg": "hi"}, "ext": {"k": 1}}
LEGACY = {"target_type": "users", "target": ["zoe"], "msg": {"type": "txt", "msg": "hi"}}
RECALL = {"msg_id": "12", "to": "Zoe", "chat_type": "chat", "from": "Tom"}
GONE = object()


def without(good: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    changed = {**good, name: value}
    return {key: kept for key, kept in changed.items() if kept is not GONE}


def refused(parse, *args) -> tuple[str, str]:
    with pytest.raises(ImError) as caught:
        parse(*args)
    return caught.value.code, str(caught.value)


BAD = ("invalid_request_body", "Request body is invalid. Please check body is correct.")


def refusal(sentence: str) -> tuple[str, str]:
    return "message_send_error", sentence


# In the order in which they are checked: each row is refused before any row after it.
CHECKS: list[tuple[str, Any, tuple[str, str]]] = [
    ("from", "", refusal("param from can't be empty")),
    ("to", [], refusal("param to can't be empty")),
    ("type", "", refusal("param type can't be empty")),
    ("body", {}, refusal("param body can't be empty")),
    ("to", [{}], BAD),
    ("ext", None, refusal("param ext must be JSONObject")),
    ("to", [str(n) for n in range(601)], refusal("params to's size can't exceed limit 600")),
    ("type", "hologram", refusal("type hologram is not supported")),
]


@pytest.mark.parametrize("row", range(len(CHECKS)))
def test_checks_come_in_the_documented_order(row):
    bad = {name: value for name, value, _ in reversed(CHECKS[row:])}
    asked = {**GOOD, **bad}
    assert refused(parse_send, asked, "users", 600) == CHECKS[row][2]


ODD: dict[str, list[Any]] = {
    "to": [{"a": 1}, 5, True, [None], [["zoe"]], [True], [1.5]],
    "type": [1, ["txt"], {}],
    "body": ["text", [1], 7, ""],
    "from": [[], {}, True, 1.5],
}
NO_OBJECTS: list[Any] = [[], "{}", 1, False, None]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        *(("to", empty, refusal("param to can't be empty")) for empty in (GONE, None, "", [" "])),
        *(("type", empty, refusal("param type can't be empty")) for empty in (GONE, None)),
        *(("body", empty, refusal("param body can't be empty")) for empty in (GONE, None)),
        *((name, odd, BAD) for name, values in ODD.items() for odd in values),
        *(("ext", odd, refusal("param ext must be JSONObject")) for odd in NO_OBJECTS),
        ("from", "Tom Cat", refusal("username Tom Cat is not legal")),
        ("from", "a" * 65, refusal("USERNAME_TOO_LONG")),
        ("roam_ignore_users", {"a": 1}, BAD),
        (
            "roam_ignore_users",
            [f"u{n}" for n in range(21)],
            refusal("params roam_ignore_users's size can't exceed limit 20"),
        ),
    ],
)
def test_bad_fields_are_refused(name, value, expected):
    assert refused(parse_send, without(GOOD, name, value), "users", 600) == expected


@pytest.mark.parametrize("asked", [None, [], [GOOD], "x", 1, True])
def test_only_an_object_is_a_request(asked):
    assert refused(parse_send, asked, "users", 600) == BAD
    assert refused(parse_recall, asked) == BAD


def test_a_request_is_read_whole():
    asked = {
        "from": "Tom",
        "to": ["Zoe", "ann", "ZOE", 13800138000, " "],
        "type": "text",
        "body": {"msg": "hi", "later": [1]},
        "ext": {},
        "sync_device": "true",
        "routetype": "ROUTE_ONLINE",
        "roam_ignore_users": ["Ann"],
    }
    request = parse_send(asked, "users", 600)
    assert request.targets == ("zoe", "ann", "13800138000")
    command = request.command_to(ToUser("zoe"))
    assert (command.sender, command.copy_to_sender, command.online_only) == ("tom", True, True)
    assert command.body.to_payload() == {"type": "txt", "msg": "hi", "later": [1]}
    assert command.ext == {}
    assert command.options.roam_ignore == ("ann",)


@pytest.mark.parametrize(
    ("sent", "read"), [(GONE, "admin"), (None, "admin"), ("Tom", "tom"), (139, "139")]
)
def test_sender_defaults_to_admin(sent, read):
    assert parse_send(without(GOOD, "from", sent), "users", 600).sender == read


def test_without_ext_there_is_none():
    assert parse_send(without(GOOD, "ext", GONE), "users", 600).ext is None


def test_a_bare_target_is_one():
    assert parse_send({**GOOD, "to": "zoe"}, "users", 600).targets == ("zoe",)


def test_room_options_are_the_rooms():
    asked = {
        **GOOD,
        "to": ["MyGroup"],
        "chatroom_msg_level": "LOW",
        "need_group_ack": 1,
        "routetype": "ROUTE_ONLINE",
    }
    group, room = (parse_send(asked, kind, 3) for kind in ("chatgroups", "chatrooms"))
    assert group.targets == ("MyGroup",)
    assert (group.options.need_group_ack, group.options.level, group.online_only) == (
        True,
        "",
        True,
    )
    assert (room.options.need_group_ack, room.options.level, room.online_only) == (
        False,
        "low",
        False,
    )
    assert parse_send({**asked, "chatroom_msg_level": "odd"}, "chatrooms", 3).options.level == ""


NO_TYPES: list[Any] = [GONE, None, "user", [], 1]
NO_TARGETS: list[Any] = [GONE, None, [], "zoe", {}, [{}], [""]]
NO_MSGS: list[Any] = [GONE, None, {}, "hi", [], {"msg": "hi"}, {"type": 1}]
MUST = "target must be provided"
MSG = "msg must be provided"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *(
            ("target_type", odd, "target_type can only be 'users' or 'chatgroups' or 'chatrooms'")
            for odd in NO_TYPES
        ),
        *(("target", odd, MUST) for odd in NO_TARGETS),
        *(("msg", odd, MSG) for odd in NO_MSGS),
        ("msg", {"type": "hologram"}, MSG),
        ("from", "", "from can't be empty"),
        *(("ext", odd, "ext must be JSONObject") for odd in NO_OBJECTS),
        ("target", [str(n) for n in range(601)], "params target's size can't exceed limit 600"),
    ],
)
def test_bad_legacy_fields_are_illegal_arguments(name, value, sentence):
    asked = without(LEGACY, name, value)
    assert refused(parse_legacy_send, asked, LIMITS) == ("illegal_argument", sentence)


def test_legacy_request_of_an_old_client_is_read():
    request = parse_legacy_send({**LEGACY, "from": None, "ext": {}}, LIMITS)
    assert (request.sender, request.ext, request.body.fields) == ("admin", {}, {"msg": "hi"})
    one_group = {**LEGACY, "target_type": "chatgroups", "target": [17]}
    assert parse_legacy_send(one_group, LIMITS).targets == ("17",)


KINDS: list[Any] = [[], {}, True]


def recall_refusal(sentence: str) -> tuple[str, str]:
    return "message_recall_error", sentence


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        *(
            (name, empty, recall_refusal(f"param {name} can't be empty"))
            for name in ("msg_id", "to", "chat_type")
            for empty in (GONE, None, "")
        ),
        ("force", None, recall_refusal("param force can't be empty")),
        *((name, odd, BAD) for name in ("msg_id", "to", "chat_type") for odd in KINDS),
        ("recallMessageExtensionInfo", {}, BAD),
        ("from", "a b", recall_refusal("username a b is not legal")),
    ],
)
def test_bad_recall_fields_are_refused(name, value, expected):
    assert refused(parse_recall, without(RECALL, name, value)) == expected


def test_unknown_chat_type_is_refused():
    assert refused(parse_recall, {**RECALL, "chat_type": "mail"})[0] == "message_recall_error"


@pytest.mark.parametrize(
    ("chat_type", "target", "echoed"),
    [
        ("chat", ToUser("zoe"), "chat"),
        ("groupchat", ToGroup("Zoe"), "groupchat"),
        ("group_chat", ToGroup("Zoe"), "groupchat"),
        ("chatroom", ToChatroom("Zoe"), "chatroom"),
    ],
)
def test_recall_names_its_conversation(chat_type, target, echoed):
    request = parse_recall({**RECALL, "chat_type": chat_type, "force": "true"})
    assert request.command is not None
    assert (request.command.message_id, request.command.target) == (12, target)
    assert (request.command.force, request.command.copy_to_sender) == (True, True)
    assert request.echo("yes")["chattype"] == echoed
    assert request.echo("yes")["from"] == "tom"


@pytest.mark.parametrize("msg_id", ["x", "9" * 20, "-1", "1.5", "１２", 10**30])
def test_recall_of_no_id_at_all_has_no_command(msg_id):
    assert parse_recall({**RECALL, "msg_id": msg_id}).command is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *(*GOOD, *LEGACY, *RECALL, "force", "sync_device", "routetype", "roam_ignore_users"),
        *("chatroom_msg_level", "need_group_ack", "recallMessageExtensionInfo"),
    ]
)


@given(st.dictionaries(NAMES, JSON), st.sampled_from([{}, GOOD, LEGACY, RECALL]))
def test_any_json_is_read_or_refused(odd, good):
    asked = {**good, **odd}
    for parse in (
        lambda: parse_send(asked, "users", 600),
        lambda: parse_send(asked, "chatrooms", 10),
        lambda: parse_legacy_send(asked, LIMITS),
        lambda: parse_recall(asked),
    ):
        with suppress(ImError):
            parse()


def test_target_types_name_targets():
    assert target_of("users", "a") == ToUser("a")
    assert target_of("chatgroups", "1") == ToGroup("1")
    assert target_of("chatrooms", "1") == ToChatroom("1")


SENDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "users": ("POST", "/messages/users", {"to": ["demo2"], "type": "custom", "body": {}}),
    "groups": ("POST", "/messages/chatgroups", {"to": ["1"], "type": "custom", "body": {}}),
    "rooms": ("POST", "/messages/chatrooms", {"to": ["1"], "type": "custom", "body": {}}),
    "directed": (
        "POST",
        "/messages/chatgroups/users",
        {"to": ["1"], "users": ["demo2"], "type": "custom", "body": {}},
    ),
    "legacy": (
        "POST",
        "/messages",
        {"target_type": "users", "target": ["demo2"], "msg": {"type": "custom"}},
    ),
    "broadcast": ("POST", "/messages/chatrooms/broadcast", {"msg": {"type": "custom"}}),
    "import": (
        "POST",
        "/messages/users/import",
        {"from": "demo1", "target": "demo2", "type": "custom", "body": {}},
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", SENDS)
@pytest.mark.parametrize("event", ["x" * 33, "a b", "好", "a\n", 7])
def test_custom_event_that_is_no_name_is_refused_everywhere(api, name, event):
    """1.8: `^[a-zA-Z0-9-_/.]{1,32}$`."""
    method, path, asked = copy.deepcopy(SENDS[name])
    asked["msg" if "msg" in asked else "body"]["customEvent"] = event
    refused = api.call(method, path, asked)
    assert refused.error[:2] == (400, "illegal_argument")
    assert "customEvent" in refused.error[2]
