"""What the end of an account, a ban and a revoked token do to chats and connections."""

import pytest

from accounts.actions.im_users import (
    change_password,
    delete_user,
    force_offline,
    register_user,
    set_activated,
)
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import IllegalUsername, UserDisabled
from accounts.queries.im_users import UserInfo
from chat.actions.blocks import block_users
from chat.actions.room_moderation import block_members, mute_members
from chat.actions.rooms import create_room, set_super_admin
from chat.actions.roster import add_contact, request_contact
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience
from chat.domain.commands import (
    AddContact,
    BlockMembers,
    BlockUsers,
    CreateRoom,
    MuteMembers,
    RequestContact,
    SetSuperAdmin,
)
from chat.domain.errors import AccountRemoved, ForcedOffline, GroupNotFound, PasswordChanged
from chat.domain.events import Event, Kicked, Logged, RosterChange, RosterChanged
from chat.domain.targets import Conversation, ToChatroom, ToGroup
from chat.models import BlockEntry, ConversationRow, RoomBlock, RoomMute, RosterEntry, SuperAdmin
from chat.queries.rooms import get_room, rights_of
from chat.queries.roster import list_roster, pair_rights
from tests.actions.logs import personal_facts, room_entries

Published = list[tuple[Event, Audience]]


def _kicks(published: Published) -> list[tuple[type, tuple[str, ...], str]]:
    return [
        (type(event.reason), audience.topics, audience.device)
        for event, audience in published
        if isinstance(event, Kicked)
    ]


def test_what_a_deleted_user_owned_is_destroyed_and_the_rest_left(
    app: AppRef, group: RoomInfo, chatroom: RoomInfo, demo3: UserInfo
) -> None:
    others = create_room(
        Actor(app), CreateRoom("group", "others", owner="demo3", members=("demo1",))
    )
    delete_user(app, "demo1")
    with pytest.raises(GroupNotFound):
        get_room(app, ToGroup(group.room_id))
    assert room_entries(app.id, group)[-1].type == "destroyed"
    left = room_entries(app.id, others)[-1]
    assert (left.type, left.sender) == ("member_left", "demo1")
    assert rights_of(app.id, ToGroup(others.room_id)).affiliations.keys() == {"demo3"}
    assert get_room(app, ToGroup(others.room_id)).member_count == 1


def test_friends_and_askers_learn_of_it_and_nothing_stays(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, demo3: UserInfo, stranger: UserInfo
) -> None:
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    request_contact(Actor(app, "demo3", demo3.id), RequestContact("demo1"))
    block_users(Actor(app), BlockUsers(("demo1",), owner="stranger"))
    block_users(Actor(app), BlockUsers(("stranger",), owner="demo1"))
    set_super_admin(Actor(app), SetSuperAdmin("demo1", on=True))
    epoch = pair_rights(app.id, "demo2", "demo1").epoch
    delete_user(app, "demo1")
    for user in (demo2, demo3):
        last = personal_facts(app.id, user.username, user.id)[-1]
        assert isinstance(last, RosterChanged)
        assert (last.change, last.username) == (RosterChange.REMOVED, "demo1")
        assert list_roster(app, user.username) == []
    for model in (RosterEntry, BlockEntry, SuperAdmin):
        assert not model.objects.exists()
    personal = Conversation.personal("demo1", demo1.id)
    assert not ConversationRow.objects.filter(key=personal.key).exists()
    after = pair_rights(app.id, "demo2", "demo1", fresh=True)
    assert not after.recipient_exists
    assert after.epoch > epoch


def test_a_name_registered_again_is_neither_muted_nor_blocked(
    app: AppRef, group: RoomInfo, on_commit_now: None
) -> None:
    target = ToGroup(group.room_id)
    mute_members(Actor(app), MuteMembers(target, ("demo2", "demo3"), -1))
    block_members(Actor(app), BlockMembers(target, ("demo3",)))
    delete_user(app, "demo2")
    delete_user(app, "demo3")
    register_user(app, "demo2", "123456")
    rights = rights_of(app.id, target)
    assert rights == rights_of(app.id, target, fresh=True)
    assert (dict(rights.mutes), rights.blocked) == ({}, frozenset())
    assert not RoomMute.objects.exists()
    assert not RoomBlock.objects.exists()


def test_the_deleted_users_devices_are_closed_after_the_others_were_told(
    app: AppRef, group: RoomInfo, demo1: UserInfo, published: Published, on_commit_now: None
) -> None:
    delete_user(app, "demo1")
    assert isinstance(published[0][0], Logged)
    assert _kicks(published) == [(AccountRemoved, (f"u.{demo1.id}",), "")]


def test_a_ban_closes_all_devices(
    app: AppRef, demo1: UserInfo, published: Published, on_commit_now: None
) -> None:
    set_activated(app, "demo1", False)
    assert _kicks(published) == [(UserDisabled, (f"u.{demo1.id}",), "")]
    published.clear()
    set_activated(app, "demo1", True)
    assert published == []


def test_a_changed_password_and_a_forced_log_out_say_so(
    app: AppRef, demo1: UserInfo, published: Published, on_commit_now: None
) -> None:
    topic = (f"u.{demo1.id}",)
    change_password(app, "demo1", "secret")
    force_offline(app, "demo1")
    force_offline(app, "demo1", "web_1")
    assert _kicks(published) == [
        (PasswordChanged, topic, ""),
        (ForcedOffline, topic, ""),
        (ForcedOffline, topic, "web_1"),
    ]


def test_nothing_is_closed_before_the_commit(
    app: AppRef, demo1: UserInfo, published: Published
) -> None:
    force_offline(app, "demo1")
    assert published == []


@pytest.mark.parametrize("name", ["123456789012345", "lobby"])
def test_a_room_id_is_no_username(app: AppRef, demo1: UserInfo, name: str) -> None:
    create_room(Actor(app), CreateRoom("group", "x", owner="demo1", room_id="lobby"))
    with pytest.raises(IllegalUsername, match=f"username {name} is not legal"):
        register_user(app, name, "123456")


def test_a_deleted_member_of_a_chatroom_leaves_it(app: AppRef, chatroom: RoomInfo) -> None:
    delete_user(app, "demo2")
    assert get_room(app, ToChatroom(chatroom.room_id)).member_count == 1
