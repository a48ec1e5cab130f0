"""Large chatrooms, and members who stay away from one."""

from collections.abc import Callable

import pytest

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.room_members import (
    add_members,
    join_room,
    leave_room,
    remove_members,
)
from chat.actions.room_moderation import allow_members
from chat.actions.room_presence import sweep_chatrooms
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience, user_topic
from chat.domain.commands import (
    AddMembers,
    AllowMembers,
    JoinRoom,
    LeaveRoom,
    RemoveMembers,
)
from chat.domain.events import Event, RoomChange, RoomChanged
from chat.domain.targets import ToChatroom
from chat.queries.rooms import (
    get_room,
    list_members,
)
from tests.actions.logs import count_entries, personal_facts, room_entries, room_facts

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


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
