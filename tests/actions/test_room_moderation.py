"""Mutes, blocks, allow list, announcement, and the app's switch of a group."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.room_members import invite_members, join_room, leave_room
from chat.actions.room_moderation import (
    allow_members,
    block_members,
    disable_group,
    mute_all,
    mute_members,
    set_announcement,
    unblock_members,
    unmute_members,
)
from chat.actions.rooms import destroy_room, update_room
from chat.domain.affiliations import FOREVER_MS, speaking_refusal
from chat.domain.answers import RoomInfo
from chat.domain.commands import (
    AllowMembers,
    BlockMembers,
    DestroyRoom,
    DisableGroup,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    MuteAll,
    MuteMembers,
    SetAnnouncement,
    UnblockMembers,
    UnmuteMembers,
    UpdateRoom,
)
from chat.domain.errors import (
    AnnouncementTooLong,
    BatchTooLarge,
    BlockedFromRoom,
    GroupDisabled,
    IllegalArgument,
    ImError,
    Muted,
    MutedAll,
    NotBlocked,
    NotMember,
    NotPermitted,
    OwnerProtected,
)
from chat.domain.events import RoomChanged
from chat.domain.targets import ToChatroom, ToGroup, room_target
from chat.models import RoomMute
from chat.queries.rooms import (
    allowed_in,
    blocked_in,
    find_member,
    get_room,
    is_member,
    mutes_of,
    rights_of,
)
from chat.store.clock import now_ms
from tests.actions.logs import personal_facts, room_facts

Acting = Callable[..., Actor]
MANY = tuple(f"u{number}" for number in range(61))


def _refused(app: AppRef, target: ToGroup | ToChatroom, username: str) -> type[ImError] | None:
    refusal = speaking_refusal(rights_of(app.id, target, fresh=True), username, now_ms())
    return type(refusal) if refusal else None


class TestMutes:
    def test_a_muted_member_may_not_speak_until_the_mute_ends(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup
    ) -> None:
        before = now_ms()
        [made] = mute_members(Actor(app), MuteMembers(in_group, ("demo2",), 60_000))
        assert before + 60_000 <= made.expires_ms <= now_ms() + 60_000
        assert mutes_of(app, in_group) == [made]
        assert _refused(app, in_group, "demo2") is Muted
        member = find_member(app, in_group, "demo2")
        assert member is not None
        assert member.muted_until_ms == made.expires_ms
        RoomMute.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert _refused(app, in_group, "demo2") is None
        assert mutes_of(app, in_group) == []
        [fact] = room_facts(app.id, group)
        assert (fact.change, fact.users) == ("muted", ("demo2",))
        assert fact.detail == {"expires_ms": made.expires_ms}

    def test_a_mute_for_ever_and_a_new_duration_for_the_same_user(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup
    ) -> None:
        [made] = mute_members(Actor(app), MuteMembers(in_group, ("demo2",), -1))
        assert made.expires_ms == FOREVER_MS
        assert room_facts(app.id, group)[-1].detail == {"expires_ms": -1}
        mute_members(Actor(app), MuteMembers(in_group, ("demo2",), 1000))
        [again] = mutes_of(app, in_group)
        assert again.expires_ms < FOREVER_MS

    def test_unmuting_is_told_for_those_who_were_muted(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup
    ) -> None:
        mute_members(Actor(app), MuteMembers(in_group, ("demo2",), -1))
        outcomes = unmute_members(Actor(app), UnmuteMembers(in_group, ("demo2", "demo3", "ann")))
        assert all(made.done for made in outcomes)
        assert room_facts(app.id, group)[-1].users == ("demo2",)
        assert _refused(app, in_group, "demo2") is None
        unmute_members(Actor(app), UnmuteMembers(in_group, ("demo2",)))
        assert len(room_facts(app.id, group)) == 2

    @pytest.mark.parametrize(
        ("names", "duration", "refusal", "sentence"),
        [
            (("bob",), 1000, NotMember, "users [bob] are not members of this group!"),
            (("demo2", "bob"), 1000, NotMember, "users [bob] are not members of this group!"),
            (("demo1",), 1000, OwnerProtected, "forbidden operation on group owner!"),
            (("demo2",), 0, IllegalArgument, "mute_duration must be positive, or -1"),
            (("demo2",), -2, IllegalArgument, "mute_duration must be positive, or -1"),
            (MANY, 1000, BatchTooLarge, "userNames size is more than max limit : 60"),
        ],
    )
    def test_refused_mutes_mute_nobody(
        self,
        app: AppRef,
        in_group: ToGroup,
        names: tuple[str, ...],
        duration: int,
        refusal: type[ImError],
        sentence: str,
    ) -> None:
        with pytest.raises(refusal) as caught:
            mute_members(Actor(app), MuteMembers(in_group, names, duration))
        assert str(caught.value) == sentence
        assert mutes_of(app, in_group) == []

    def test_too_many_to_unmute(self, app: AppRef, in_group: ToGroup) -> None:
        with pytest.raises(BatchTooLarge, match="removeMute member size more than max limit : 60"):
            unmute_members(Actor(app), UnmuteMembers(in_group, MANY))

    def test_admins_mute_members_but_not_each_other(
        self, app: AppRef, in_room: ToChatroom, demo2: UserInfo, stranger: UserInfo, acting: Acting
    ) -> None:
        join_room(acting(stranger), JoinRoom(in_room))
        mute_members(acting(demo2), MuteMembers(in_room, ("stranger",), 1000))
        with pytest.raises(NotPermitted):
            mute_members(acting(demo2), MuteMembers(in_room, ("demo2",), 1000))
        with pytest.raises(NotPermitted):
            mute_members(acting(stranger), MuteMembers(in_room, ("stranger",), 1000))

    def test_mute_all_leaves_owner_admins_and_allow_list_their_voice(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup
    ) -> None:
        assert mute_all(Actor(app), MuteAll(in_group, on=True))
        mute_all(Actor(app), MuteAll(in_group, on=True))
        assert get_room(app, in_group).muted_all
        allow_members(Actor(app), AllowMembers(in_group, ("demo3",), on=True))
        assert [_refused(app, in_group, name) for name in ("demo1", "demo2", "demo3")] == [
            None,
            MutedAll,
            None,
        ]
        assert not mute_all(Actor(app), MuteAll(in_group, on=False))
        assert _refused(app, in_group, "demo2") is None
        changes = [fact.change for fact in room_facts(app.id, group)]
        assert changes == ["muted_all", "allowed", "unmuted_all"]


class TestBlocks:
    @pytest.mark.parametrize("kind", ["group", "chatroom"])
    def test_a_blocked_member_is_out_and_cannot_come_back(
        self,
        kind: str,
        app: AppRef,
        group: RoomInfo,
        chatroom: RoomInfo,
        demo1: UserInfo,
        demo2: UserInfo,
        acting: Acting,
    ) -> None:
        room = group if kind == "group" else chatroom
        target = room_target(room.kind, room.room_id)
        [outcome] = block_members(Actor(app), BlockMembers(target, ("demo2",)))
        assert outcome.done
        assert blocked_in(app, target) == ["demo2"]
        assert not is_member(app, target, "demo2")
        assert room_facts(app.id, room)[-1].change == "members_blocked"
        with pytest.raises(BlockedFromRoom):
            join_room(acting(demo2), JoinRoom(target))
        with pytest.raises(BlockedFromRoom):
            invite_members(acting(demo1), InviteMembers(target, ("demo2",)))

    def test_unblocked_users_are_told_but_not_put_back(
        self, app: AppRef, in_room: ToChatroom, demo2: UserInfo
    ) -> None:
        block_members(Actor(app), BlockMembers(in_room, ("demo2",)))
        outcomes = unblock_members(Actor(app), UnblockMembers(in_room, ("demo2", "bob")))
        assert [made.done for made in outcomes] == [True, False]
        assert not is_member(app, in_room, "demo2")
        [fact] = personal_facts(app.id, "demo2", demo2.id)
        assert isinstance(fact, RoomChanged)
        assert (fact.change, fact.users) == ("members_unblocked", ("demo2",))

    @pytest.mark.parametrize(
        ("names", "refusal", "sentence"),
        [
            (("bob",), NotMember, "users [bob] are not members of this group!"),
            (("demo1",), OwnerProtected, "forbidden operation on group owner!"),
            (MANY, BatchTooLarge, "userNames is more than max limit : 60"),
        ],
    )
    def test_refused_blocks(
        self,
        app: AppRef,
        in_group: ToGroup,
        names: tuple[str, ...],
        refusal: type[ImError],
        sentence: str,
    ) -> None:
        with pytest.raises(refusal) as caught:
            block_members(Actor(app), BlockMembers(in_group, names))
        assert str(caught.value) == sentence

    def test_refused_unblocks(self, app: AppRef, in_group: ToGroup) -> None:
        with pytest.raises(NotBlocked, match="demo2"):
            unblock_members(Actor(app), UnblockMembers(in_group, ("demo2",)))
        with pytest.raises(BatchTooLarge, match="removeBlacklist: list size more than max limit"):
            unblock_members(Actor(app), UnblockMembers(in_group, MANY))

    def test_a_mixed_batch_blocks_whom_it_can(self, app: AppRef, in_room: ToChatroom) -> None:
        outcomes = block_members(Actor(app), BlockMembers(in_room, ("demo2", "bob")))
        assert [(made.done, made.reason) for made in outcomes] == [
            (True, ""),
            (False, f"user: bob doesn't exist in chatroom: {in_room.room_id}"),
        ]


class TestAllowList:
    def test_members_are_put_on_and_taken_off(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup
    ) -> None:
        outcomes = allow_members(Actor(app), AllowMembers(in_group, ("demo2", "bob"), on=True))
        assert [made.done for made in outcomes] == [True, False]
        allow_members(Actor(app), AllowMembers(in_group, ("demo2",), on=True))
        assert allowed_in(app, in_group) == ["demo2"]
        allow_members(Actor(app), AllowMembers(in_group, ("demo2",), on=False))
        assert allowed_in(app, in_group) == []
        assert [fact.change for fact in room_facts(app.id, group)] == ["allowed", "disallowed"]

    @pytest.mark.parametrize(
        ("on", "sentence"),
        [
            (True, "usernames size is more than max limit : 60"),
            (False, "removeWhitelist size is more than max limit : 60"),
        ],
    )
    def test_refused_lists(self, app: AppRef, in_group: ToGroup, on: bool, sentence: str) -> None:
        with pytest.raises(NotMember):
            allow_members(Actor(app), AllowMembers(in_group, ("bob",), on=on))
        with pytest.raises(BatchTooLarge, match=sentence):
            allow_members(Actor(app), AllowMembers(in_group, MANY, on=on))


class TestAnnouncement:
    def test_text_is_kept_and_told_and_an_empty_one_clears_it(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup
    ) -> None:
        set_announcement(Actor(app), SetAnnouncement(in_group, "Meeting at 5"))
        assert get_room(app, in_group).announcement == "Meeting at 5"
        set_announcement(Actor(app), SetAnnouncement(in_group, ""))
        assert get_room(app, in_group).announcement == ""
        texts = [fact.detail["announcement"] for fact in room_facts(app.id, group)]
        assert texts == ["Meeting at 5", ""]

    def test_a_text_of_513_characters_is_too_long(self, app: AppRef, in_group: ToGroup) -> None:
        set_announcement(Actor(app), SetAnnouncement(in_group, "x" * 512))
        with pytest.raises(AnnouncementTooLong, match="announce info length exceeds limit!"):
            set_announcement(Actor(app), SetAnnouncement(in_group, "x" * 513))

    def test_members_do_not_announce(
        self, in_group: ToGroup, demo2: UserInfo, acting: Acting
    ) -> None:
        with pytest.raises(NotPermitted):
            set_announcement(acting(demo2), SetAnnouncement(in_group, "hi"))


class TestDisabledGroup:
    def test_nobody_speaks_or_changes_anything_until_it_is_enabled(
        self, app: AppRef, group: RoomInfo, in_group: ToGroup, demo2: UserInfo, acting: Acting
    ) -> None:
        assert disable_group(Actor(app), DisableGroup(in_group, disabled=True))
        disable_group(Actor(app), DisableGroup(in_group, disabled=True))
        assert _refused(app, in_group, "demo1") is GroupDisabled
        for act in (
            lambda: update_room(Actor(app), UpdateRoom(in_group, {"name": "x"})),
            lambda: mute_all(Actor(app), MuteAll(in_group, on=True)),
            lambda: leave_room(acting(demo2), LeaveRoom(in_group)),
        ):
            with pytest.raises(GroupDisabled):
                act()
        assert not disable_group(Actor(app), DisableGroup(in_group, disabled=False))
        assert [fact.change for fact in room_facts(app.id, group)] == ["disabled", "enabled"]

    def test_it_can_be_destroyed(self, app: AppRef, in_group: ToGroup) -> None:
        disable_group(Actor(app), DisableGroup(in_group, disabled=True))
        destroy_room(Actor(app), DestroyRoom(in_group))

    def test_its_owner_does_not_disable_it(
        self, in_group: ToGroup, demo1: UserInfo, acting: Acting
    ) -> None:
        with pytest.raises(NotPermitted):
            disable_group(acting(demo1), DisableGroup(in_group, disabled=True))


def test_every_change_moves_the_epoch_and_the_remembered_rights_with_it(
    app: AppRef, in_group: ToGroup, on_commit_now: None
) -> None:
    actor = Actor(app)
    for act in (
        lambda: mute_members(actor, MuteMembers(in_group, ("demo2",), -1)),
        lambda: unmute_members(actor, UnmuteMembers(in_group, ("demo2",))),
        lambda: mute_all(actor, MuteAll(in_group, on=True)),
        lambda: allow_members(actor, AllowMembers(in_group, ("demo2",), on=True)),
        lambda: block_members(actor, BlockMembers(in_group, ("demo2",))),
        lambda: unblock_members(actor, UnblockMembers(in_group, ("demo2",))),
        lambda: update_room(actor, UpdateRoom(in_group, {"allow_invites": True})),
        lambda: disable_group(actor, DisableGroup(in_group, disabled=True)),
    ):
        before = rights_of(app.id, in_group, fresh=True)
        act()
        remembered = rights_of(app.id, in_group)
        assert remembered.epoch == before.epoch + 1
        assert remembered == rights_of(app.id, in_group, fresh=True)
