"""Calls that only client SDKs make (msync.md section 8)."""

import base64
import json

import pytest
from django.test import Client

from accounts.domain.actor import Actor
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
from chat.wire.msync.pb import msync_pb2 as pb
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db


def send(api, user, to, text):
    actor = Actor(api.app, user.username, user.id)
    return post_message_now(actor, SendMessage(ToUser(to), Body("txt", {"msg": text}))).message_id


def metas(answer):
    return [pb.Meta.FromString(base64.b64decode(one["msg"])) for one in answer.data["msgs"]]


def texts(answer):
    return [pb.MessageBody.FromString(meta.payload).contents[0].text for meta in metas(answer)]


@pytest.mark.endpoint("M23")
def test_history_roams_in_both_directions(api, as_user, demo1):
    sent = [send(api, demo1, "demo2", str(n)) for n in range(5)]
    path, body = "/users/demo2/messageroaming", {"queue": "demo1@easemob.com", "pull_number": 2}
    page = as_user("demo2").post(path, {**body, "start": -1, "end": -1})
    assert texts(page) == ["4", "3"]
    assert page.data["is_last"] is False
    assert page.data["next_key"] == str(sent[3])
    [newest, _] = metas(page)
    assert (newest.id, newest.to.name, newest.ns) == (sent[4], "demo2", pb.Meta.CHAT)
    older = as_user("demo2").post(path, {**body, "start": page.data["next_key"]})
    assert texts(older) == ["2", "1"]
    upwards = as_user("demo2").post(path, {**body, "start": str(sent[2]), "is_positive": True})
    assert texts(upwards) == ["3", "4"]
    assert upwards.data["is_last"] is True


@pytest.mark.endpoint("M23")
def test_an_empty_history_says_so(as_user):
    answer = as_user("demo2").post("/users/demo2/messageroaming", {"queue": "demo3@easemob.com"})
    assert answer.data == {"msgs": [], "next_key": "", "is_last": True}


@pytest.mark.endpoint("M23")
def test_history_is_its_owners(as_user, api):
    body = {"queue": "demo1@easemob.com"}
    assert as_user("demo3").post("/users/demo2/messageroaming", body).status == 401
    assert api.post("/users/demo2/messageroaming", body).status == 401


@pytest.mark.endpoint("M23")
def test_a_stranger_reads_no_group(as_user, api):
    group = make_group(api)
    body = {"queue": f"{group}@conference.easemob.com"}
    assert as_user("demo3").post("/users/demo3/messageroaming", body).status == 403


@pytest.mark.endpoint("M15", "M16")
def test_a_conversation_is_listed_pinned_and_removed(api, as_user, demo1):
    message_id = send(api, demo1, "demo2", "hi")
    mine = as_user("demo2")
    [item] = mine.get("/sdk/user/demo2/user_channels/list?limit=20&cursor=").data["channel_infos"]
    assert (item["session_to"], item["session_type"], item["unread_num"]) == ("demo1", "chat", 1)
    assert item["meta"]["id"] == str(message_id)
    assert json.loads(item["meta"]["payload"])["bodies"] == [{"type": "txt", "msg": "hi"}]
    pinned = mine.post("/sdk/user/demo2/user_channel/top", {"type": "chat", "to": "demo1"})
    assert pinned.data["is_top"] is True
    on_top = mine.get("/sdk/user/demo2/user_channels/list?is_top=true").data["channel_infos"]
    assert [one["session_to"] for one in on_top] == ["demo1"]
    off = mine.delete("/sdk/user/demo2/user_channel/top?type=chat&to=demo1")
    assert off.data == {"is_top": False, "update_top_status_time": 0}
    body = {"channel": "demo1", "type": "chat", "delete_roam": True}
    assert mine.delete("/user/demo2/user_channel?resource=x", body).data == {"result": "ok"}
    assert mine.get("/users/demo2/user_channels").data == {"channel_infos": []}


@pytest.mark.parametrize(
    "body",
    [{}, {"channel": "demo1"}, {"channel": "demo1", "type": "x", "delete_roam": True}],
)
def test_a_removal_that_names_nothing_is_refused(as_user, body):
    assert as_user("demo2").delete("/user/demo2/user_channel", body).status == 400


def test_a_contact_is_asked_for_and_accepted(as_user):
    asked = as_user("demo1").post("/users/demo1/contacts/apply", {"usernames": ["demo3"]})
    assert asked.status == 200
    accepted = as_user("demo3").post("/users/demo3/contacts/accept/users/demo1")
    assert accepted.status == 200
    assert "demo3" in as_user("demo1").get("/users/demo1/contacts/users").data


def test_declining_nothing_is_success(as_user):
    assert as_user("demo3").post("/users/demo3/contacts/decline/users/demo1").status == 200
    assert as_user("demo3").post("/users/demo3/contacts/accept/users/stranger").status == 404


def test_a_group_is_applied_for_and_left(as_user, api):
    group = make_group(api)
    applied = as_user("demo3").post(f"/chatgroups/{group}/apply", {"message": "me"})
    assert applied.data["result"] is True
    assert as_user("demo3").get("/chatgroups/user/demo3/joined_count").data >= 1
    assert as_user("demo3").delete(f"/chatgroups/{group}/quit").data["result"] is True
    assert as_user("demo1").get(f"/sdk/chatgroups/{group}/mute/demo1").data is False


def test_the_app_joins_nothing(api):
    assert api.post(f"/chatgroups/{make_group(api)}/apply", {}).status == 401


def test_the_device_that_acts_is_named_by_its_resource(as_user, published, on_commit_now):
    as_user("demo1").post("/users/demo1/contacts/apply?resource=web_1", {"usernames": ["demo3"]})
    skipped = {audience.skip_device[1] for _, audience in published if audience.skip_device}
    assert skipped == {"web_1"}


@pytest.mark.endpoint("T5")
def test_sdks_find_their_hosts(app):
    answer = Client().get("/easemob/server.json?app_key=demo%23app", headers={"host": "im.x:8000"})
    [host] = answer.json()["msync-ws"]["hosts"]
    assert host == {"protocol": "http", "domain": "im.x", "port": "8000"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert Client().get("/easemob/server.json?app_key=no%23app").status_code == 404
    assert Client().get("/easemob/server.json?app_key=demo").status_code == 200


def test_sdks_of_the_first_generation_find_their_hosts(app):
    asked = "/easemob/server.xml?app_key=demo%2523app&_v=1511320000000"
    answer = Client().get(asked, headers={"host": "im.x:8000"})
    host = "<domain>im.x</domain><ip>im.x</ip><port>8000</port><protocol>http</protocol>"
    hosts = f"<hosts><host>{host}</host></hosts>"
    assert answer.content.decode() == (
        "<ebs><deploy_name>imadmin</deploy_name><file_version>1</file_version>"
        f"<xmpp>{hosts}</xmpp><rest>{hosts}</rest></ebs>"
    )
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert Client().get("/easemob/server.xml?app_key=no%2523app").status_code == 404


def test_sockjs_is_told_what_there_is():
    answer = Client().get("/ws/info?t=1", headers={"origin": "http://page.example"})
    assert answer.json()["websocket"] is True
    assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
