"""Whatever anybody tries with a room, in whatever order: its rows stay in harmony."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.actions.im_apps import create_app
from accounts.actions.im_users import NewUser, register_users
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from chat.actions.room_members import (
    add_members,
    answer_invitation,
    answer_join_request,
    invite_members,
    join_room,
    leave_room,
    remove_members,
)
from chat.actions.room_moderation import (
    allow_members,
    block_members,
    mute_members,
    unblock_members,
    unmute_members,
)
from chat.actions.room_roles import set_admin
from chat.actions.rooms import create_room, transfer_room, update_room
from chat.domain import commands as c
from chat.domain.affiliations import Affiliation
from chat.domain.errors import ImError
from chat.domain.targets import RoomKind, room_target
from chat.models import EntryRow, Room, RoomBlock, RoomMember
from chat.queries.rooms import forget_rights, rights_of

NAMES = ("ann", "bob", "cat", "dan", "eve")
names = st.sampled_from(NAMES)
batches = st.lists(names, min_size=1, max_size=3).map(tuple)
actors = st.sampled_from(("", *NAMES))
_numbers = itertools.count()


class Rooms(RuleBasedStateMachine):
    @initialize(kind=st.sampled_from(["group", "chatroom"]), public=st.booleans())
    def open(self, kind: RoomKind, public: bool) -> None:
        self.app = create_app(Appkey("machine", f"app{next(_numbers)}")).app
        made = register_users(self.app, [NewUser(name, "123456") for name in NAMES])
        self.ids = {user.username: user.id for user in made.created}
        command = c.CreateRoom(kind, "x", owner="ann", members=("bob",), public=public)
        info = create_room(Actor(self.app), command)
        self.row_id, self.target = info.row_id, room_target(kind, info.room_id)

    def attempt(self, actor: str, act: Callable[[Actor, Any], object], command: Any) -> None:
        """A refusal writes nothing."""
        before = EntryRow.objects.count()
        try:
            with transaction.atomic():
                act(Actor(self.app, actor, self.ids.get(actor, 0)), command)
        except ImError:
            # on_commit_now ran what the rollback would have dropped.
            forget_rights(self.app.id, self.row_id)
            assert EntryRow.objects.count() == before

    @rule(actor=actors, users=batches)
    def add(self, actor: str, users: tuple[str, ...]) -> None:
        self.attempt(actor, add_members, c.AddMembers(self.target, users))

    @rule(actor=actors, users=batches)
    def remove(self, actor: str, users: tuple[str, ...]) -> None:
        self.attempt(actor, remove_members, c.RemoveMembers(self.target, users))

    @rule(actor=actors, users=batches)
    def block(self, actor: str, users: tuple[str, ...]) -> None:
        self.attempt(actor, block_members, c.BlockMembers(self.target, users))

    @rule(actor=actors, users=batches)
    def unblock(self, actor: str, users: tuple[str, ...]) -> None:
        self.attempt(actor, unblock_members, c.UnblockMembers(self.target, users))

    @rule(actor=names)
    def join(self, actor: str) -> None:
        self.attempt(actor, join_room, c.JoinRoom(self.target))

    @rule(actor=names)
    def leave(self, actor: str) -> None:
        self.attempt(actor, leave_room, c.LeaveRoom(self.target))

    @rule(actor=actors, users=batches)
    def invite(self, actor: str, users: tuple[str, ...]) -> None:
        self.attempt(actor, invite_members, c.InviteMembers(self.target, users))

    @rule(actor=names, accept=st.booleans())
    def answer(self, actor: str, accept: bool) -> None:
        self.attempt(actor, answer_invitation, c.AnswerInvitation(self.target, accept))

    @rule(actor=actors, user=names, accept=st.booleans())
    def approve(self, actor: str, user: str, accept: bool) -> None:
        command = c.AnswerJoinRequest(self.target, user, accept)
        self.attempt(actor, answer_join_request, command)

    @rule(actor=actors, user=names, on=st.booleans())
    def promote(self, actor: str, user: str, on: bool) -> None:
        self.attempt(actor, set_admin, c.SetAdmin(self.target, user, on))

    @rule(actor=actors, user=names)
    def transfer(self, actor: str, user: str) -> None:
        self.attempt(actor, transfer_room, c.TransferRoom(self.target, user))

    @rule(actor=actors, users=batches, duration=st.sampled_from([-1, 60_000]))
    def mute(self, actor: str, users: tuple[str, ...], duration: int) -> None:
        self.attempt(actor, mute_members, c.MuteMembers(self.target, users, duration))

    @rule(actor=actors, users=batches)
    def unmute(self, actor: str, users: tuple[str, ...]) -> None:
        self.attempt(actor, unmute_members, c.UnmuteMembers(self.target, users))

    @rule(actor=actors, users=batches, on=st.booleans())
    def allow(self, actor: str, users: tuple[str, ...], on: bool) -> None:
        self.attempt(actor, allow_members, c.AllowMembers(self.target, users, on))

    @rule(changes=st.fixed_dictionaries({"members_only": st.booleans(), "public": st.booleans()}))
    def change_joining(self, changes: dict[str, bool]) -> None:
        self.attempt("", update_room, c.UpdateRoom(self.target, changes))

    @invariant()
    def rows_agree(self) -> None:
        room = Room.objects.get(pk=self.row_id)
        stays = RoomMember.objects.filter(room=room, left_seq=None)
        assert room.member_count == stays.count()
        assert stays.filter(affiliation=Affiliation.OWNER).get().user_id == room.owner_id
        blocked = RoomBlock.objects.filter(room=room).values("user")
        assert not stays.filter(user__in=blocked).exists()

    @invariant()
    def stays_do_not_overlap(self) -> None:
        for user_id in self.ids.values():
            stays = RoomMember.objects.filter(room=self.row_id, user=user_id).order_by("pk")
            ends = [(stay.joined_seq, stay.left_seq) for stay in stays]
            for (_, left), (joined, _) in itertools.pairwise(ends):
                assert left is not None
                assert left <= joined

    @invariant()
    def what_is_remembered_is_true(self) -> None:
        remembered = rights_of(self.app.id, self.target)
        assert remembered == rights_of(self.app.id, self.target, fresh=True)


@pytest.mark.fuzz
@pytest.mark.usefixtures("db", "on_commit_now")
def test_no_sequence_of_acts_breaks_a_room() -> None:
    checks = list(HealthCheck)
    how = settings(
        max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=checks
    )
    run_state_machine_as_test(Rooms, settings=how)
