"""Metas that a client sends: each is acknowledged, with OK or with why not (R8, R9).

Source: specs/msync.md 5.2, 7.
"""

from collections.abc import Callable
from typing import Any, Protocol

from google.protobuf.message import DecodeError

from chat.domain.affiliations import Affiliation
from chat.domain.answers import Joined, RoomInfo, RoomPage, Sent
from chat.domain.commands import (
    AnswerContact,
    Command,
    GiveGroupReceipt,
    GiveReceipt,
    JoinRoom,
    LeaveRoom,
    ListRooms,
    MarkRead,
)
from chat.domain.entries import Entry
from chat.domain.errors import IllegalBody, ImError, NotFound
from chat.domain.ids import LEASED_PROCESSES, IdClock
from chat.domain.targets import ToChatroom
from chat.wire.base import Output, Send
from chat.wire.msync import errors, ext, frames, muc, requests, roster
from chat.wire.msync.metas import edit_answer
from chat.wire.msync.notify import Reader
from chat.wire.msync.pb import msync_pb2 as pb

MAX_ROOMS_LEFT = 500

Then = Callable[[object], list[Output]]


class Session(Protocol):
    """What the upstream needs of its session."""

    wall_ms: Callable[[], int]

    @property
    def reader(self) -> Reader: ...

    @property
    def typed_name(self) -> str: ...

    def ask(self, command: Command, then: Then) -> list[Output]: ...

    def put_own(self, queue: str, meta: bytes) -> list[Output]: ...


class Upstream:
    """Turns metas into commands, and their outcomes into acknowledgements."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids = IdClock(LEASED_PROCESSES)

    def new_id(self) -> int:
        """An id of the connection's own, for what the store does not keep."""
        return self._ids.next_id(self._session.wall_ms())

    def receive(self, meta: pb.Meta) -> list[Output]:
        try:
            match meta.ns:
                case pb.Meta.CHAT:
                    return self._chat(meta)
                case pb.Meta.MUC:
                    return self._muc(meta)
                case pb.Meta.ROSTER:
                    return self._roster(meta)
                case _:
                    return self.acknowledge(meta.id)
        except ImError as refusal:
            return self._refuse(meta.id, errors.status_of(refusal))
        except DecodeError:
            return self._refuse(meta.id, errors.status_of(IllegalBody(detail="unreadable")))

    def acknowledge(
        self, meta_id: int, server_id: int = 0, at_ms: int = 0, extra: bytes = b""
    ) -> list[Output]:
        now = at_ms or self._session.wall_ms()
        return [Send(frames.acknowledged(meta_id, server_id or self.new_id(), now, extra=extra))]

    def _refuse(self, meta_id: int, status: pb.Status) -> list[Output]:
        now = self._session.wall_ms()
        return [Send(frames.acknowledged(meta_id, self.new_id(), now, status))]

    # Messages

    def _chat(self, meta: pb.Meta) -> list[Output]:
        command = requests.command_of(meta, str(meta.id))
        if command is None:
            return self.acknowledge(meta.id)
        return self._session.ask(command, lambda outcome: self._done(meta.id, command, outcome))

    def _done(self, meta_id: int, command: Command, outcome: object) -> list[Output]:
        match outcome:
            case Sent(message_id, created_ms):
                return self.acknowledge(meta_id, message_id, created_ms)
            case Entry():  # an edit: the client builds its message from it (5.3, "Edit")
                reader = self._session.reader
                extra = edit_answer(outcome, reader)
                return self.acknowledge(meta_id, outcome.id, outcome.created_ms, extra)
            case NotFound() if isinstance(command, GiveGroupReceipt | GiveReceipt | MarkRead):
                return self.acknowledge(meta_id)  # a receipt for what is gone tells nobody
            case ImError():
                return self._refuse(meta_id, errors.status_of(outcome))
            case _:
                return self.acknowledge(meta_id)

    # Contacts (3.x)

    def _roster(self, meta: pb.Meta) -> list[Output]:
        """Acknowledged with OK whatever becomes of it: clients show any other answer as an
        exception of the app (7.1)."""
        body = pb.RosterBody.FromString(meta.payload)
        commands = roster.commands_of(body)
        outputs = self.acknowledge(meta.id)
        for command in commands:
            outputs += self._session.ask(command, self._after_roster(command))
        return outputs

    def _after_roster(self, command: Command) -> Then:
        """Who accepted is told that the contact is there; its own act is not echoed otherwise."""

        def then(outcome: object) -> list[Output]:
            if isinstance(outcome, ImError) or not isinstance(command, AnswerContact):
                return []
            if not command.accept:
                return []
            reader = self._session.reader
            now, op = self._session.wall_ms(), pb.RosterBody.ACCEPT
            made = roster.meta(self.new_id(), now, op, reader.appkey, command.username, reader.name)
            return self._session.put_own(command.username, made)

        return then

    # Chatrooms (gen 4)

    def _muc(self, meta: pb.Meta) -> list[Output]:
        body = pb.MucBody.FromString(meta.payload)
        ext.text(body.ext)
        target = ToChatroom(ext.text(body.muc_id.name))
        match body.operation:
            case pb.MucBody.LEAVE:
                return self._session.ask(
                    LeaveRoom(target), lambda outcome: self._left(meta.id, outcome)
                )
            case pb.MucBody.JOIN if body.leave_other_rooms:
                listing = ListRooms("chatroom", "joined", limit=MAX_ROOMS_LEFT)
                return self._session.ask(
                    listing, lambda outcome: self._leave_others(meta.id, body, outcome)
                )
            case pb.MucBody.JOIN:
                return self._join(meta.id, body)
            case _:
                return self.acknowledge(meta.id)

    def _leave_others(self, meta_id: int, body: pb.MucBody, outcome: object) -> list[Output]:
        outputs: list[Output] = []
        if isinstance(outcome, RoomPage):
            for room in outcome.items:
                if room.room_id != body.muc_id.name:
                    leaving = LeaveRoom(ToChatroom(room.room_id))
                    outputs += self._session.ask(leaving, lambda _: [])
        return outputs + self._join(meta_id, body)

    def _join(self, meta_id: int, body: pb.MucBody) -> list[Output]:
        command = JoinRoom(ToChatroom(body.muc_id.name), body.ext[:1024])
        return self._session.ask(command, lambda outcome: self._joined(meta_id, body, outcome))

    def _joined(self, meta_id: int, body: pb.MucBody, outcome: object) -> list[Output]:
        if isinstance(outcome, ImError):
            return self._refuse(meta_id, errors.join_status(outcome))
        info = None
        if isinstance(outcome, Joined) and outcome.room is not None:
            info = _room_info(outcome.room)
        reader, now = self._session.reader, self._session.wall_ms()
        me = frames.user_jid(reader.appkey, self._session.typed_name or reader.name)
        room = frames.room_jid(reader.appkey, body.muc_id.name)
        extra = muc.join_answer(self.new_id(), now, room, me, info)
        return self.acknowledge(meta_id, extra=extra)

    def _left(self, meta_id: int, outcome: object) -> list[Output]:
        if isinstance(outcome, ImError):
            return self._refuse(meta_id, errors.join_status(outcome))
        return self.acknowledge(meta_id)


def _room_info(room: RoomInfo) -> dict[str, Any]:
    return {
        "is_all_mute": room.muted_all,
        "create_timestamp": room.created_ms,
        "is_in_white_list": room.my_rank >= Affiliation.ADMIN,
        "member_count": room.member_count,
        "mute_duration": -1,
    }
