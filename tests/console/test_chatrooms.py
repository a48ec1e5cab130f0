"""Chatrooms: creation with owner and admins, and the app's super admins."""

import pytest
from django.test import Client

from accounts.domain.actor import AppRef
from accounts.models import Operator
from chat.domain.targets import ToChatroom
from chat.queries.rooms import get_room, list_members, page_super_admins, search_rooms
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

FIELDS = {"name": "Lobby", "owner": "demo1", "admins": "demo2", "members": "demo3",
          "maxusers": "1000"}  # fmt: skip
pytestmark = pytest.mark.usefixtures("demo1", "demo2", "demo3")


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def test_ROM_1_new_chatroom_shows_both_roles(client: Client, app: AppRef):
    page = client.get(done(post(client, "room_new", FIELDS)))
    rid = page.context["room"].room_id
    members = list_members(app, ToChatroom(rid)).items
    ranks = {one.username: one.affiliation.name.lower() for one in members}
    assert ranks == {"demo1": "owner", "demo2": "admin", "demo3": "member"}
    assert 'data-test="room-owner"><code>demo1<' in text_of(page)
    assert 'data-id="demo2"' in text_of(client.get(url("room_admins", rid=rid)))
    assert audited("room.create").diff["admins"] == [None, ["demo2"]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"owner": ""}, "This field is required"),
        ({"admins": "ghost"}, "ghost"),
        ({"maxusers": "10001"}, "less than or equal to 10000"),
        ({"maxusers": "2"}, "Fewer than the owner"),
    ],
)
def test_bad_chatroom_is_not_made(changes, sentence, client: Client, app: AppRef):
    refused(post(client, "room_new", {**FIELDS, **changes}), sentence)
    assert search_rooms(app, "chatroom").items == ()


def test_chatroom_is_moderated_changed_and_deleted(client: Client, app: AppRef):
    done(post(client, "room_new", FIELDS))
    rid = search_rooms(app, "chatroom").items[0].room_id
    done(post(client, "room_mutes_add", {"usernames": "demo3", "duration": "forever"}, rid=rid))
    assert "for ever" in text_of(
        client.get(url("room_mutes", rid=rid), headers={"accept-language": "en"})
    )
    done(post(client, "room_announcement_set", {"announcement": "Hi"}, rid=rid))
    done(post(client, "room_settings", {"name": "Hall", "maxusers": "10"}, rid=rid))
    assert get_room(app, ToChatroom(rid)).name == "Hall"
    assert audited("room.edit").target_id == audited("room.mute.add").target_id == rid
    assert done(post(client, "room_delete", rid=rid)) == url("rooms")
    assert audited("room.delete").target_id == rid


def test_super_admins_are_added_once_and_removed(client: Client, app: AppRef):
    shown = text_of(client.get(url("room_superadmins"), headers={"accept-language": "en"}))
    assert "Nobody may create chatrooms from a client." in shown
    done(post(client, "room_superadmins_add", {"user": "demo1"}))
    refused(post(client, "room_superadmins_add", {"user": "demo1"}), "super admin already")
    refused(post(client, "room_superadmins_add", {"user": "ghost"}), "There is no user ghost")
    assert page_super_admins(app, limit=9)[0] == ["demo1"]
    done(post(client, "room_superadmins_remove", {"user": "demo1"}))
    assert page_super_admins(app, limit=9)[0] == []
    assert audited("room.superadmin.add").target_id == "demo1"
    assert audited("room.superadmin.remove").target_id == "demo1"


def test_group_acts_do_not_exist_for_chatrooms(client: Client):
    answer = client.post("/console/apps/demo/app/rooms/r1/disable/")
    assert answer.status_code == 404
