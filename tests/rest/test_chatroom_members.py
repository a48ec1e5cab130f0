"""Members, admins and moderation of chatrooms (rest.md 3.9.7, 3.9.8, 3.9.10, 3.9.11)."""

import pytest

from tests.rest.api import A_TIME_MS
from tests.rest.test_chatrooms import NO_LIST, NOBODY, UNKNOWN, make_room

pytestmark = pytest.mark.django_db

# What is 403 for groups is 400 here.
NOT_A_MEMBER = (400, "forbidden_op", "users [stranger] are not members of this group!")
OWNER = (403, "forbidden_op", "forbidden operation on group owner!")


@pytest.fixture
def room(api):
    """Its path: demo1 owns it, demo2 and demo3 are members, stranger is not."""
    return f"/chatrooms/{make_room(api, members=['demo2', 'demo3'])}"


def id_of(path):
    return path.split("/")[2]


@pytest.mark.endpoint("H8")
def test_members_of_a_room_come_in_both_styles(api, as_user, room):
    path = f"{room}/users"
    page = api.get(f"{path}?pagenum=1&pagesize=2")
    assert page.json == api.whole(
        "get",
        path,
        params={"pagenum": ["1"], "pagesize": ["2"]},
        count=2,
        data=[{"owner": "demo1"}, {"member": "demo2"}],
    )
    names = api.get(f"{path}?version=v3&limit=1")
    assert names.data == ["demo2"]
    rest = api.get(f"{path}?version=v3&limit=1&cursor={names.json['cursor']}")
    assert rest.data == ["demo3"]
    assert "cursor" not in rest.json
    assert as_user("stranger").get(path).json["count"] == 3
    assert api.get(f"/chatrooms/{UNKNOWN}/users").error == NO_LIST


@pytest.mark.endpoint("H9")
def test_one_member_joins_a_room(api, as_user, room):
    path = f"{room}/users/stranger"
    data = {"result": True, "action": "add_member", "id": id_of(room), "user": "stranger"}
    assert api.post(path).json == api.whole("post", path, data=data)
    assert api.post(path).error == (
        400,
        "forbidden_op",
        f"can not join this group, reason:user: stranger already in group: {id_of(room)}\n",
    )
    for _ in range(2):  # a client that joins twice is in
        assert as_user("stranger").post(path).data == data
    assert api.post(f"{room}/users/nobody").error == NOBODY


@pytest.mark.endpoint("H9", "H10", "H11")
def test_a_user_adds_and_removes_itself_alone(api, as_user, room):
    assert as_user("stranger").post(f"{room}/users/stranger").status == 200
    assert as_user("demo2").post(f"{room}/users/demo1").error[:2] == (403, "forbidden_op")
    assert as_user("demo2").delete(f"{room}/users/demo3").error[:2] == (403, "forbidden_op")
    assert as_user("demo2").delete(f"{room}/users/Demo2").data["result"] is True
    assert as_user("demo1").delete(f"{room}/users/demo3").data["result"] is True


@pytest.mark.endpoint("H9")
def test_who_cannot_join_a_room(api, as_user):
    room = f"/chatrooms/{make_room(api, maxusers=2)}"
    api.post(f"{room}/users/demo2")
    api.post(f"{room}/blocks/users/demo2")
    assert as_user("demo2").post(f"{room}/users/demo2").error[:2] == (403, "forbidden_op")
    api.post(f"{room}/users/demo3")
    full = as_user("stranger").post(f"{room}/users/stranger").error
    assert full[0] == 403
    assert full[1] in ("forbidden_op", "exceed_limit")


@pytest.mark.endpoint("H10")
def test_a_batch_of_members_joins_a_room(api, room):
    path = f"{room}/users"
    answer = api.post(path, {"usernames": ["demo2", "Stranger"]})
    data = {"newmembers": ["stranger"], "action": "add_member", "id": id_of(room)}
    assert answer.json == api.whole("post", path, data=data)
    assert api.post(path, {"usernames": ["demo2"]}).error[:2] == (400, "forbidden_op")
    assert api.post(path, {"usernames": ["nobody"]}).error == NOBODY
    assert api.post(path, {"usernames": [f"u{i}" for i in range(61)]}).error == (
        400,
        "invalid_parameter",
        "addMembers: addMembers number more than maxSize : 60",
    )
    assert api.post(path, {}).error[:2] == (400, "invalid_parameter")


@pytest.mark.endpoint("H11")
def test_members_of_a_room_are_removed(api, room):
    path = f"{room}/users"
    data = {"result": True, "action": "remove_member", "user": "demo2", "id": id_of(room)}
    assert api.delete(f"{path}/demo2").json == api.whole("delete", f"{path}/demo2", data=data)
    several = api.delete(f"{path}/demo3,stranger")
    assert several.data == [
        {**data, "user": "demo3"},
        {
            "result": False,
            "action": "remove_member",
            "reason": f"user: stranger doesn't exist in chatroom: {id_of(room)}",
            "user": "stranger",
            "id": id_of(room),
        },
    ]


@pytest.mark.endpoint("H11")
def test_who_cannot_be_removed_from_a_room(api, room):
    path = f"{room}/users"
    assert api.delete(f"{path}/stranger").error == NOT_A_MEMBER
    assert api.delete(f"{path}/stranger,nobody").error == (
        400,
        "forbidden_op",
        "users [stranger, nobody] are not members of this group!",
    )
    assert api.delete(f"{path}/nobody").error[0] in (400, 404)
    assert api.delete(f"{path}/demo1").error == OWNER
    names = ",".join(f"u{i}" for i in range(101))
    assert api.delete(f"{path}/{names}").error[:2] == (400, "invalid_parameter")
    assert api.delete(f"{path}/{names[: names.index('u100') - 1]}").error[1] == "forbidden_op"


@pytest.mark.endpoint("H12", "H13", "H14")
def test_admins_of_a_room(api, as_user, room):
    path = f"{room}/admin"
    made = {"result": "success", "newadmin": "demo2"}
    assert api.post(path, {"newadmin": "demo2"}).json == api.whole("post", path, data=made)
    assert api.get(path).json == api.whole("get", path, data=["demo2"], count=1)
    unmade = {"result": "success", "oldadmin": "demo2"}
    gone = api.delete(f"{path}/demo2")
    assert gone.json == api.whole("delete", f"{path}/demo2", data=unmade)
    assert api.post(path, {"newadmin": "stranger"}).error[:2] == (404, "resource_not_found")
    assert api.delete(f"{path}/demo2").error[0] in (403, 404)
    assert as_user("demo2").post(path, {"newadmin": "demo3"}).error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("H18", "H19", "H20", "H21")
def test_the_block_list_of_a_room_names_it_chatroomid(api, room):
    path = f"{room}/blocks/users"
    one = {"result": True, "user": "demo2", "chatroomid": id_of(room)}
    blocked = api.post(f"{path}/demo2")
    added = {"action": "add_blocks", **one}
    assert blocked.json == api.whole("post", f"{path}/demo2", data=added)
    assert api.get(path).json == api.whole("get", path, data=["demo2"], count=1)
    assert api.post(path, {"usernames": ["demo3", "stranger"]}).data == [
        {**added, "user": "demo3"},
        {
            "result": False,
            "action": "add_blocks",
            "reason": f"user: stranger doesn't exist in chatroom: {id_of(room)}",
            "user": "stranger",
            "chatroomid": id_of(room),
        },
    ]
    assert api.post(f"{path}/stranger").error == NOT_A_MEMBER
    assert api.delete(f"{path}/demo2").data == {"action": "remove_blocks", **one}
    assert [one["result"] for one in api.delete(f"{path}/demo3,demo2").data] == [True, False]


@pytest.mark.endpoint("H22", "H23", "H24", "H25")
def test_the_allow_list_of_a_room(api, room):
    path = f"{room}/white/users"
    one = {"result": True, "user": "demo2", "chatroomid": id_of(room)}
    assert api.post(f"{path}/demo2").data == {"action": "add_user_whitelist", **one}
    assert api.post(path, {"usernames": ["demo3"]}).data == [
        {"action": "add_user_whitelist", **one, "user": "demo3"}
    ]
    assert api.get(path).json == api.whole("get", path, data=["demo2", "demo3"], count=2)
    assert api.post(f"{path}/stranger").error == NOT_A_MEMBER
    assert api.delete(f"{path}/demo2").data == [{"action": "remove_user_whitelist", **one}]


@pytest.mark.endpoint("H26", "H27", "H28")
def test_mutes_of_a_room(api, room):
    path = f"{room}/mute"
    muted = api.post(path, {"usernames": ["demo2"], "mute_duration": 60000})
    assert muted.data == [{"result": True, "expire": A_TIME_MS, "user": "demo2"}]
    assert api.get(path).data == [{"user": "demo2", "expire": A_TIME_MS}]
    stranger = {"usernames": ["stranger"], "mute_duration": 60000}
    assert api.post(path, stranger).error == NOT_A_MEMBER
    api.delete(f"{room}/users/demo2")
    api.post(f"{room}/users/demo2")
    assert [mute["user"] for mute in api.get(path).data] == ["demo2"]
    assert api.delete(f"{path}/demo2").data == [{"result": True, "user": "demo2"}]


@pytest.mark.endpoint("H29", "H30")
def test_muting_a_whole_room_answers_as_a_put(api, room):
    path = f"{room}/ban"
    assert api.post(path).json == api.whole("put", path, data={"mute": True})
    assert api.get(room).data[0]["mute"] is True
    assert api.delete(path).json == api.whole("delete", path, data={"mute": False})


@pytest.mark.endpoint("H31", "H32")
def test_the_announcement_of_a_room(api, room):
    path = f"{room}/announcement"
    data = {"id": id_of(room), "result": True}
    assert api.post(path, {"announcement": "Hi"}).json == api.whole("post", path, data=data)
    assert api.get(path).data == {"announcement": "Hi"}
    assert api.post(path, {"announcement": "x" * 513}).error == (
        403,
        "forbidden_op",
        "announce info length exceeds limit!",
    )
