"""POST /messages/msg_recall and the legacy /messages/recall."""

from dataclasses import replace

import pytest

from accounts.actions.im_apps import change_app
from chat.actions.recalls import recall_message
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom, ReadHistory, RecallMessage
from chat.domain.errors import RecallTooLate
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.models import EntryRow
from chat.queries.history import read_history

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("M8", "M9")]

PATH = "/messages/msg_recall"
NOT_FOUND = (403, "message_recall_error", "not_found msg")


@pytest.fixture
def sent(rest, demo1, demo2) -> str:
    """The id of a text from demo1 to demo2."""
    asked = {"from": "demo1", "to": ["demo2"], "type": "txt", "body": {"msg": "oops"}}
    return str(rest.post("/messages/users", json=asked).json["data"]["demo2"])


def recall(msg_id: object, **changes: object) -> dict[str, object]:
    return {"msg_id": msg_id, "to": "demo2", "chat_type": "chat", "from": "Demo1", **changes}


def make_older(msg_id: str, seconds: int) -> None:
    row = EntryRow.objects.get(id=int(msg_id))
    EntryRow.objects.filter(id=row.id).update(created_ms=row.created_ms - seconds * 1000)


def test_recalled_message_leaves_history(rest, sent, acting, demo2):
    answer = rest.post(PATH, json=recall(sent))
    assert answer.status == 200
    assert answer.json["data"] == {
        "recalled": "yes",
        "chattype": "chat",
        "from": "demo1",
        "to": "demo2",
        "msg_id": sent,
    }
    history = read_history(acting(demo2), ReadHistory(ToUser("demo1")))
    assert history.entries == ()


def test_without_from_admin_recalls(rest, sent):
    asked = recall(sent)
    del asked["from"]
    assert rest.post(PATH, json=asked).json["data"]["from"] == "admin"


@pytest.mark.parametrize(
    ("kind", "path", "chat_type", "place"),
    [
        ("group", "chatgroups", "groupchat", ToGroup),
        ("group", "chatgroups", "group_chat", ToGroup),
        ("chatroom", "chatrooms", "chatroom", ToChatroom),
    ],
)
def test_room_messages_are_recalled(rest, acting, demo1, demo2, kind, path, chat_type, place):
    room = create_room(acting(), CreateRoom(kind, "r", owner="demo1", members=("demo2",))).room_id
    asked = {"to": [room], "type": "txt", "body": {"msg": "x"}}
    msg_id = rest.post(f"/messages/{path}", json=asked).json["data"][room]
    answer = rest.post(PATH, json=recall(msg_id, to=room, chat_type=chat_type))
    assert answer.json["data"]["chattype"] == chat_type.replace("_", "")
    assert read_history(acting(demo2), ReadHistory(place(room))).entries == ()


def test_ids_may_be_numbers(rest, sent):
    assert rest.post(PATH, json=recall(int(sent))).json["data"]["msg_id"] == sent


@pytest.mark.parametrize("msg_id", ["1297401234567890123", "12", "nonsense", "9" * 40])
def test_unknown_id_is_not_found_unless_forced(rest, demo1, demo2, msg_id):
    assert rest.post(PATH, json=recall(msg_id)).error == NOT_FOUND
    forced = rest.post(PATH, json=recall(msg_id, force=True))
    assert forced.status == 200
    assert forced.json["data"]["recalled"] == "yes"


def test_a_recalled_message_is_unknown(rest, sent):
    rest.post(PATH, json=recall(sent))
    assert rest.post(PATH, json=recall(sent)).error == NOT_FOUND
    assert rest.post(PATH, json=recall(sent, force=True)).status == 200


def test_too_late_unless_forced(rest, sent):
    make_older(sent, 121)
    refused = rest.post(PATH, json=recall(sent))
    assert refused.error == (403, "message_recall_error", "exceed recall time limit")
    assert rest.post(PATH, json=recall(sent, force="true")).status == 200


def test_window_is_the_apps(rest, app, sent):
    make_older(sent, 121)
    change_app(app, settings=replace(app.settings, recall_window_s=600))
    refused = rest.post(PATH, json=recall(sent))
    assert refused.error == (403, "message_recall_error", "exceed recall time limit")
    change_app(app, settings=replace(app.settings, rest_recall_window_s=600))
    assert rest.post(PATH, json=recall(sent)).status == 200


def test_clients_have_a_window_of_their_own(app, acting, demo1, sent):
    make_older(sent, 121)
    change_app(app, settings=replace(app.settings, rest_recall_window_s=600))
    with pytest.raises(RecallTooLate):
        recall_message(acting(demo1), RecallMessage(int(sent)))
    change_app(app, settings=replace(app.settings, recall_window_s=600))
    recall_message(acting(demo1), RecallMessage(int(sent)))


def test_recall_may_be_switched_off(rest, app, sent):
    change_app(app, settings=replace(app.settings, recall_enabled=False))
    refused = rest.post(PATH, json=recall(sent))
    assert refused.error == (403, "forbidden_op", "message recall service is unopened")


@pytest.mark.parametrize("changes", [{"to": "demo3"}, {"to": "1", "chat_type": "groupchat"}])
def test_target_must_be_the_messages(rest, sent, changes):
    refused = rest.post(PATH, json=recall(sent, **changes))
    assert refused.error == (400, "message_recall_error", "can't find msg to")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"msg_id": ""}, "param msg_id can't be empty"),
        ({"to": None}, "param to can't be empty"),
        ({"chat_type": ""}, "param chat_type can't be empty"),
        ({"force": None}, "param force can't be empty"),
        ({"chat_type": "x"}, "param chat_type can only be chat, groupchat or chatroom"),
    ],
)
def test_missing_fields_are_named(rest, sent, changes, sentence):
    refused = rest.post(PATH, json={**recall(sent), **changes})
    assert refused.error == (400, "message_recall_error", sentence)


def test_commands_are_not_recalled(rest, demo1, demo2):
    asked = {"from": "demo1", "to": ["demo2"], "type": "cmd", "body": {"action": "x"}}
    msg_id = rest.post("/messages/users", json=asked).json["data"]["demo2"]
    assert rest.post(PATH, json=recall(msg_id)).error[:2] == (403, "message_recall_error")


def test_other_apps_messages_are_unknown(rest, other_app, sent):
    from accounts.actions.tokens import app_token_for_console

    token = app_token_for_console(other_app, 600).token
    refused = rest.post(PATH, json=recall(sent), base="/other/app", token=token)
    assert refused.error == NOT_FOUND


def test_legacy_recall_answers_for_each(rest, sent):
    late = rest.post(
        "/messages/users",
        json={"from": "demo1", "to": ["demo2"], "type": "txt", "body": {"msg": "y"}},
    ).json["data"]["demo2"]
    make_older(late, 500)
    msgs = [recall(sent), recall("12"), recall(late), recall("13", force=True)]
    answer = rest.post("/messages/recall", json={"msgs": msgs})
    assert answer.status == 200
    outcomes = [item["recalled"] for item in answer.json["data"]["msgs"]]
    assert outcomes == ["yes", "not_found msg", "exceed call time limit", "yes"]
    assert answer.json["data"]["msgs"][0]["msg_id"] == sent


@pytest.mark.parametrize("body", [{}, {"msgs": []}, {"msgs": "x"}, {"msgs": [1]}, []])
def test_legacy_recall_needs_messages(rest, body):
    assert rest.post("/messages/recall", json=body).status == 400
