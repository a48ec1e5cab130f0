"""Joining, inviting and leaving groups and chatrooms."""

from collections.abc import Callable

import pytest

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.room_members import (
    answer_invitation,
    answer_join_request,
    invite_members,
    join_room,
    leave_room,
)
from chat.actions.room_moderation import block_members
from chat.actions.rooms import update_room
from chat.domain.affiliations import Affiliation
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience
from chat.domain.commands import (
    AnswerInvitation,
    AnswerJoinRequest,
    BlockMembers,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    UpdateRoom,
)
from chat.domain.errors import (
    AlreadyMember,
    ApprovalNeeded,
    BlockedFromRoom,
    GroupNotFound,
    IllegalArgument,
    JoinFull,
    NoSuchRequest,
    NotMember,
    NotPermitted,
    OwnerProtected,
    PeerNotFound,
)
from chat.domain.events import Event, RoomChange, RoomChanged
from chat.domain.targets import ToChatroom, ToGroup
from chat.models import RoomRequest
from chat.queries.rooms import (
    is_member,
    list_joined_rooms,
    open_requests,
)
from tests.actions.logs import personal_facts, room_entries, room_facts

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


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
