"""Coming into groups and chatrooms and going out again."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions.im_users import NewUser, register_users
from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.room_members import (
    add_members,
    answer_invitation,
    answer_join_request,
    invite_members,
    join_room,
    leave_room,
    remove_members,
)
from chat.actions.room_moderation import allow_members, block_members, disable_group, mute_members
from chat.actions.room_presence import sweep_chatrooms
from chat.actions.rooms import create_room, update_room
from chat.domain.affiliations import Affiliation
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.commands import (
    AddMembers,
    AllowMembers,
    AnswerInvitation,
    AnswerJoinRequest,
    BlockMembers,
    CreateRoom,
    DisableGroup,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    MuteMembers,
    RemoveMembers,
    UpdateRoom,
)
from chat.domain.errors import (
    AlreadyMember,
    ApprovalNeeded,
    BatchTooLarge,
    BlockedFromRoom,
    GroupDisabled,
    GroupNotFound,
    IllegalArgument,
    ImError,
    JoinFull,
    NoSuchRequest,
    NotMember,
    NotPermitted,
    OwnerProtected,
    PeerNotFound,
    RoomFull,
)
from chat.domain.events import Event, RoomChange, RoomChanged
from chat.domain.targets import ToChatroom, ToGroup
from chat.models import RoomMember, RoomRequest
from chat.queries.rooms import (
    blocked_in,
    get_room,
    is_member,
    list_joined_rooms,
    list_members,
    mutes_of,
    open_requests,
    rights_of,
)
from tests.actions.logs import count_entries, personal_facts, room_entries, room_facts

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


@pytest.fixture
def in_group(app: AppRef, group: RoomInfo) -> ToGroup:
    return ToGroup(group.room_id)


@pytest.fixture
def in_room(app: AppRef, chatroom: RoomInfo) -> ToChatroom:
    return ToChatroom(chatroom.room_id)


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


class TestJoining:
    def test_an_open_group_is_joined_at_once_and_twice_without_a_second_event(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup, stranger: UserInfo, acting: Acting
    ) -> None:
        joined = join_room(acting(stranger), JoinRoom(in_group, "hi"))
        assert not joined.pending
        assert joined.room is not None
        assert joined.room.my_rank is Affiliation.MEMBER
        assert not join_room(acting(stranger), JoinRoom(in_group)).pending
        [entry] = room_entries(app.id, group)[1:]
        assert (entry.type, entry.sender) == ("member_joined", "stranger")
        assert entry.payload["detail"] == {"name": "Group G", "members": 4, "message": "hi"}

    def test_an_unknown_group_is_not_joined(self, stranger: UserInfo, acting: Acting) -> None:
        with pytest.raises(GroupNotFound, match="grpID 1 does not exist!"):
            join_room(acting(stranger), JoinRoom(ToGroup("1")))

    def test_the_app_joins_nothing(self, app: AppRef, in_group: ToGroup) -> None:
        with pytest.raises(IllegalArgument):
            join_room(Actor(app), JoinRoom(in_group))

    def test_a_private_group_is_joined_by_invitation_only(
        self, app: AppRef, in_group: ToGroup, stranger: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"public": False}))
        with pytest.raises(ApprovalNeeded):
            join_room(acting(stranger), JoinRoom(in_group))

    def test_a_blocked_user_does_not_join(
        self, app: AppRef, in_group: ToGroup, demo2: UserInfo, acting: Acting
    ) -> None:
        block_members(Actor(app), BlockMembers(in_group, ("demo2",)))
        with pytest.raises(BlockedFromRoom):
            join_room(acting(demo2), JoinRoom(in_group))

    def test_a_full_room_is_not_joined(
        self, app: AppRef, in_room: ToChatroom, stranger: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_room, {"max_members": 2}))
        with pytest.raises(JoinFull, match="group member list is full!"):
            join_room(acting(stranger), JoinRoom(in_room))

    def test_joining_with_approval_asks_owner_and_admins(
        self,
        app: AppRef,
        group: RoomInfo,
        in_group: ToGroup,
        demo1: UserInfo,
        stranger: UserInfo,
        acting: Acting,
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"members_only": True}))
        assert join_room(acting(stranger), JoinRoom(in_group, "please")).pending
        [fact] = personal_facts(app.id, "demo1", demo1.id)
        assert isinstance(fact, RoomChanged)
        assert (fact.change, fact.users) == (RoomChange.REQUESTED, ("stranger",))
        assert fact.detail == {"name": "Group G", "message": "please"}
        assert [made.username for made in open_requests(app, in_group)] == ["stranger"]

        answer_join_request(acting(demo1), AnswerJoinRequest(in_group, "stranger", accept=True))
        last = room_facts(app.id, group)[-1]
        assert (last.change, last.users) == (RoomChange.MEMBERS_ADDED, ("stranger",))
        assert last.detail["approved"] is True
        assert open_requests(app, in_group) == []

    def test_a_refused_applicant_is_told(
        self, app: AppRef, in_group: ToGroup, stranger: UserInfo, demo1: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"members_only": True}))
        join_room(acting(stranger), JoinRoom(in_group))
        answer_join_request(acting(demo1), AnswerJoinRequest(in_group, "stranger", accept=False))
        [fact] = personal_facts(app.id, "stranger", stranger.id)
        assert fact.change is RoomChange.REQUEST_DECLINED
        with pytest.raises(NoSuchRequest):
            answer_join_request(acting(demo1), AnswerJoinRequest(in_group, "stranger", accept=True))

    def test_only_admins_answer_applications(
        self, app: AppRef, in_group: ToGroup, stranger: UserInfo, demo2: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"members_only": True}))
        join_room(acting(stranger), JoinRoom(in_group))
        with pytest.raises(NotPermitted):
            answer_join_request(acting(demo2), AnswerJoinRequest(in_group, "stranger", accept=True))


class TestInviting:
    def test_an_invited_user_confirms_and_comes_in(
        self,
        app: AppRef,
        group: RoomInfo,
        in_group: ToGroup,
        demo1: UserInfo,
        stranger: UserInfo,
        acting: Acting,
    ) -> None:
        invite_members(acting(demo1), InviteMembers(in_group, ("stranger", "demo2"), "come"))
        assert not is_member(app, in_group, "stranger")
        [fact] = personal_facts(app.id, "stranger", stranger.id)
        assert isinstance(fact, RoomChanged)
        assert (fact.change, fact.detail["message"]) == (RoomChange.INVITED, "come")

        answer_invitation(acting(stranger), AnswerInvitation(in_group, accept=True))
        last = room_entries(app.id, group)[-1]
        assert (last.type, last.sender) == ("member_joined", "stranger")
        assert last.payload["detail"]["inviter"] == "demo1"
        with pytest.raises(NoSuchRequest):
            answer_invitation(acting(stranger), AnswerInvitation(in_group, accept=True))

    def test_a_declined_invitation_reaches_the_inviter(
        self, app: AppRef, in_group: ToGroup, demo1: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        invite_members(acting(demo1), InviteMembers(in_group, ("stranger",)))
        answer_invitation(acting(stranger), AnswerInvitation(in_group, accept=False))
        [fact] = personal_facts(app.id, "demo1", demo1.id)
        assert isinstance(fact, RoomChanged)
        assert (fact.change, fact.users) == (RoomChange.INVITE_DECLINED, ("stranger",))
        assert not RoomRequest.objects.exists()

    def test_joining_after_an_invitation_accepts_it(
        self, app: AppRef, in_group: ToGroup, demo1: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"public": False}))
        invite_members(acting(demo1), InviteMembers(in_group, ("stranger",)))
        assert not join_room(acting(stranger), JoinRoom(in_group)).pending
        assert not RoomRequest.objects.exists()

    def test_without_confirmation_the_invited_are_members_at_once(
        self, app: AppRef, in_group: ToGroup, demo1: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"invite_need_confirm": False}))
        outcomes = invite_members(acting(demo1), InviteMembers(in_group, ("stranger", "demo2")))
        assert [made.done for made in outcomes] == [True, False]
        assert is_member(app, in_group, "stranger")

    def test_an_admins_invitation_of_an_applicant_is_an_approval(
        self, app: AppRef, in_group: ToGroup, demo1: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        update_room(Actor(app), UpdateRoom(in_group, {"members_only": True}))
        join_room(acting(stranger), JoinRoom(in_group))
        invite_members(acting(demo1), InviteMembers(in_group, ("stranger",)))
        assert is_member(app, in_group, "stranger")

    def test_members_invite_only_where_the_group_allows_it(
        self, app: AppRef, in_group: ToGroup, demo2: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        with pytest.raises(NotPermitted):
            invite_members(acting(demo2), InviteMembers(in_group, ("stranger",)))
        update_room(Actor(app), UpdateRoom(in_group, {"allow_invites": True}))
        assert invite_members(acting(demo2), InviteMembers(in_group, ("stranger",)))[0].done

    def test_blocked_users_members_and_unknown_names_are_not_invited(
        self, app: AppRef, in_group: ToGroup, demo1: UserInfo, acting: Acting
    ) -> None:
        block_members(Actor(app), BlockMembers(in_group, ("demo3",)))
        for name, refusal in (
            ("demo3", BlockedFromRoom),
            ("demo2", AlreadyMember),
            ("nobody", PeerNotFound),
        ):
            with pytest.raises(refusal):
                invite_members(acting(demo1), InviteMembers(in_group, (name,)))


class TestLeaving:
    def test_who_leaves_is_named_as_the_sender(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup, demo2: UserInfo, acting: Acting
    ) -> None:
        leave_room(acting(demo2), LeaveRoom(in_group))
        entry = room_entries(app.id, group)[-1]
        assert (entry.type, entry.sender) == ("member_left", "demo2")
        assert entry.payload["detail"] == {"name": "Group G", "members": 2}
        assert list_joined_rooms(app, "demo2", "group").items == ()

    def test_a_groups_owner_and_strangers_do_not_leave(
        self, in_group: ToGroup, demo1: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        with pytest.raises(OwnerProtected):
            leave_room(acting(demo1), LeaveRoom(in_group))
        with pytest.raises(NotMember):
            leave_room(acting(stranger), LeaveRoom(in_group))

    def test_leaving_a_chatroom_always_succeeds_and_its_owner_stays(
        self, app: AppRef, in_room: ToChatroom, demo1: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        leave_room(acting(stranger), LeaveRoom(in_room))
        leave_room(acting(demo1), LeaveRoom(in_room))
        assert is_member(app, in_room, "demo1")


class TestLargeChatrooms:
    def test_coming_and_going_is_told_to_nobody_else(
        self,
        app: AppRef,
        chatroom: RoomInfo,
        in_room: ToChatroom,
        stranger: UserInfo,
        acting: Acting,
        monkeypatch: pytest.MonkeyPatch,
        published: Published,
        on_commit_now: None,
    ) -> None:
        monkeypatch.setattr("chat.actions.room_access.QUIET_ABOVE", 1)
        before = len(room_entries(app.id, chatroom))
        join_room(acting(stranger), JoinRoom(in_room))
        leave_room(acting(stranger), LeaveRoom(in_room))
        assert len(room_entries(app.id, chatroom)) == before
        assert [audience.topics for _, audience in published] == [(user_topic(stranger.id),)] * 2
        facts = personal_facts(app.id, "stranger", stranger.id)
        assert [fact.change for fact in facts] == ["member_joined", "member_left"]
        for fact in facts:
            assert isinstance(fact, RoomChanged)
            assert fact.detail["row"] == chatroom.row_id
        assert get_room(app, in_room).member_count == 2

    def test_removals_are_told_even_there(
        self,
        app: AppRef,
        chatroom: RoomInfo,
        in_room: ToChatroom,
        stranger: UserInfo,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("chat.actions.room_access.QUIET_ABOVE", 1)
        remove_members(Actor(app), RemoveMembers(in_room, ("demo2",)))
        assert room_facts(app.id, chatroom)[-1].change is RoomChange.MEMBERS_REMOVED


class TestGrace:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        now = [1_000_000]
        monkeypatch.setattr("chat.actions.room_presence.now_ms", lambda: now[0])
        monkeypatch.setattr("chat.actions.room_presence._away_since_ms", {})
        return now

    def test_members_away_for_longer_than_the_grace_leave(
        self,
        app: AppRef,
        chatroom: RoomInfo,
        in_room: ToChatroom,
        demo3: UserInfo,
        stranger: UserInfo,
        acting: Acting,
        clock: list[int],
    ) -> None:
        join_room(acting(stranger), JoinRoom(in_room))
        join_room(acting(demo3), JoinRoom(in_room))
        allow_members(Actor(app), AllowMembers(in_room, ("demo3",), on=True))
        online: set[int] = set()

        def sweep() -> int:
            return sweep_chatrooms(lambda _app, ids: online & set(ids), app.id)

        assert sweep() == 0
        clock[0] += 119_999
        assert sweep() == 0
        online.add(stranger.id)  # back in time
        assert sweep() == 0
        online.clear()
        clock[0] += 1
        assert sweep() == 0
        clock[0] += 120_000
        assert sweep() == 1
        members = {made.username for made in list_members(app, in_room).items}
        assert members == {"demo1", "demo2", "demo3"}
        entry = room_entries(app.id, chatroom)[-1]
        assert (entry.type, entry.sender) == ("member_left", "stranger")
        assert entry.payload["detail"]["reason"] == "offline"

    def test_members_put_in_by_the_app_stay_until_they_were_online_once(
        self, app: AppRef, in_room: ToChatroom, stranger: UserInfo, clock: list[int]
    ) -> None:
        add_members(Actor(app), AddMembers(in_room, ("stranger",)))
        for _ in range(3):
            assert sweep_chatrooms(lambda _app, _ids: set()) == 0
            clock[0] += 120_000
        assert sweep_chatrooms(lambda _app, ids: set(ids)) == 0
        sweep_chatrooms(lambda _app, _ids: set())
        clock[0] += 120_000
        assert sweep_chatrooms(lambda _app, _ids: set()) == 1

    def test_groups_are_not_swept(self, group: RoomInfo, clock: list[int]) -> None:
        before = count_entries()
        for _ in range(2):
            assert sweep_chatrooms(lambda _app, _ids: set()) == 0
            clock[0] += 10**9
        assert count_entries() == before


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
