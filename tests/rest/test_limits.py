"""The limits of rest.md 1.8 are settings of the app: each is refused above a changed value."""

from dataclasses import replace

import pytest

from accounts.queries.im_apps import get_app
from chat.actions import retention
from chat.actions.group_receipts import give_group_receipt
from chat.domain.commands import GiveGroupReceipt
from chat.domain.targets import ToGroup
from chat.models import GroupReceipt
from tests.rest.test_chatrooms import make_room
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

TEXT = {"from": "demo1", "type": "txt", "body": {"msg": "hi"}}
CUSTOM = {"customEvent": "gift", "customExts": {"a": "1", "b": "2"}}


def of_group(method, path, body):
    return lambda api: api.call(method, path.format(make_group(api, members=["demo2"])), body)


def of_room(method, path, body):
    members = ["demo2", "demo3"]
    return lambda api: api.call(method, path.format(make_room(api, members=members)), body)


def at(method, path, body=...):
    return lambda api: api.call(method, path, body)


def befriended(api):
    api.post("/users/demo1/contacts/users/demo2")
    return api.put("/user/demo1/contacts/users/demo2", {"remark": "abcd"})


def reacted(api):
    message = api.post("/messages/users", {**TEXT, "to": ["demo2"]}).data["demo2"]
    return api.post("/reaction/user/demo2", {"msgId": message, "message": "abcd"})


def group(**fields):
    asked = {"groupname": "qa", "desc": "x", "public": True, "owner": "demo1", **fields}
    return at("POST", "/chatgroups", asked)


def room(**fields):
    return at("POST", "/chatrooms", {"name": "r", "description": "d", "owner": "demo1", **fields})


MEMBER = "/metadata/chatgroup/{}/user/demo2"
ROOM_OF_DEMO2 = "/metadata/chatroom/{}/user/demo2"
TWO = {"usernames": ["demo2", "demo3"]}

# setting, its new value, the call that is one above it, the refusal's status, `error` and text
REFUSED = [
    ("group_max_name", 3, group(groupname="abcd"), 403, "exceed_limit", "title cannot exceed to 3"),
    ("group_max_description", 3, group(desc="abcd"), 403, "exceed_limit", "desc cannot exceed"),
    ("group_max_custom", 3, group(custom="abcd"), 400, "invalid_parameter", "custom length"),
    ("max_avatar", 3, group(avatar="abcd"), 400, "invalid_parameter", "avatar length is too big"),
    ("room_max_name", 3, room(name="abcd"), 403, "exceed_limit", "title cannot exceed to 3"),
    ("room_max_description", 3, room(description="abcd"), 403, "exceed_limit", "desc cannot"),
    ("room_max_custom", 3, room(custom="abcd"), 400, "invalid_parameter", "custom length"),
    ("max_announcement", 3, of_group("POST", "/chatgroups/{}/announcement",
                                     {"announcement": "abcd"}), 403, "FORBIDDEN", "announce info"),
    ("max_room_ids", 1, at("GET", "/chatgroups/1,2"), 400, "invalid_parameter", "limit : 1"),
    ("max_room_removals", 1, of_room("DELETE", "/chatrooms/{}/users/demo2,demo3", ...),
     400, "invalid_parameter", " : 1"),
    ("max_batch_names", 1, at("POST", "/users/batch/status", TWO),
     400, "illegal_argument", "maximum limit is 1"),
    ("max_batch_names", 1, at("POST", "/metadata/user/get", {"targets": ["demo2", "demo3"]}),
     400, "BAD_REQUEST", "batch size 1"),
    ("max_batch_names", 1, at("POST", "/users/demo1/presence", TWO),
     400, "illegal_argument", "too many get presences"),
    ("max_batch_names", 1, at("POST", "/users/demo1/presence/60", TWO),
     400, "illegal_argument", "too many sub presence"),
    ("max_batch_names", 1, at("DELETE", "/users/demo1/presence", TWO),
     400, "illegal_argument", "too many unsub presences"),
    ("max_presence_ttl_s", 60, at("POST", "/users/demo1/presence/61", {"usernames": ["demo2"]}),
     400, "illegal_argument", "1 to 60 seconds"),
    ("max_presence_ext_bytes", 3, at("POST", "/users/demo1/presence/web_1/1", {"ext": "abcd"}),
     400, "illegal_argument", "ext is too big"),
    ("max_contact_page", 5, at("GET", "/user/demo1/contacts?limit=6"),
     400, "illegal_argument", "max limit : 5"),
    ("max_remark", 3, befriended, 400, "illegal_argument", "remark length must less than 3"),
    ("max_reaction", 3, reacted, 400, "Bad Request", "The quantity has exceeded the limit!"),
    ("max_custom_exts", 1, at("POST", "/messages/users",
                              {"from": "demo1", "to": ["demo2"], "type": "custom", "body": CUSTOM}),
     400, "illegal_argument", "at most 1 pairs"),
    ("max_custom_exts", 1, at("POST", "/messages", {"target_type": "users", "target": ["demo2"],
                                                    "msg": {"type": "custom", **CUSTOM}}),
     400, "illegal_argument", "at most 1 pairs"),
    ("max_custom_exts", 1, at("POST", "/messages/users/import",
                              {"from": "demo1", "target": "demo2", "type": "custom",
                               "body": CUSTOM}),
     400, "illegal_argument", "at most 1 pairs"),
    ("max_directed_users", 1, of_group("POST", "/messages/chatgroups/users",
                                       {**TEXT, "to": ["{}"], "users": ["demo1", "demo2"]}),
     400, "message_send_error", "can't exceed limit 1"),
    ("max_member_key_bytes", 3, of_group("PUT", MEMBER, {"metaData": {"abcd": "x"}}),
     400, "metadata_error", "single key limit"),
    ("max_member_value_bytes", 3, of_group("PUT", MEMBER, {"metaData": {"a": "abcd"}}),
     400, "metadata_error", "single value limit"),
    ("max_member_bytes", 3, of_group("PUT", MEMBER, {"metaData": {"a": "bcd"}}),
     400, "metadata_error", "total limit"),
    ("max_room_attribute_batch", 1, of_room("PUT", ROOM_OF_DEMO2,
                                            {"metaData": {"a": "1", "b": "2"}}),
     400, "illegal_argument", "batch size 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "call", "status", "error", "text"),
    REFUSED,
    ids=[f"{case[0]}-{number}" for number, case in enumerate(REFUSED)],
)
def test_what_is_above_an_apps_limit_is_refused(
    api, change_settings, name, value, call, status, error, text
):
    change_settings(**{name: value})
    answer = call(api)
    assert answer.error[:2] == (status, error), answer.json
    assert text in answer.error[2]
    change_settings()  # the defaults again
    after = call(api)
    assert after.status == 200 or after.error[2] != answer.error[2]


@pytest.mark.parametrize(
    ("name", "value", "data", "fault"),
    [
        ("max_room_key", 3, {"abcd": "x"}, "exceeding maximum limit 3"),
        ("max_room_value", 3, {"a": "abcd"}, "exceeding maximum limit 3"),
        ("max_room_attributes", 1, {"a": "1", "b": "2"}, "exceeding maximum limit 1"),
    ],
)
def test_a_chatrooms_attribute_above_a_limit_is_left_out(
    api, change_settings, name, value, data, fault
):
    change_settings(**{name: value})
    room_id = make_room(api, members=["demo2"])
    answer = api.put(f"/metadata/chatroom/{room_id}/user/demo2", {"metaData": data}).data
    assert [fault in said for said in answer["errorKeys"].values()] == [True]
    assert len(answer["successKeys"]) == len(data) - 1


def test_defaults_and_cuts_are_the_apps(api, change_settings):
    change_settings(group_default_members=7, room_default_members=8, max_user_page=2)
    group_id, room_id = make_group(api), make_room(api)
    assert api.get(f"/chatgroups/{group_id}").data[0]["maxusers"] == 7
    assert api.get(f"/chatrooms/{room_id}").data[0]["maxusers"] == 8
    assert api.get("/users?limit=100").json["count"] == 2
    full = make_group(api, members=["demo2", "demo3"])
    change_settings(max_shown_members=2)
    (detail,) = api.get(f"/chatgroups/{full}").data
    assert (detail["affiliations_count"], len(detail["affiliations"])) == (3, 2)


def test_the_oldest_conversations_and_pins_are_dropped(api, as_user, change_settings):
    change_settings(max_conversations=2, max_pinned=1)
    for name in ("demo2", "demo3", "stranger"):
        api.post("/messages/users", {**TEXT, "from": name, "to": ["demo1"]})
    mine = as_user("demo1")

    def listed():
        found = mine.get("/sdk/user/demo1/user_channels/list?limit=10").data["channel_infos"]
        return {one["session_to"]: one["is_top"] for one in found}

    assert list(listed()) == ["stranger", "demo3"]
    for name in ("stranger", "demo3"):
        mine.post("/sdk/user/demo1/user_channel/top", {"type": "chat", "to": name})
    assert listed() == {"stranger": False, "demo3": True}


def test_large_groups_give_no_receipts_and_small_ones_for_some_days(
    api, change_settings, demo2, acting
):
    group_id = make_group(api, members=["demo2"])
    asking = {**TEXT, "to": [group_id], "need_group_ack": True}
    message_id = int(api.post("/messages/chatgroups", asking).data[group_id])
    read = GiveGroupReceipt(ToGroup(group_id), message_id)

    def receipts(**settings):
        change_settings(**settings)
        reader = replace(acting(demo2), app=get_app(api.app.appkey))
        give_group_receipt(reader, read)
        return GroupReceipt.objects.count()

    assert receipts(group_receipt_members=1) == 0
    assert receipts(group_receipt_members=2) == 1
    sum(retention.sweep())
    assert GroupReceipt.objects.count() == 1
    change_settings(group_receipt_days=0)
    sum(retention.sweep())
    assert GroupReceipt.objects.count() == 0
