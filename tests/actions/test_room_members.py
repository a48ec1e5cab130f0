"""Members of groups and chatrooms: added and removed by others, and listed."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions.im_users import NewUser, register_users
from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.room_members import (
    add_members,
    join_room,
    remove_members,
)
from chat.actions.room_moderation import allow_members, block_members, disable_group, mute_members
from chat.actions.rooms import create_room, update_room
from chat.domain.affiliations import Affiliation
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.commands import (
    AddMembers,
    AllowMembers,
    BlockMembers,
    CreateRoom,
    DisableGroup,
    JoinRoom,
    MuteMembers,
    RemoveMembers,
    UpdateRoom,
)
from chat.domain.errors import (
    AlreadyMember,
    BatchTooLarge,
    GroupDisabled,
    IllegalArgument,
    ImError,
    NotMember,
    NotPermitted,
    OwnerProtected,
    PeerNotFound,
    RoomFull,
)
from chat.domain.events import Event, RoomChange, RoomChanged
from chat.domain.targets import ToChatroom, ToGroup
from chat.models import RoomMember
from chat.queries.rooms import (
    blocked_in,
    get_room,
    is_member,
    list_members,
    mutes_of,
    rights_of,
)
from tests.actions.logs import room_entries, room_facts

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


def _crowd(app: AppRef, size: int) -> list[str]:
    names = [f"crowd{number}" for number in range(size)]
    for start in range(0, size, 60):
        register_users(app, [NewUser(name, "123456") for name in names[start : start + 60]])
    return names


class TestAdding:
    def test_added_members_are_told_with_everybody_in_one_entry(
        self,
        app: AppRef,
        group: RoomInfo,
        in_group: ToGroup,
        stranger: UserInfo,
        published: Published,
        on_commit_now: None,
    ) -> None:
        assert add_members(Actor(app), AddMembers(in_group, ("Stranger", "demo2"))) == ["stranger"]
        [(_, audience)] = published
        assert set(audience.topics) == {room_topic(group.row_id), user_topic(stranger.id)}
        [fact] = room_facts(app.id, group)
        assert fact == RoomChanged(
            RoomChange.MEMBERS_ADDED,
            "group",
            group.room_id,
            ("stranger",),
            {"name": "Group G", "members": 4},
        )
        assert get_room(app, in_group).member_count == 4

    def test_new_members_read_from_the_entry_of_their_coming_on(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup, stranger: UserInfo
    ) -> None:
        add_members(Actor(app), AddMembers(in_group, ("stranger",)))
        stay = RoomMember.objects.get(user=stranger.id)
        assert stay.joined_seq == room_entries(app.id, group)[-1].seq - 1

    @pytest.mark.parametrize(
        ("names", "refusal", "sentence"),
        [
            (
                ("demo2", "demo3"),
                AlreadyMember,
                "can not join this group, reason:user: demo2 already in group: {id}\n",
            ),
            (("stranger", "nobody"), PeerNotFound, "username nobody doesn't exist!"),
            ((), IllegalArgument, "usernames must be provided"),
            (
                tuple(f"u{n}" for n in range(61)),
                BatchTooLarge,
                "addMembers: addMembers number more than maxSize : 60",
            ),
        ],
    )
    def test_refused_adding_adds_nobody(
        self,
        app: AppRef,
        in_group: ToGroup,
        stranger: UserInfo,
        names: tuple[str, ...],
        refusal: type[ImError],
        sentence: str,
    ) -> None:
        with pytest.raises(refusal) as caught:
            add_members(Actor(app), AddMembers(in_group, names))
        assert str(caught.value) == sentence.format(id=in_group.group_id)
        assert get_room(app, in_group).member_count == 3

    def test_a_full_group_takes_nobody(
        self, app: AppRef, in_group: ToGroup, stranger: UserInfo
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"max_members": 3}))
        with pytest.raises(RoomFull, match="members size is greater than max user size !"):
            add_members(Actor(app), AddMembers(in_group, ("stranger",)))

    def test_adding_by_the_app_takes_a_user_off_the_block_list_but_a_mute_stays(
        self, app: AppRef, in_group: ToGroup
    ) -> None:
        mute_members(Actor(app), MuteMembers(in_group, ("demo2",), -1))
        block_members(Actor(app), BlockMembers(in_group, ("demo2",)))
        add_members(Actor(app), AddMembers(in_group, ("demo2",)))
        assert blocked_in(app, in_group) == []
        assert [mute.username for mute in mutes_of(app, in_group)] == ["demo2"]
        assert rights_of(app.id, in_group, fresh=True).rank_of("demo2") is Affiliation.MEMBER

    def test_a_member_may_not_add(
        self, in_group: ToGroup, demo2: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        with pytest.raises(NotPermitted):
            add_members(acting(demo2), AddMembers(in_group, ("stranger",)))

    def test_naming_oneself_in_a_chatroom_is_joining(
        self, app: AppRef, in_room: ToChatroom, stranger: UserInfo, acting: Acting
    ) -> None:
        for _ in range(2):
            assert add_members(acting(stranger), AddMembers(in_room, ("stranger",))) == ["stranger"]
        assert is_member(app, in_room, "stranger")

    def test_a_disabled_group_takes_nobody(
        self, app: AppRef, in_group: ToGroup, stranger: UserInfo
    ) -> None:
        disable_group(Actor(app), DisableGroup(in_group, disabled=True))
        with pytest.raises(GroupDisabled, match="group is disabled"):
            add_members(Actor(app), AddMembers(in_group, ("stranger",)))

    def test_adding_to_a_large_group_costs_the_same_queries_as_to_a_small_one(
        self, app: AppRef, demo1: UserInfo, in_group: ToGroup
    ) -> None:
        crowd = _crowd(app, 300)
        command = CreateRoom(
            "group", "large", owner="demo1", members=tuple(crowd[:240]), max_members=500
        )
        large = ToGroup(create_room(Actor(app), command).room_id)
        counts = []
        for target, names in ((in_group, crowd[240:242]), (large, crowd[240:300])):
            with CaptureQueriesContext(connection) as queries:
                add_members(Actor(app), AddMembers(target, tuple(names)))
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 25


class TestRemoving:
    def test_removed_member_reads_up_to_the_entry_that_removed_it(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup, demo1: UserInfo, acting: Acting
    ) -> None:
        [outcome] = remove_members(acting(demo1), RemoveMembers(in_group, ("demo2",)))
        assert outcome.done
        entry = room_entries(app.id, group)[-1]
        assert (entry.type, entry.sender) == ("members_removed", "demo1")
        assert RoomMember.objects.get(user__username="demo2").left_seq == entry.seq
        assert get_room(app, in_group).member_count == 2

    def test_a_mixed_batch_removes_whom_it_can_and_says_why_not(
        self, app: AppRef, in_group: ToGroup, stranger: UserInfo
    ) -> None:
        names = ("demo2", "stranger", "nobody", "demo1")
        outcomes = remove_members(Actor(app), RemoveMembers(in_group, names))
        assert [(made.username, made.done, made.reason) for made in outcomes] == [
            ("demo2", True, ""),
            ("stranger", False, f"user: stranger doesn't exist in group: {in_group.group_id}"),
            ("nobody", False, f"user: nobody doesn't exist in group: {in_group.group_id}"),
            ("demo1", False, "forbidden operation on group owner!"),
        ]

    @pytest.mark.parametrize(
        ("names", "refusal", "sentence"),
        [
            (("ann",), NotMember, "users [ann] are not members of this group!"),
            (("ann", "eve"), NotMember, "users [ann, eve] are not members of this group!"),
            (("demo1",), OwnerProtected, "forbidden operation on group owner!"),
            (
                tuple(f"u{n}" for n in range(61)),
                BatchTooLarge,
                "kickMember: kickMembers number more than maxSize : 60",
            ),
        ],
    )
    def test_a_batch_of_nobody_is_refused(
        self,
        app: AppRef,
        in_group: ToGroup,
        names: tuple[str, ...],
        refusal: type[ImError],
        sentence: str,
    ) -> None:
        with pytest.raises(refusal) as caught:
            remove_members(Actor(app), RemoveMembers(in_group, names))
        assert str(caught.value) == sentence

    def test_chatrooms_remove_up_to_100_in_a_call_and_name_themselves(
        self, app: AppRef, in_room: ToChatroom
    ) -> None:
        names = ("demo2", *(f"u{n}" for n in range(99)))
        outcomes = remove_members(Actor(app), RemoveMembers(in_room, names))
        assert outcomes[1].reason == f"user: u0 doesn't exist in chatroom: {in_room.room_id}"
        with pytest.raises(BatchTooLarge):
            remove_members(Actor(app), RemoveMembers(in_room, (*names, "one-more")))

    def test_admins_remove_members_but_not_each_other(
        self, app: AppRef, in_room: ToChatroom, demo2: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        join_room(acting(stranger), JoinRoom(in_room))
        with pytest.raises(NotPermitted):
            remove_members(acting(stranger), RemoveMembers(in_room, ("demo2",)))
        assert remove_members(acting(demo2), RemoveMembers(in_room, ("stranger",)))[0].done
        with pytest.raises(OwnerProtected):
            remove_members(acting(demo2), RemoveMembers(in_room, ("demo1",)))

    def test_removal_takes_rank_and_allow_list_entry_and_leaves_the_mute(
        self, app: AppRef, in_group: ToGroup
    ) -> None:
        mute_members(Actor(app), MuteMembers(in_group, ("demo2",), 60_000))
        allow_members(Actor(app), AllowMembers(in_group, ("demo2",), on=True))
        remove_members(Actor(app), RemoveMembers(in_group, ("demo2",)))
        add_members(Actor(app), AddMembers(in_group, ("demo2",)))
        rights = rights_of(app.id, in_group, fresh=True)
        assert rights.allow_listed == frozenset()
        assert rights.mutes.keys() == {"demo2"}
        assert RoomMember.objects.filter(user__username="demo2").count() == 2

    def test_removing_oneself_is_leaving(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup, demo2: UserInfo, acting: Acting
    ) -> None:
        remove_members(acting(demo2), RemoveMembers(in_group, ("demo2",)))
        assert room_facts(app.id, group)[-1].change is RoomChange.MEMBER_LEFT


def test_member_pages_go_on_where_the_last_one_ended(app: AppRef, in_group: ToGroup) -> None:
    add_members(Actor(app), AddMembers(in_group, tuple(_crowd(app, 5))))
    names: list[str] = []
    cursor = ""
    while True:
        page = list_members(app, in_group, after=cursor, limit=3)
        names += [made.username for made in page.items]
        cursor = page.next
        if not cursor:
            break
    assert names == ["demo1", "demo2", "demo3", *(f"crowd{n}" for n in range(5))]
    newest = list_members(app, in_group, limit=2, newest_first=True, with_owner=False)
    assert [made.username for made in newest.items] == ["crowd4", "crowd3"]


def test_strangers_do_not_read_a_groups_members(
    app: AppRef, in_group: ToGroup, in_room: ToChatroom, stranger: UserInfo
) -> None:
    with pytest.raises(NotPermitted):
        list_members(app, in_group, viewer="stranger")
    assert len(list_members(app, in_room, viewer="stranger").items) == 2
