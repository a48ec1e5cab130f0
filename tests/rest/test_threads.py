"""Threads of groups (rest.md 3.10; msync.md 8.6)."""

import pytest

from accounts.actions.im_users import delete_user
from accounts.actions.tokens import app_token_for_console
from tests.rest.api import A_TIME_MS, Api
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

UNKNOWN = "123456789012345"


def group_error(status, text):
    return status, "group_error", text


NOT_FOUND = group_error(404, "thread not found.")
NOT_IN_GROUP = group_error(404, "user not in group.")


def send(api, kind, to, sender="demo1", text="hi"):
    body = {"from": sender, "to": [to], "type": "txt", "body": {"msg": text}}
    return api.post(f"/messages/{kind}", body).data[to]


def make_thread(api, group_id, message_id="", name="side", owner="demo1"):
    message_id = message_id or send(api, "chatgroups", group_id)
    body = {"group_id": group_id, "name": name, "msg_id": message_id, "owner": owner}
    return api.post("/thread", body).data["thread_id"]


def names_in(api, thread_id):
    return api.get(f"/thread/{thread_id}/users").data["affiliations"]


@pytest.fixture
def group_id(api) -> str:
    """Of demo1, demo2 and demo3; demo2 is an admin."""
    made = make_group(api, members=["demo2", "demo3"])
    api.post(f"/chatgroups/{made}/admin", {"newadmin": "demo2"})
    return str(made)


@pytest.fixture
def thread_id(api, group_id) -> str:
    """Made by demo3, who is in it."""
    return str(make_thread(api, group_id, owner="demo3"))


@pytest.mark.endpoint("D4", "D7")
def test_a_thread_is_made_below_a_message(api, as_user, group_id):
    message_id = send(api, "chatgroups", group_id)
    body = {"group_id": group_id, "name": "n" * 64, "msg_id": message_id, "owner": "Demo3"}
    made = as_user("demo3").post("/thread?resource=web_1", body)
    thread_id = made.data["thread_id"]
    assert made.json == api.whole(
        "post", "/thread", data={"thread_id": thread_id}, params={"resource": ["web_1"]}
    )
    assert len(thread_id) == 15
    members = as_user("demo2").get(f"/thread/{thread_id}/users?limit=50")
    assert members.json == api.whole(
        "get",
        f"/thread/{thread_id}/users",
        data={"affiliations": ["demo3"]},
        properties={},
        count=1,
        params={"limit": ["50"]},
    )
    detail = as_user("demo1").get(f"/thread/{thread_id}").data
    assert detail == {
        "id": thread_id,
        "name": "n" * 64,
        "owner": "demo3",
        "msgId": message_id,
        "groupId": group_id,
        "created": A_TIME_MS,
        "affiliations_count": 1,
    }
    again = as_user("demo1").post("/thread", body | {"owner": "demo1"})
    assert again.error == group_error(403, "msg already create thread.not allow to create.")
    assert again.json["error_code"] == 40003


@pytest.mark.endpoint("D4")
def test_only_a_message_of_the_group_gets_a_thread(api, group_id, thread_id):
    def create(message_id, group=group_id, **fields):
        body = {"group_id": group, "name": "x", "msg_id": message_id, "owner": "demo1"}
        return api.post("/thread", body | fields)

    message_id = send(api, "chatgroups", group_id)
    other = make_group(api)
    nested = create(send(api, "chatgroups", thread_id, "demo3"))
    assert nested.error == group_error(400, "thread not nested.")
    assert nested.json["error_code"] == 40009
    assert create(message_id, thread_id).error == group_error(400, "thread not nested.")
    assert create(message_id, other).error == group_error(400, "msg not belong to group .")
    assert create(send(api, "users", "demo2")).error == group_error(
        400, "thread must on group message to create."
    )
    for unknown in ("1", "x", "-5", 10**30):
        assert create(unknown).error == group_error(404, "msg not exist.")
    assert create(message_id, UNKNOWN).error == group_error(404, "group not found.")
    for nobody in ("stranger", "nobody"):
        assert create(message_id, owner=nobody).error == NOT_IN_GROUP
    for name in ("", "n" * 65):
        assert create(message_id, name=name).error == group_error(400, "thread name limit reached.")
    unreadable = (400, "param_illegal", "Failed to read HTTP message")
    assert api.call("POST", "/thread", []).error == unreadable
    assert create(message_id, owner=None).error == unreadable
    assert create(message_id, name=["a"]).error == unreadable
    recall = {"msg_id": message_id, "to": group_id, "chat_type": "groupchat", "force": True}
    assert api.post("/messages/msg_recall", recall).status == 200
    assert create(message_id).error == group_error(404, "msg not exist.")


@pytest.mark.endpoint("D4")
def test_another_apps_message_gets_none(api, group_id, other_app):
    theirs = Api(other_app, app_token_for_console(other_app, ttl_s=600).token)
    there = make_group(theirs)
    message_id = send(theirs, "chatgroups", there)
    body = {"group_id": group_id, "name": "x", "msg_id": message_id, "owner": "demo1"}
    assert api.post("/thread", body).error == group_error(404, "msg not exist.")
    thread_id = make_thread(theirs, there, message_id)
    assert api.get(f"/thread/{thread_id}").error == NOT_FOUND
    assert api.get("/thread").json["entities"] == []
    assert api.post("/thread/message", {"threadIds": [thread_id]}).json["entities"] == []


@pytest.mark.endpoint("D5")
def test_a_thread_is_renamed_by_who_may(api, as_user, group_id, thread_id):
    renamed = as_user("demo3").put(f"/thread/{thread_id}", {"name": "mine"})  # who made it
    assert renamed.json == api.whole("put", f"/thread/{thread_id}", data={"name": "mine"})
    assert as_user("demo2").put(f"/thread/{thread_id}", {"name": "ours"}).status == 200  # an admin
    api.post(f"/chatgroups/{group_id}/users/stranger")
    assert as_user("stranger").put(f"/thread/{thread_id}", {"name": "x"}).error[:2] == (
        403,
        "forbidden_op",
    )
    assert api.put(f"/thread/{thread_id}", {"name": "n" * 65}).error == group_error(
        400, "thread name limit reached."
    )
    assert api.put(f"/thread/{UNKNOWN}", {"name": "x"}).error == NOT_FOUND
    assert api.get(f"/thread/{thread_id}").data["name"] == "ours"


@pytest.mark.endpoint("D6")
def test_a_thread_is_ended_by_the_groups_staff(api, as_user, group_id, thread_id):
    assert as_user("demo3").delete(f"/thread/{thread_id}").error[:2] == (403, "forbidden_op")
    ended = as_user("demo2").delete(f"/thread/{thread_id}")
    assert ended.json == api.whole("delete", f"/thread/{thread_id}", data={"status": "ok"})
    gone = api.delete(f"/thread/{thread_id}")
    assert (gone.error, gone.json["error_code"]) == (NOT_FOUND, 40011)
    for call in (api.get(f"/thread/{thread_id}"), api.get(f"/thread/{thread_id}/users")):
        assert call.error == NOT_FOUND
    assert send(api, "chatgroups", group_id)  # the group goes on
    lost = {"from": "demo3", "to": [thread_id], "type": "txt", "body": {"msg": "x"}}
    assert api.post("/messages/chatgroups", lost).status == 404


@pytest.mark.endpoint("D7", "D8", "D9")
def test_the_app_puts_members_in_and_takes_them_out(api, as_user, group_id, thread_id):
    path = f"/thread/{thread_id}/users"
    added = api.post(path, {"usernames": ["Demo1", "demo2", "demo3"]})
    assert added.json == api.whole("post", path, data={"status": "ok"})
    assert names_in(api, thread_id) == ["demo3", "demo1", "demo2"]
    removed = api.delete(path, {"usernames": ["demo3", "stranger"]})
    assert removed.json == api.whole(
        "delete",
        path,
        entities=[{"result": True, "user": "demo3"}, {"result": False, "user": "stranger"}],
    )
    assert names_in(api, thread_id) == ["demo1", "demo2"]
    assert api.post(path, {"usernames": ["stranger"]}).error == NOT_IN_GROUP
    too_many = {"usernames": [f"u{number}" for number in range(11)]}
    for call in (api.post(path, too_many), api.delete(path, too_many)):
        assert call.error == group_error(400, "request body reaches limit.")
    for call in (api.post(path, {}), api.delete(path, {"usernames": []})):
        assert call.error == (400, "param_illegal", "Failed to read HTTP message")
    single = as_user("demo2").delete(f"{path}/demo1?resource=web_1")
    assert single.data == {"result": True, "user": "demo1"}
    assert as_user("demo3").delete(f"{path}/demo2").error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("D7")
def test_members_are_read_page_by_page(api, as_user, thread_id):
    api.post(f"/thread/{thread_id}/users", {"usernames": ["demo1", "demo2"]})
    first = api.get(f"/thread/{thread_id}/users?limit=2").json
    assert first["data"]["affiliations"] == ["demo3", "demo1"]
    cursor = first["properties"]["cursor"]
    last = api.get(f"/thread/{thread_id}/users?limit=2&cursor={cursor}").json
    assert (last["data"]["affiliations"], last["properties"]) == (["demo2"], {})
    assert api.get(f"/thread/{thread_id}/users?limit=51").error == group_error(
        400, "query param reaches limit."
    )
    stranger = as_user("stranger").get(f"/thread/{thread_id}/users")
    assert (stranger.error, stranger.json["error_code"]) == (NOT_IN_GROUP, 40012)


def test_a_member_of_the_group_joins_and_quits(api, as_user, group_id, thread_id):
    mine = as_user("demo2")
    joined = mine.post(f"/thread/{thread_id}/user/demo2/join?resource=web_1")
    assert joined.data["status"] == "ok"
    assert joined.data["detail"]["msgId"] == api.get(f"/thread/{thread_id}").data["msgId"]
    assert mine.post(f"/thread/{thread_id}/user/demo2/join").status == 200  # again
    assert names_in(api, thread_id) == ["demo3", "demo2"]
    left = mine.delete(f"/thread/{thread_id}/user/demo2/quit?resource=web_1")
    assert left.json["data"] == {"status": "ok"}
    assert mine.delete(f"/thread/{thread_id}/user/demo2/quit").status == 200  # again
    assert as_user("demo3").delete(f"/thread/{thread_id}/user/demo3/quit").status == 200
    assert names_in(api, thread_id) == []
    stranger = as_user("stranger").post(f"/thread/{thread_id}/user/stranger/join")
    assert stranger.error == NOT_IN_GROUP
    other = as_user("demo1").post(f"/thread/{thread_id}/user/demo2/join")
    assert other.error == (401, "unauthorized", "Unable to authenticate (OAuth)")


@pytest.mark.endpoint("D1", "D2", "D3")
def test_threads_are_listed_in_the_order_of_their_making(api, as_user, group_id):
    made = [make_thread(api, group_id, name=str(number)) for number in range(3)]
    second = make_group(api, members=["demo2"])
    there = make_thread(api, second, owner="demo2")
    first = api.get("/thread?limit=3")
    assert first.json == api.whole(
        "get",
        "/thread",
        entities=[{"id": one} for one in (there, made[2], made[1])],
        properties={"cursor": first.json["properties"]["cursor"]},
        count=3,
        params={"limit": ["3"]},
    )
    rest = api.get(f"/thread?limit=3&cursor={first.json['properties']['cursor']}").json
    assert (rest["entities"], rest["properties"]) == ([{"id": made[0]}], {})
    oldest = api.get("/thread?sort=asc&limit=1").json
    assert oldest["entities"] == [{"id": made[0]}]
    after = api.get(f"/thread?sort=asc&limit=1&cursor={oldest['properties']['cursor']}").json
    assert after["entities"] == [{"id": made[1]}]

    def ids(answer):
        assert answer.status == 200, answer.json
        return [one["id"] for one in answer.json["entities"]]

    api.post(f"/thread/{made[1]}/users", {"usernames": ["demo2"]})
    mine = as_user("demo2")
    assert ids(mine.get("/threads/user/demo2")) == [there, made[1]]
    assert ids(mine.get("/threads/user/demo2?sort=asc")) == [made[1], there]
    assert ids(mine.get(f"/threads/chatgroups/{group_id}/user/demo2")) == [made[1]]
    assert ids(mine.get(f"/threads/chatgroups/{group_id}?limit=20")) == made[::-1]
    (one,) = mine.get(f"/threads/chatgroups/{second}/user/demo2").json["entities"]
    assert one == {
        "name": "side",
        "owner": "demo2",
        "id": there,
        "msgId": one["msgId"],
        "groupId": second,
        "created": A_TIME_MS,
    }
    page = mine.get("/threads/user/demo2?limit=1").json
    cursor = page["properties"]["cursor"]
    assert ids(mine.get(f"/threads/user/demo2?limit=1&cursor={cursor}")) == [made[1]]
    api.delete(f"/thread/{there}")
    assert ids(mine.get("/threads/user/demo2")) == [made[1]]


@pytest.mark.endpoint("D1", "D2", "D3")
def test_lists_refuse_what_is_not_the_callers(api, as_user, group_id):
    limit = group_error(400, "query param reaches limit.")
    for path in ("/thread", "/threads/user/demo1", f"/threads/chatgroups/{group_id}/user/demo1"):
        assert api.get(f"{path}?limit=51").error == limit
    stranger = as_user("stranger")
    assert stranger.get(f"/threads/chatgroups/{group_id}").error == NOT_IN_GROUP
    path = f"/threads/chatgroups/{group_id}/user/stranger"
    assert stranger.get(path).error == NOT_IN_GROUP
    unknown = group_error(404, "group not found.")
    assert api.get(f"/threads/chatgroups/{UNKNOWN}/user/demo1").error == unknown
    assert stranger.get("/threads/user/demo1").status == 401
    assert api.get("/threads/user/nobody").error[:2] == (404, "service_resource_not_found")


def test_the_last_message_of_each_thread_is_read(api, as_user, group_id, thread_id):
    empty = make_thread(api, group_id)
    sent = send(api, "chatgroups", thread_id, "demo3", "in the thread")
    asked = {"threadIds": [thread_id, empty, UNKNOWN]}
    full, none = as_user("demo1").post("/thread/message", asked).json["entities"]
    assert none == {"thread_id": empty, "last_message": {}}
    last = full["last_message"]
    assert (full["thread_id"], last["id"]) == (thread_id, sent)
    assert last["to"] == f"demo#app_{thread_id}@conference.easemob.com"
    assert last["payload"]["bodies"] == [{"msg": "in the thread", "type": "txt"}]
    assert last["payload"]["meta"]["thread"]["muc_parent_id"] == group_id
    assert as_user("stranger").post("/thread/message", asked).json["entities"] == []
    many = {"threadIds": [str(number) for number in range(21)]}
    assert api.post("/thread/message", many).error == group_error(
        400, "request body reaches limit."
    )


def test_who_is_out_of_the_group_is_out_of_its_threads(api, group_id, thread_id):
    api.post(f"/thread/{thread_id}/users", {"usernames": ["demo1", "demo2"]})
    api.delete(f"/chatgroups/{group_id}/users/demo2")
    assert names_in(api, thread_id) == ["demo3", "demo1"]
    api.post(f"/chatgroups/{group_id}/blocks/users/demo3")  # its maker
    assert names_in(api, thread_id) == ["demo1"]
    assert api.get(f"/thread/{thread_id}").data["owner"] == "demo3"
    api.post(f"/chatgroups/{group_id}/users/demo2")
    assert names_in(api, thread_id) == ["demo1"]


def test_threads_go_with_their_group(api, as_user, group_id, thread_id):
    other = make_thread(api, make_group(api, members=["demo3"]), owner="demo3")
    assert api.delete(f"/chatgroups/{group_id}").status == 200
    assert api.get(f"/thread/{thread_id}").error == NOT_FOUND
    assert [one["id"] for one in api.get("/thread").json["entities"]] == [other]
    assert len(as_user("demo3").get("/threads/user/demo3").json["entities"]) == 1


def test_a_deleted_user_leaves_threads_that_stay(api, group_id, thread_id):
    api.post(f"/thread/{thread_id}/users", {"usernames": ["demo2"]})
    delete_user(api.app, "demo3")
    assert names_in(api, thread_id) == ["demo2"]
    assert api.get(f"/thread/{thread_id}").data["owner"] == ""


@pytest.mark.endpoint("D4")
def test_limits_are_the_apps(api, group_id, change_settings):
    change_settings(max_thread_name=3, max_threads=2, max_joined_threads=1, max_thread_batch=1)
    message_id = send(api, "chatgroups", group_id)
    body = {"group_id": group_id, "msg_id": message_id, "owner": "demo1", "name": "four"}
    assert api.post("/thread", body).error == group_error(400, "thread name limit reached.")
    thread_id = make_thread(api, group_id, message_id, name="abc")
    body["msg_id"], body["name"] = send(api, "chatgroups", group_id), "b"
    joined = api.post("/thread", body)
    assert joined.error == group_error(403, "user join thread reach limit.")
    assert joined.json["error_code"] == 40005
    second = make_thread(api, group_id, body["msg_id"], name="b", owner="demo2")
    put = api.post(f"/thread/{second}/users", {"usernames": ["demo1"]})
    assert put.error == group_error(403, "user join thread reach limit.")
    both = {"usernames": ["demo2", "demo3"]}
    assert api.post(f"/thread/{thread_id}/users", both).error == group_error(
        400, "request body reaches limit."
    )
    body |= {"msg_id": send(api, "chatgroups", group_id), "owner": "demo3"}
    assert api.post("/thread", body).error == group_error(403, "thread number has reached limit.")
    change_settings(max_thread_page=1)
    assert api.get("/thread?limit=2").error == group_error(400, "query param reaches limit.")
    change_settings(threads_enabled=False)
    for call in (
        api.post("/thread", body),
        api.get("/thread"),
        api.get(f"/thread/{thread_id}"),
        api.delete(f"/thread/{thread_id}"),
        api.get("/threads/user/demo1"),
    ):
        assert call.error == group_error(403, "thread not open.")
        assert call.json["error_code"] == 40000


def test_a_thread_is_no_group(api, as_user, group_id, thread_id):
    """It is in no list of groups, and no group's call changes it."""
    assert [one["groupid"] for one in api.get("/chatgroups").data] == [group_id]
    joined = api.get("/users/demo3/joined_chatgroups").data
    assert [one["groupid"] for one in joined] == [group_id]
    assert api.get(f"/chatgroups/{thread_id}").status == 404
    assert api.delete(f"/chatgroups/{thread_id}").status == 404
    assert api.post(f"/chatgroups/{thread_id}/users/stranger").status == 404
    assert api.post("/users", {"username": thread_id, "password": "1"}).status == 400
    send(api, "chatgroups", thread_id, "demo3")
    channels = as_user("demo3").get("/users/demo3/user_channels").data["channel_infos"]
    assert all(thread_id not in one["channel_id"] for one in channels)
