"""Creating, changing, handing over and destroying groups and chatrooms."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.rooms import (
    create_room,
    destroy_room,
    transfer_room,
    update_room,
)
from chat.domain.affiliations import Affiliation
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.commands import (
    CreateRoom,
    DestroyRoom,
    TransferRoom,
    UpdateRoom,
)
from chat.domain.entries import EntryFlag
from chat.domain.errors import (
    ChatroomNotFound,
    GroupNotFound,
    IllegalArgument,
    ImError,
    LimitExceeded,
    NewOwnerNotMember,
    NotPermitted,
    PeerNotFound,
    RoomFull,
    RoomIdTaken,
    SameOwner,
    TooManyJoined,
)
from chat.domain.events import Event, Logged, RoomChange, RoomChanged
from chat.domain.targets import ToChatroom, ToGroup, room_target
from chat.models import Room, RoomMember
from chat.queries.rooms import get_room, rights_of, search_rooms
from tests.actions.logs import room_entries, room_facts

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


def test_new_group_has_its_owner_and_members_and_says_so_in_one_entry(
    app: AppRef, group: RoomInfo
) -> None:
    rights = rights_of(app.id, ToGroup(group.room_id))
    assert rights.affiliations == {
        "demo1": Affiliation.OWNER,
        "demo2": Affiliation.MEMBER,
        "demo3": Affiliation.MEMBER,
    }
    [entry] = room_entries(app.id, group)
    assert (entry.type, entry.sender) == ("members_added", "demo1")
    assert entry.payload["users"] == ["demo1", "demo2", "demo3"]
    assert entry.payload["detail"] == {
        "name": "Group G",
        "members": 3,
        "created": True,
        "owner": "demo1",
        "admins": [],
    }
    assert group.member_count == 3


def test_everyone_put_in_at_creation_is_told(
    app: AppRef, published: Published, on_commit_now: None, group: RoomInfo
) -> None:
    [(event, audience)] = published
    assert isinstance(event, Logged)
    ids = dict(RoomMember.objects.values_list("user__username", "user_id"))
    topics = {user_topic(ids[name]) for name in ("demo1", "demo2", "demo3")}
    assert set(audience.topics) == {room_topic(group.row_id), *topics}


def test_members_stay_begins_before_the_entry_of_their_coming(app: AppRef, group: RoomInfo) -> None:
    assert set(RoomMember.objects.values_list("joined_seq", flat=True)) == {0}


def test_room_id_has_15_digits_and_no_leading_zero(group: RoomInfo) -> None:
    assert len(group.room_id) == 15
    assert group.room_id.isdigit()
    assert group.room_id[0] != "0"


def test_names_are_lower_cased_and_the_owner_among_the_members_is_ignored(
    app: AppRef, demo1: UserInfo, demo2: UserInfo
) -> None:
    command = CreateRoom("group", "x", owner="DEMO1", members=("Demo2", "demo1", "demo2"))
    assert create_room(Actor(app), command).member_count == 2


def test_a_client_owns_the_group_it_creates(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    room = create_room(acting(demo1), CreateRoom("group", "x", owner="demo2"))
    assert (room.owner, room.my_rank) == ("demo1", Affiliation.OWNER)


def test_public_group_starts_without_member_invitations_and_private_one_needs_approval(
    app: AppRef, demo1: UserInfo
) -> None:
    public = create_room(Actor(app), CreateRoom("group", "x", owner="demo1", allow_invites=True))
    private = create_room(
        Actor(app), CreateRoom("group", "x", owner="demo1", public=False, allow_invites=True)
    )
    assert (public.allow_invites, public.members_only) == (False, False)
    assert (private.allow_invites, private.members_only) == (True, True)


def test_default_sizes_are_200_and_1000(group: RoomInfo, chatroom: RoomInfo) -> None:
    assert (group.max_members, chatroom.max_members) == (200, 1000)


@pytest.mark.parametrize(
    ("command", "refusal", "sentence"),
    [
        (CreateRoom("group", "x"), IllegalArgument, "owner must be provided"),
        (CreateRoom("group", "x", owner="nobody"), PeerNotFound, "username nobody doesn't exist!"),
        (
            CreateRoom("group", "x", owner="demo1", members=("zoe",)),
            PeerNotFound,
            "username zoe doesn't exist!",
        ),
        (
            CreateRoom("group", "x", owner="demo1", members=("demo2",), max_members=1),
            RoomFull,
            "members size is greater than max user size !",
        ),
        (
            CreateRoom("group", "n" * 129, owner="demo1"),
            LimitExceeded,
            "title cannot exceed to 128",
        ),
        (
            CreateRoom("group", "x", "d" * 513, owner="demo1"),
            LimitExceeded,
            "desc cannot exceed to 512",
        ),
        (
            CreateRoom("group", "x", owner="demo1", avatar="a" * 1025),
            IllegalArgument,
            "avatar length is too big",
        ),
        (
            CreateRoom("chatroom", "x", owner="demo1", custom="c" * 1025),
            LimitExceeded,
            "custom cannot exceed to 1024",
        ),
        (
            CreateRoom("chatroom", "x", owner="demo1", max_members=10_001),
            LimitExceeded,
            "maxUsers cannot exceed 10000",
        ),
        (
            CreateRoom("group", "x", owner="demo1", max_members=-1),
            IllegalArgument,
            "maxUsers must be at least 1",
        ),
        (
            CreateRoom("group", "x", owner="demo1", room_id="a b"),
            IllegalArgument,
            "group ID a b is illegal",
        ),
        (
            CreateRoom("group", "x", owner="demo1", room_id="demo2"),
            RoomIdTaken,
            "group ID demo2 already exists!",
        ),
    ],
)
def test_refused_creation_says_why_and_makes_nothing(
    app: AppRef,
    demo1: UserInfo,
    demo2: UserInfo,
    command: CreateRoom,
    refusal: type[ImError],
    sentence: str,
) -> None:
    with pytest.raises(refusal) as caught:
        create_room(Actor(app), command)
    assert str(caught.value) == sentence
    assert not Room.objects.exists()


def test_chosen_room_id_is_kept_and_taken_once_over_both_kinds(
    app: AppRef, demo1: UserInfo
) -> None:
    made = create_room(Actor(app), CreateRoom("group", "x", owner="demo1", room_id="77"))
    assert made.room_id == "77"
    with pytest.raises(RoomIdTaken, match="group ID 77 already exists!"):
        create_room(Actor(app), CreateRoom("chatroom", "x", owner="demo1", room_id="77"))


def test_joined_groups_are_limited_and_chatrooms_do_not_count(
    app: AppRef, demo1: UserInfo, chatroom: RoomInfo
) -> None:
    small = AppRef(app.id, app.uuid, app.appkey, app.settings.changed(max_joined_groups=1))
    create_room(Actor(small), CreateRoom("group", "x", owner="demo1"))
    with pytest.raises(TooManyJoined, match="user demo1 has joined too many groups!"):
        create_room(Actor(small), CreateRoom("group", "y", owner="demo1"))


def test_chatroom_starts_with_its_admins_and_its_events_are_for_those_present(
    app: AppRef, chatroom: RoomInfo
) -> None:
    rights = rights_of(app.id, ToChatroom(chatroom.room_id))
    assert rights.affiliations["demo2"] is Affiliation.ADMIN
    [entry] = room_entries(app.id, chatroom)
    assert entry.flags & EntryFlag.ONLINE_ONLY


def test_update_changes_and_tells_all_values(app: AppRef, group: RoomInfo) -> None:
    changes = {"name": "new", "max_members": 400, "members_only": True, "allow_invites": True}
    changed = update_room(Actor(app), UpdateRoom(ToGroup(group.room_id), changes))
    assert (changed.name, changed.max_members, changed.allow_invites) == ("new", 400, True)
    assert rights_of(app.id, ToGroup(group.room_id), fresh=True).members_may_invite
    [fact] = room_facts(app.id, group)
    assert fact.change is RoomChange.UPDATED
    assert fact.detail["changed"] == ["allow_invites", "max_members", "members_only", "name"]
    assert fact.detail["description"] == ""
    assert fact.detail["name"] == "new"


@pytest.mark.parametrize(
    ("changes", "refusal", "sentence"),
    [
        ({"groupid": "1"}, IllegalArgument, "some of [groupid] are not valid fields"),
        ({"a": 1, "b": 2}, IllegalArgument, "some of [a, b] are not valid fields"),
        ({}, IllegalArgument, "there is nothing to change"),
        ({"max_members": 2}, LimitExceeded, "maxUsers is less than the number of members"),
        ({"max_members": 3001}, LimitExceeded, "maxUsers cannot exceed 3000"),
        ({"name": "n" * 129}, LimitExceeded, "title cannot exceed to 128"),
    ],
)
def test_refused_update_changes_nothing(
    app: AppRef,
    group: RoomInfo,
    changes: dict[str, object],
    refusal: type[ImError],
    sentence: str,
) -> None:
    with pytest.raises(refusal) as caught:
        update_room(Actor(app), UpdateRoom(ToGroup(group.room_id), {"description": "d", **changes}
                                           if changes else {}))  # fmt: skip
    assert str(caught.value) == sentence
    assert get_room(app, ToGroup(group.room_id)).description == ""


def test_chatroom_has_no_join_rules_to_update(app: AppRef, chatroom: RoomInfo) -> None:
    command = UpdateRoom(ToChatroom(chatroom.room_id), {"members_only": True})
    with pytest.raises(IllegalArgument, match="members_only"):
        update_room(Actor(app), command)


def test_member_may_not_edit_but_admin_may(
    app: AppRef, chatroom: RoomInfo, demo2: UserInfo, stranger: UserInfo, acting: Acting
) -> None:
    target = ToChatroom(chatroom.room_id)
    assert update_room(acting(demo2), UpdateRoom(target, {"name": "by admin"})).name == "by admin"
    with pytest.raises(NotPermitted):
        update_room(acting(stranger), UpdateRoom(target, {"name": "no"}))


def test_transfer_swaps_the_ranks_and_names_both(
    app: AppRef, group: RoomInfo, demo1: UserInfo, acting: Acting
) -> None:
    target = ToGroup(group.room_id)
    assert transfer_room(acting(demo1), TransferRoom(target, "demo2")).owner == "demo2"
    ranks = rights_of(app.id, target).affiliations
    assert (ranks["demo1"], ranks["demo2"]) == (Affiliation.MEMBER, Affiliation.OWNER)
    [fact] = room_facts(app.id, group)
    assert fact.detail == {"owner": "demo2", "old_owner": "demo1"}
    assert room_entries(app.id, group)[-1].sender == "demo1"


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("demo1", SameOwner), ("stranger", NewOwnerNotMember), ("nobody", PeerNotFound)],
)
def test_refused_transfer(
    app: AppRef, group: RoomInfo, stranger: UserInfo, name: str, refusal: type[ImError]
) -> None:
    with pytest.raises(refusal):
        transfer_room(Actor(app), TransferRoom(ToGroup(group.room_id), name))


def test_only_the_owner_transfers_and_destroys(
    group: RoomInfo, chatroom: RoomInfo, demo2: UserInfo, acting: Acting
) -> None:
    for room in (group, chatroom):
        target = room_target(room.kind, room.room_id)
        with pytest.raises(NotPermitted):
            transfer_room(acting(demo2), TransferRoom(target, "demo2"))
        with pytest.raises(NotPermitted):
            destroy_room(acting(demo2), DestroyRoom(target))


def test_destroyed_group_is_gone_but_its_members_can_still_learn_of_it(
    app: AppRef, group: RoomInfo, demo1: UserInfo, acting: Acting
) -> None:
    destroy_room(acting(demo1), DestroyRoom(ToGroup(group.room_id)))
    with pytest.raises(GroupNotFound, match="does not exist!"):
        get_room(app, ToGroup(group.room_id))
    with pytest.raises(GroupNotFound):
        destroy_room(Actor(app), DestroyRoom(ToGroup(group.room_id)))
    last = room_entries(app.id, group)[-1]
    assert last.type == "destroyed"
    assert set(RoomMember.objects.values_list("left_seq", flat=True)) == {last.seq}


def test_a_group_id_is_an_unknown_chatroom_and_the_other_way_round(
    app: AppRef, group: RoomInfo, chatroom: RoomInfo, other_app: AppRef
) -> None:
    with pytest.raises(ChatroomNotFound):
        rights_of(app.id, ToChatroom(group.room_id))
    with pytest.raises(GroupNotFound):
        rights_of(app.id, ToGroup(chatroom.room_id))
    with pytest.raises(GroupNotFound):
        rights_of(other_app.id, ToGroup(group.room_id))


def test_private_group_shows_its_details_to_members_only(
    app: AppRef, demo1: UserInfo, stranger: UserInfo, group: RoomInfo
) -> None:
    update_room(Actor(app), UpdateRoom(ToGroup(group.room_id), {"public": False}))
    assert get_room(app, ToGroup(group.room_id), "demo1").my_rank is Affiliation.OWNER
    with pytest.raises(NotPermitted):
        get_room(app, ToGroup(group.room_id), "stranger")


def test_search_finds_by_id_by_name_and_by_member(
    app: AppRef, group: RoomInfo, stranger: UserInfo
) -> None:
    def found(**how: Any) -> list[str]:
        return [room.room_id for room in search_rooms(app, "group", **how).items]

    assert found(text=group.room_id) == found(text="grou") == found(member="demo3")
    assert found(text="nothing") == found(member="stranger") == []


def test_the_acting_device_gets_no_echo_and_the_entry_names_it(
    app: AppRef,
    group: RoomInfo,
    demo1: UserInfo,
    acting: Acting,
    published: Published,
    on_commit_now: None,
) -> None:
    register_user(app, "late", "123456")
    actor = acting(demo1, device="web_1")
    update_room(actor, UpdateRoom(ToGroup(group.room_id), {"name": "n"}))
    [(event, audience)] = published
    assert isinstance(event, Logged)
    assert isinstance(event.fact, RoomChanged)
    assert event.entry.sender_device == "web_1"
    assert audience.skip_device == (demo1.id, "web_1")
