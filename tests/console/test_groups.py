"""Groups: creation, members, roles, moderation, settings, and the end."""

import re

import pytest
from django.test import Client

from accounts.actions.im_apps import change_settings
from accounts.domain.actor import Actor, AppRef
from accounts.models import Operator
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.errors import GroupNotFound
from chat.domain.targets import ToGroup
from chat.queries.rooms import blocked_in, get_room, list_members, mutes_of, search_rooms
from chat.queries.tallies import messages_since
from chat.store.clock import now_ms
from imadmin.console.twins import group_new
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

FIELDS = {"name": "Lovely", "owner": "demo1", "members": "", "maxusers": "200",
          "public": "on", "invite_need_confirm": "on"}  # fmt: skip
pytestmark = pytest.mark.usefixtures("demo1", "demo2", "demo3", "stranger")


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


@pytest.fixture
def rid(client: Client, app: AppRef) -> str:
    """A group of demo1 with demo2 and demo3."""
    done(post(client, "group_new", {**FIELDS, "members": "demo2, demo3"}))
    return search_rooms(app, "group").items[0].room_id


def ranks(app: AppRef, rid: str) -> dict[str, str]:
    members = list_members(app, ToGroup(rid)).items
    return {one.username: one.affiliation.name.lower() for one in members}


def test_GRP_1_new_group_has_its_owner_and_three_members(client: Client, app: AppRef):
    answer = post(client, "group_new", {**FIELDS, "members": "demo2 demo3；stranger"})
    page = client.get(done(answer))
    rid = page.context["room"].room_id
    assert f'data-test="room-id">{rid}<' in text_of(page)
    assert "room-send" in text_of(page)
    assert sorted(ranks(app, rid).values()) == ["member", "member", "member", "owner"]
    assert text_of(client.get(url("group_members", rid=rid))).count("member-row") == 4
    assert audited("group.create").target_id == rid


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"owner": "ghost"}, "There is no user ghost"),
        ({"members": "demo2, ghost, spook"}, "ghost, spook"),
        ({"name": "x" * 129}, "at most 128"),
        ({"maxusers": "2", "members": "demo2, demo3"}, "Fewer than the owner"),
        ({"maxusers": "3001"}, "less than or equal to 3000"),
    ],
)
def test_bad_group_is_not_made(changes, sentence, client: Client, app: AppRef):
    refused(post(client, "group_new", {**FIELDS, **changes}), sentence)
    assert search_rooms(app, "group").items == ()


def test_GRP_4_transfer_changes_both_ranks(client: Client, app: AppRef, rid: str):
    done(post(client, "group_owner", {"newowner": "demo2"}, rid=rid))
    assert ranks(app, rid) == {"demo1": "member", "demo2": "owner", "demo3": "member"}
    assert audited("group.transfer").diff == {"owner": ["demo1", "demo2"]}


def test_GRP_5_unknown_user_is_a_field_error_and_nobody_is_added(
    client: Client, app: AppRef, rid: str
):
    answer = post(client, "group_members_add", {"usernames": "stranger, ghost"}, rid=rid)
    refused(answer, "There are no users with these names: ghost")
    assert 'id="id_usernames_error"' in text_of(answer)
    assert "stranger" not in ranks(app, rid)


def test_members_and_admins_come_and_go(client: Client, app: AppRef, rid: str):
    done(post(client, "group_members_add", {"usernames": "stranger"}, rid=rid))
    done(post(client, "group_admins_add", {"user": "stranger"}, rid=rid))
    assert ranks(app, rid)["stranger"] == "admin"
    done(post(client, "group_admins_remove", {"user": "stranger"}, rid=rid))
    assert ranks(app, rid)["stranger"] == "member"
    done(post(client, "group_members_remove", {"usernames": "stranger"}, rid=rid))
    assert "stranger" not in ranks(app, rid)
    codes = ("member.add", "admin.add", "admin.remove", "member.remove")
    assert {audited(f"group.{code}").target_id for code in codes} == {rid}


def test_owner_cannot_be_removed_or_muted(client: Client, app: AppRef, rid: str):
    for name in ("group_members_remove", "group_mutes_add", "group_blocks_add"):
        data = {"usernames": "demo1", "duration": "1h"}
        refused(post(client, name, data, rid=rid), "owner")
    assert ranks(app, rid)["demo1"] == "owner"


@pytest.mark.parametrize(
    ("duration", "hours"), [("1h", 1), ("1d", 24), ("custom", 5), ("forever", None)]
)
def test_mute_lasts_as_chosen_until_it_is_lifted(duration, hours, client, app, rid):
    data = {"usernames": "demo2", "duration": duration, "hours": "5"}
    done(post(client, "group_mutes_add", data, rid=rid))
    [mute] = mutes_of(app, ToGroup(rid))
    if hours is None:
        assert mute.expires_ms == 4_102_444_800_000
    else:
        assert abs(mute.expires_ms - now_ms() - hours * 3_600_000) < 60_000
    assert "mutes-row" in text_of(client.get(url("group_mutes", rid=rid)))
    done(post(client, "group_mutes_remove", {"usernames": "demo2"}, rid=rid))
    assert mutes_of(app, ToGroup(rid)) == []
    assert audited("group.mute.add").target_id == audited("group.mute.remove").target_id == rid


def test_muting_everybody_and_the_allow_list(client: Client, app: AppRef, rid: str):
    done(post(client, "group_mutes_all", {"on": "on"}, rid=rid))
    assert get_room(app, ToGroup(rid)).muted_all
    done(post(client, "group_allow_add", {"usernames": "demo2"}, rid=rid))
    assert "allow-row" in text_of(client.get(url("group_allow", rid=rid)))
    done(post(client, "group_allow_remove", {"usernames": "demo2"}, rid=rid))
    done(post(client, "group_mutes_all", {}, rid=rid))
    assert not get_room(app, ToGroup(rid)).muted_all
    assert audited("group.allow.add").target_id == audited("group.allow.remove").target_id


def test_blocking_removes_and_unblocking_does_not_bring_back(client, app, rid):
    done(post(client, "group_blocks_add", {"usernames": "demo2"}, rid=rid))
    assert (blocked_in(app, ToGroup(rid)), "demo2" in ranks(app, rid)) == (["demo2"], False)
    assert "blocks-row" in text_of(client.get(url("group_blocks", rid=rid)))
    done(post(client, "group_blocks_remove", {"usernames": "demo2"}, rid=rid))
    assert blocked_in(app, ToGroup(rid)) == []
    assert audited("group.block.add").target_id == audited("group.block.remove").target_id == rid


def test_announcement_is_written_shown_and_taken_away(client: Client, app: AppRef, rid: str):
    done(post(client, "group_announcement_set", {"announcement": "At <five>"}, rid=rid))
    assert "At &lt;five&gt;" in text_of(client.get(url("group_announcement", rid=rid)))
    assert audited("group.announce").diff == {"announcement": ["", "At <five>"]}
    done(post(client, "group_announcement_set", {"announcement": ""}, rid=rid))
    assert get_room(app, ToGroup(rid)).announcement == ""
    long = {"announcement": "x" * 513}
    refused(post(client, "group_announcement_set", long, rid=rid), "at most 512")


def test_lengths_are_those_of_the_apps_settings(client: Client, app: AppRef, rid: str):
    page = client.get(url("group_new"))
    assert page.context["form"]["maxusers"].value() == 200
    long = {"name": "n" * 130, "description": "d" * 600, "custom": "c" * 2000}
    limits = {"group_max_name": 130, "group_max_description": 600, "group_max_custom": 1999}
    change_settings(app, {**limits, "max_announcement": 3, "group_default_members": 50})
    page = client.get(url("group_new"))
    assert page.context["form"]["maxusers"].value() == 50
    assert 'maxlength="130"' in text_of(page)
    refused(post(client, "group_new", {**FIELDS, **long}), "at most 1999 characters")
    done(post(client, "group_new", {**FIELDS, **long, "custom": "c" * 1999}))
    refused(
        post(client, "group_announcement_set", {"announcement": "four"}, rid=rid),
        "at most 3 characters",
    )


def test_settings_change_only_what_changed(client: Client, app: AppRef, rid: str):
    page = client.get(url("group_settings", rid=rid))
    assert "Lovely" in text_of(page)
    done(post(client, "group_settings", {**FIELDS, "name": "New", "maxusers": "50"}, rid=rid))
    room = get_room(app, ToGroup(rid))
    assert (room.name, room.max_members, room.public) == ("New", 50, True)
    assert audited("group.edit").diff == {"name": ["Lovely", "New"], "max_members": [200, 50]}


def test_disabled_group_refuses_changes_until_it_is_enabled(client: Client, rid: str):
    done(post(client, "group_disable", {"reason": "spam"}, rid=rid))
    data = {"announcement": "x"}
    refused(post(client, "group_announcement_set", data, rid=rid), "disabled")
    done(post(client, "group_enable", rid=rid))
    done(post(client, "group_announcement_set", data, rid=rid))
    assert audited("group.disable").diff == {"reason": [None, "spam"]}
    assert audited("group.enable").target_id == rid


def test_deleted_group_is_gone(client: Client, app: AppRef, rid: str):
    page = client.get(url("group_delete", rid=rid), headers={"accept-language": "en"})
    assert "Its 3 members are told" in text_of(page)
    assert done(post(client, "group_delete", rid=rid)) == url("groups")
    with pytest.raises(GroupNotFound):
        get_room(app, ToGroup(rid))
    assert client.get(url("group_members", rid=rid)).status_code == 404
    assert audited("group.delete").target_id == rid


def test_list_is_found_by_id_name_and_member(client: Client, rid: str):
    for query in (f"q={rid}", "q=Love", "member=demo2"):
        assert f'data-id="{rid}"' in text_of(client.get(url("groups") + f"?{query}")), query
    shown = text_of(client.get(url("groups") + "?member=stranger"))
    assert f'data-id="{rid}"' not in shown


def test_group_is_no_chatroom(client: Client, rid: str):
    assert client.get(url("room_detail", rid=rid)).status_code == 404


def test_copy_as_splits_members_as_rest_takes_them(app: AppRef):
    members = [f"m{n}" for n in range(70)]
    data = {**FIELDS, "description": "", "custom": "", "membersonly": False,
            "allowinvites": False, "members": members}  # fmt: skip
    first, second = group_new(app, data)
    assert (len(first.body["members"]), len(second.body["usernames"])) == (60, 10)


def test_announcement_says_by_whom_and_when(client: Client, app: AppRef, rid: str):
    page = url("group_announcement", rid=rid)
    assert 'data-test="announced"' not in text_of(client.get(page))
    done(post(client, "group_announcement_set", {"announcement": "Moved to Friday"}, rid=rid))
    text = text_of(client.get(page, headers={"accept-language": "en"}))
    assert "By demo1," in text
    assert abs(get_room(app, ToGroup(rid)).announced_ms - now_ms()) < 60_000


def test_list_counts_the_messages_of_the_last_day(client: Client, app: AppRef, rid: str):
    def shown() -> str:
        found = re.search(r'data-test="room-day">([^<]*)<', text_of(client.get(url("groups"))))
        assert found
        return found[1]

    assert shown() == "0"
    for text in ("one", "two"):
        command = SendMessage(ToGroup(rid), Body("txt", {"msg": text}), sender="demo1")
        post_message_now(Actor(app), command)
    assert shown() == "2"
    room = search_rooms(app, "group").items[0]
    assert messages_since(app, [room.row_id], now_ms() + 1000, 10) == {}
    assert messages_since(app, [room.row_id], now_ms() - 60_000, 1) == {room.row_id: 1}
