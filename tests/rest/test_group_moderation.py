"""Block list, allow list, mutes and announcement of groups (rest.md 3.8.15–3.8.18)."""

import pytest

from chat.domain.affiliations import FOREVER_MS
from tests.rest.api import A_TIME_MS
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

NOT_A_MEMBER = (403, "forbidden_op", "users [stranger] are not members of this group!")
OWNER = (403, "forbidden_op", "forbidden operation on group owner!")
CROWD = [f"u{number}" for number in range(61)]


@pytest.fixture
def group(api):
    """Its path: demo1 owns it, demo2 and demo3 are members, stranger is not."""
    return f"/chatgroups/{make_group(api, members=['demo2', 'demo3'])}"


def id_of(path):
    return path.split("/")[2]


@pytest.mark.endpoint("G20", "G21", "G23")
def test_a_blocked_member_is_removed_and_not_put_back(api, group):
    path = f"{group}/blocks/users"
    shape = {"user": "demo2", "groupid": id_of(group)}
    blocked = api.post(f"{path}/Demo2")
    added = {"result": True, "action": "add_blocks", **shape}
    assert blocked.json == api.whole("post", f"{path}/Demo2", data=added)
    assert api.get(path).json == api.whole("get", path, data=["demo2"], count=1)
    assert {"member": "demo2"} not in api.get(f"{group}/users").data

    freed = api.delete(f"{path}/demo2")
    removed = {"result": True, "action": "remove_blocks", **shape}
    assert freed.json == api.whole("delete", f"{path}/demo2", data=removed)
    assert api.get(path).json == api.whole("get", path, data=[], count=0)
    assert {"member": "demo2"} not in api.get(f"{group}/users").data


@pytest.mark.endpoint("G21", "G23")
def test_who_can_be_blocked_and_by_whom(api, as_user, group):
    path = f"{group}/blocks/users"
    assert api.post(f"{path}/stranger").error == NOT_A_MEMBER
    assert api.post(f"{path}/demo1").error == OWNER
    assert as_user("demo2").post(f"{path}/demo3").error[:2] == (403, "forbidden_op")
    assert as_user("demo2").get(path).status == 200
    assert as_user("stranger").get(path).error[:2] == (403, "forbidden_op")
    assert api.delete(f"{path}/demo2").error[:2] == (403, "forbidden_op")
    names = ",".join(CROWD)
    assert api.delete(f"{path}/{names}").error == (
        400,
        "invalid_parameter",
        "removeBlacklist: list size more than max limit : 60",
    )


@pytest.mark.endpoint("G23")
def test_several_are_unblocked_with_an_outcome_each(api, group):
    api.post(f"{group}/blocks/users/demo2")
    answer = api.delete(f"{group}/blocks/users/demo2%2Cdemo3").data
    assert [(one["user"], one["result"]) for one in answer] == [("demo2", True), ("demo3", False)]
    assert {one["action"] for one in answer} == {"remove_blocks"}


@pytest.mark.endpoint("G22")
def test_each_name_of_a_block_has_its_outcome(api, group):
    answer = api.post(f"{group}/blocks/users", {"usernames": ["demo2", "stranger"]})
    assert answer.data == [
        {"result": True, "action": "add_blocks", "user": "demo2", "groupid": id_of(group)},
        {
            "result": False,
            "action": "add_blocks",
            "reason": f"user: stranger doesn't exist in group: {id_of(group)}",
            "user": "stranger",
            "groupid": id_of(group),
        },
    ]
    path = f"{group}/blocks/users"
    assert api.post(path, {"usernames": ["stranger"]}).error == NOT_A_MEMBER
    assert api.post(path, {"usernames": CROWD}).error == (
        400,
        "invalid_parameter",
        "userNames is more than max limit : 60",
    )
    assert api.post(path, {}).error[:2] == (400, "invalid_parameter")


@pytest.mark.endpoint("G24", "G25", "G26", "G27")
def test_the_allow_list_is_filled_read_and_emptied(api, group):
    path = f"{group}/white/users"
    one = {"result": True, "user": "demo2", "groupid": id_of(group)}
    added = api.post(f"{path}/demo2")
    data = {"action": "add_user_whitelist", **one}
    assert added.json == api.whole("post", f"{path}/demo2", data=data)
    several = api.post(path, {"usernames": ["demo3"]}).data
    assert several == [{**data, "user": "demo3"}]
    assert api.get(path).json == api.whole("get", path, data=["demo2", "demo3"], count=2)
    assert api.get(f"{path}/demo2").data == {"member": True, "white": True, "user": "demo2"}
    assert api.get(f"{path}/stranger").data == {"member": False, "white": False, "user": "stranger"}
    removed = api.delete(f"{path}/demo2")
    assert removed.data == [{"action": "remove_user_whitelist", **one}]
    assert api.get(path).data == ["demo3"]


@pytest.mark.endpoint("G25", "G26", "G27")
def test_the_allow_list_holds_only_members(api, as_user, group):
    path = f"{group}/white/users"
    assert api.post(f"{path}/stranger").error == NOT_A_MEMBER
    assert api.post(path, {"usernames": CROWD}).error == (
        400,
        "invalid_parameter",
        "usernames size is more than max limit : 60",
    )
    names = ",".join(CROWD)
    assert api.delete(f"{path}/{names}").error == (
        400,
        "invalid_parameter",
        "removeWhitelist size is more than max limit : 60",
    )
    assert as_user("demo2").post(f"{path}/demo2").error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("G28", "G29", "G30")
def test_a_mute_is_set_listed_and_lifted(api, group):
    path = f"{group}/mute"
    muted = api.post(path, {"usernames": ["Demo2"], "mute_duration": "86400000"})
    expire = muted.data[0]["expire"]
    assert muted.json == api.whole(
        "post", path, data=[{"result": True, "expire": A_TIME_MS, "user": "demo2"}]
    )
    listed = api.get(path)
    assert listed.data == [{"user": "demo2", "expire": expire}]
    assert listed.json == api.whole("get", path, data=listed.data, count=1)
    for_ever = api.post(path, {"usernames": ["demo2"], "mute_duration": -1})
    assert for_ever.data[0]["expire"] == FOREVER_MS
    lifted = api.delete(f"{path}/demo2")
    data = [{"result": True, "user": "demo2"}]
    assert lifted.json == api.whole("delete", f"{path}/demo2", data=data)
    assert api.get(path).data == []
    again = api.delete(f"{path}/demo2,demo3")
    assert [one["result"] for one in again.data] == [True, True]


@pytest.mark.endpoint("G29", "G30")
def test_who_can_be_muted_by_whom_and_how_long(api, as_user, group):
    path = f"{group}/mute"

    def mute(caller, *names, **fields):
        return caller.post(path, {"usernames": list(names), "mute_duration": 1000, **fields}).error

    assert mute(api, "demo2", "stranger") == NOT_A_MEMBER
    assert api.get(path).data == []
    assert mute(api, "demo1") == OWNER
    assert mute(api, *CROWD) == (
        400,
        "invalid_parameter",
        "userNames size is more than max limit : 60",
    )
    names = ",".join(CROWD)
    assert api.delete(f"{path}/{names}").error == (
        400,
        "invalid_parameter",
        "removeMute member size more than max limit : 60",
    )
    for duration in (None, 0, -2, 1.5, "soon", True):
        assert mute(api, "demo2", mute_duration=duration)[0] == 400
    assert mute(as_user("demo2"), "demo3")[:2] == (403, "forbidden_op")
    assert mute(as_user("stranger"), "demo3")[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("G31", "G32")
def test_everybody_is_muted_and_the_details_say_so(api, as_user, group):
    path = f"{group}/ban"
    assert api.post(path, []).json == api.whole("post", path, data={"mute": True})
    assert api.get(group).data[0]["mute"] is True
    assert api.delete(path).json == api.whole("delete", path, data={"mute": False})
    assert api.get(group).data[0]["mute"] is False
    assert as_user("demo2").post(path).error[:2] == (403, "forbidden_op")
    assert as_user("demo1").post(path).status == 200


@pytest.mark.endpoint("G33", "G34")
def test_an_announcement_is_put_up_read_and_cleared(api, as_user, group):
    path = f"{group}/announcement"
    assert api.get(path).json == api.whole("get", path, data={"announcement": ""})
    put_up = api.post(path, {"announcement": "Meeting at 5"})
    data = {"id": id_of(group), "result": True}
    assert put_up.json == api.whole("post", path, data=data)
    assert as_user("demo2").get(path).data == {"announcement": "Meeting at 5"}
    assert api.post(path, {"announcement": ""}).status == 200
    assert api.get(path).data == {"announcement": ""}


@pytest.mark.endpoint("G33", "G34")
def test_an_announcement_may_be_refused(api, as_user, group):
    path = f"{group}/announcement"
    assert api.post(path, {}).error == (400, "illegal_argument", "announcement is null")
    assert api.post(path, {"announcement": "x" * 513}).error == (
        403,
        "FORBIDDEN",
        "announce info length exceeds limit!",
    )
    assert as_user("demo2").post(path, {"announcement": "x"}).error[:2] == (403, "forbidden_op")
    assert as_user("stranger").get(path).error[:2] == (403, "forbidden_op")


@pytest.mark.endpoint("G21", "G23")
def test_a_client_that_asks_for_version_3_gets_a_list_of_one(as_user, group):
    owner = as_user("demo1")
    for answer in (
        owner.post(f"{group}/blocks/users/demo2?version=v3"),
        owner.delete(f"{group}/blocks/users/demo2?version=v3"),
    ):
        assert [(one["user"], one["result"]) for one in answer.data] == [("demo2", True)]
