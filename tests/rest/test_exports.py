"""History as hour files, and the query of old clients."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.domain.bodies import Body
from chat.domain.commands import RecallMessage, SendMessage
from chat.domain.targets import ToGroup, ToUser
from chat.queries import exports
from chat.store.clock import now_ms

pytestmark = pytest.mark.django_db


def send(actor, target, text):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": text}), {"k": 1}))


def hour_of(ms: int, offset: int = 8) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC) + timedelta(hours=offset)
    return moment.strftime("%Y%m%d%H")


@pytest.fixture
def in_an_hour(monkeypatch):
    """The hour of now is over."""
    monkeypatch.setattr("chat.rest.views.exports.now_ms", lambda: now_ms() + 3_600_000)


@pytest.mark.endpoint("M13")
@pytest.mark.usefixtures("in_an_hour")
def test_an_hours_file_holds_its_messages_once(api, acting, demo1, demo2, group, client):
    first = send(acting(demo1), ToUser("demo2"), "你好")
    second = send(acting(demo1), ToGroup(group.room_id), "all")
    recall_message(
        acting(demo1), RecallMessage(send(acting(demo1), ToUser("demo2"), "x").message_id)
    )
    path = f"/chatmessages/{hour_of(first.created_ms)}"
    answer = api.get(path)
    [link] = answer.data
    assert answer.json == api.whole("get", path, data=[link])
    got = client.get(link["url"])
    assert got["Content-Type"] == "application/gzip"
    lines = gzip.decompress(b"".join(got.streaming_content)).decode().splitlines()
    assert [json.loads(line)["msg_id"] for line in lines] == [
        str(first.message_id),
        str(second.message_id),
    ]
    assert json.loads(lines[0]) == {
        "msg_id": str(first.message_id),
        "timestamp": first.created_ms,
        "direction": "outgoing",
        "from": "demo1",
        "to": "demo2",
        "chat_type": "chat",
        "payload": {
            "bodies": [{"msg": "你好", "type": "txt"}],
            "ext": {"k": 1},
            "from": "demo1",
            "to": "demo2",
        },
    }
    assert json.loads(lines[1])["chat_type"] == "groupchat"


@pytest.mark.endpoint("M13")
@pytest.mark.usefixtures("in_an_hour")
def test_a_link_is_good_for_its_app_and_hour_only_and_not_for_ever(
    api, acting, demo1, demo2, other_app, client, monkeypatch
):
    sent = send(acting(demo1), ToUser("demo2"), "x")
    hour = hour_of(sent.created_ms)
    [link] = api.get(f"/chatmessages/{hour}").data
    url = link["url"]
    for wrong in (
        url.replace(hour, "2025010100"),
        url.replace("/demo/app/", "/other/app/"),
        url.replace("Expires=1", "Expires=2"),
        url.partition("&")[0],
        url.partition("?")[0],
        url + "é",
    ):
        assert client.get(wrong).status_code == 401
    monkeypatch.setattr("chat.rest.views.exports.time.time", lambda: 2_000_000_000)
    assert client.get(url).status_code == 401


@pytest.mark.endpoint("M13")
def test_which_hours_have_no_file(api, acting, demo1, demo2, change_settings):
    sent = send(acting(demo1), ToUser("demo2"), "x")
    for bad in ("2025", "2025023000", "2025010124", "x" * 10, "20250101001"):
        said = f"illegal arguments: appkey: demo#app, time: {bad}"
        assert api.get(f"/chatmessages/{bad}").error == (400, "illegal_argument", said)
    more = ", maybe chat message history is expired or unstored"
    for hour in (hour_of(sent.created_ms), "2999010100", "2020010100"):
        said = f"illegal arguments: appkey: demo#app, time: {hour}{more}"
        assert api.get(f"/chatmessages/{hour}").error == (400, "illegal_argument", said)
    before = hour_of(sent.created_ms - 7_200_000)
    said = f"Failed to find chat message history download url for appkey: demo#app, time: {before}"
    assert api.get(f"/chatmessages/{before}").error == (404, "storage_object_not_found", said)


@pytest.mark.endpoint("M13")
@pytest.mark.usefixtures("in_an_hour")
def test_the_apps_zone_says_which_hour_it_is(api, acting, demo1, demo2, change_settings):
    sent = send(acting(demo1), ToUser("demo2"), "x")
    change_settings(export_utc_offset_h=0)
    assert api.get(f"/chatmessages/{hour_of(sent.created_ms, 0)}").status == 200


@pytest.mark.endpoint("M11", "M12", "M13")
@pytest.mark.usefixtures("in_an_hour")
def test_an_import_stands_in_the_hour_that_it_was_given(
    api, acting, demo1, demo2, group, client, monkeypatch
):
    monkeypatch.setattr(exports, "CHUNK", 2)
    now = now_ms()
    then = now - now % 3_600_000 - 7_200_000  # the first ms of an hour
    body = {"from": "demo1", "target": "demo2", "type": "txt", "body": {"msg": "x"}}

    def bring(at_ms, **more):
        family = "chatgroups" if "target" in more else "users"
        asked = {**body, **more, "msg_timestamp": at_ms}
        return api.post(f"/messages/{family}/import", asked).data["msg_id"]

    last = bring(then + 3_599_999)
    same = [bring(then) for _ in range(5)]
    after = bring(then + 3_600_000)
    middle = bring(then + 5, target=group.room_id)
    recall = {"msg_id": bring(then + 6), "to": "demo2", "chat_type": "chat", "force": True}
    assert api.post("/messages/msg_recall", recall).status == 200
    today = send(acting(demo1), ToUser("demo2"), "sent")

    def ids(hour_ms):
        [link] = api.get(f"/chatmessages/{hour_of(hour_ms)}").data
        lines = gzip.decompress(b"".join(client.get(link["url"]).streaming_content)).decode()
        return [json.loads(line)["msg_id"] for line in lines.splitlines()]

    assert ids(then) == [*same, middle, last]
    assert ids(then + 3_600_000) == [after]
    assert ids(today.created_ms) == [str(today.message_id)]


@pytest.mark.endpoint("M14")
def test_old_clients_query_by_time(api, acting, demo1, demo2, demo3, group):
    sent = [send(acting(demo1), ToUser("demo2"), str(n)) for n in range(3)]
    in_group = send(acting(demo3), ToGroup(group.room_id), "g")
    ql = f"select * where timestamp>{sent[0].created_ms - 1}"
    first = api.get(f"/chatmessages?ql={ql}&limit=2").json
    assert (first["count"], first["cursor"]) == (2, str(sent[1].message_id))
    entity = first["entities"][0]
    assert (entity["type"], entity["msg_id"]) == ("chatmessage", str(sent[0].message_id))
    assert (entity["from"], entity["to"], entity["chat_type"]) == ("demo1", "demo2", "chat")
    rest = api.get(f"/chatmessages?ql={ql}&limit=2&cursor={first['cursor']}").json
    assert "cursor" not in rest
    assert [one["msg_id"] for one in rest["entities"]] == [
        str(sent[2].message_id),
        str(in_group.message_id),
    ]
    assert rest["entities"][1]["groupId"] == group.room_id
    newest = api.get("/chatmessages?ql=select * order by timestamp desc&limit=1").json
    assert newest["entities"][0]["msg_id"] == str(in_group.message_id)
    for query, count in (
        ("select * where from='demo3'", 1),
        ("select * where to='demo2'", 3),
        ("select * where to='demo1'", 0),
        (f"select * where timestamp<{sent[0].created_ms - 5000}", 0),
        ("nonsense", 4),
    ):
        assert api.get(f"/chatmessages?sql={query}").json["count"] == count
