"""Many messages in few busy conversations and a long tail, with what has been read of them.

Messages come in the order of time, so ids rise in every log as the writer makes them; each log
keeps its running numbers while it grows, and its rows are written at the end (store/README.md).
"""

import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from django.db.backends.utils import CursorWrapper

from accounts.domain.actor import AppRef
from chat.actions.seeding.people import People
from chat.actions.seeding.plan import Times, moment, skewed, spread
from chat.actions.seeding.rooms import SeededRoom
from chat.domain.bodies import Body
from chat.domain.entries import EntryFlag, EntryKind
from chat.domain.events import MessagePosted, RoomChange, RoomChanged, to_entry_parts
from chat.domain.ids import LEASED_PROCESSES, MAX_PROCESS, SEQUENCE_BITS, IdClock
from chat.domain.targets import Conversation
from chat.models import ConversationRow, ConversationState, DeviceCursor, EntryRow
from chat.store import sql
from chat.store.bulk import Row, in_chunks, load_rows
from chat.store.rows import id_at
from chat.store.statements import OneByOne

DEVICE = "web"
PAIRS, GROUPS = 0.60, 0.94  # of 1: messages to users, then to groups, the rest to chatrooms
_WORDS = (
    *("你好", "收到", "明天见", "几点开会？", "好的", "谢谢", "在吗", "哈哈", "辛苦了", "OK"),
    *("see you", "on my way", "what about", "the release", "is done", "ping", "lunch?", "🙂", "👍"),
)
_PAYLOADS = 2000
_STATE_COLUMNS = (
    *("user_id", "conversation_id", "delivered_seq", "read_seq", "read_count", "own_sent"),
)


@dataclass(slots=True)
class _Reading:
    """How far somebody has read: `count` messages of others up to `seq`."""

    seq: int = 0
    count: int = 0
    own_sent: int = 0  # of a room's


@dataclass(slots=True)
class _Log:
    """One log while it grows. `members` are numbers of people; a pair's in the order of names."""

    conversation: Conversation
    members: list[int]
    id: int = 0
    last_seq: int = 0
    last_id: int = 0
    last_message_id: int = 0
    counts: list[int] = field(default_factory=lambda: [0, 0])
    readings: dict[int, _Reading] = field(default_factory=dict)

    @property
    def is_pair(self) -> bool:
        return self.conversation.kind == "pair"

    def grow(self, entry_id: int, sender: int, *, counts: bool) -> None:
        """Take one more entry; who writes has read what is before it."""
        self.last_seq += 1
        self.last_id = entry_id
        side = 1 if self.is_pair and sender != self.members[0] else 0
        if counts:
            self.last_message_id = entry_id
            self.counts[side] += 1
        reading = self.readings.setdefault(sender, _Reading())
        if counts and not self.is_pair:
            reading.own_sent += 1
        self.read_all(sender, reading)

    def read_all(self, reader: int, reading: _Reading) -> None:
        reading.seq = self.last_seq
        if self.is_pair:
            reading.count = self.counts[0 if reader == self.members[1] else 1]
        else:
            reading.count = self.counts[0] - reading.own_sent


class Talk:
    """Makes the logs of an app's people and rooms."""

    def __init__(
        self,
        app: AppRef,
        people: People,
        rooms: list[SeededRoom],
        times: Times,
        dice: random.Random,
    ) -> None:
        self._app = app
        self._people = people
        self._rooms = rooms
        self._times = times
        self._dice = dice
        self._silent = EntryFlag.COUNTS if app.settings.room_history else EntryFlag.ONLINE_ONLY

    def make(self, cursor: CursorWrapper, messages: int) -> None:
        logs = self._room_logs()
        picks = self._picks(messages)
        used = sorted({pick for pick in picks if pick >= len(logs)})
        places = {pick: len(logs) + number for number, pick in enumerate(used)}
        logs += [self._pair_log(pick - len(self._rooms)) for pick in used]
        self._make_rows(cursor, logs)
        ids = IdClock(_free_process(cursor, self._times))
        load_rows(cursor, EntryRow, sql.ENTRY_COLUMNS, self._openings(logs, ids))
        load_rows(cursor, EntryRow, sql.ENTRY_COLUMNS, self._messages(logs, picks, places, ids))
        self._finish(cursor, logs)

    def _room_logs(self) -> list[_Log]:
        return [
            _Log(Conversation.room(room.kind, room.room_id, room.row_id), room.members)
            for room in self._rooms
        ]

    def _pair_log(self, number: int) -> _Log:
        names = self._people.names
        one, other = sorted(self._people.friends[number], key=names.__getitem__)
        return _Log(Conversation.pair(names[one], names[other]), [one, other])

    def _picks(self, messages: int) -> "array[int]":
        """The conversation of each message: the rooms by number, after them the friends'."""
        dice, rooms = self._dice, len(self._rooms)
        groups = sum(room.kind == "group" for room in self._rooms)
        pairs, chatrooms = len(self._people.friends), rooms - groups
        picks = array("I")
        for _ in range(messages):
            chance = dice.random()
            if (chance < PAIRS or not rooms) and pairs:
                picks.append(rooms + skewed(dice, pairs))
            elif (chance < GROUPS or not chatrooms) and groups:
                picks.append(skewed(dice, groups))
            else:
                picks.append(groups + skewed(dice, chatrooms))
        return picks

    def _make_rows(self, cursor: CursorWrapper, logs: list[_Log]) -> None:
        app_id = self._app.id
        rows = sorted(
            (app_id, talk.key, talk.kind, *talk.names, talk.room_id, talk.row_id)
            for talk in (log.conversation for log in logs)
        )
        for some in in_chunks(rows):
            sql.make_conversations(OneByOne(cursor), some)
        ids = dict(ConversationRow.objects.filter(app_id=app_id).values_list("key", "id"))
        for log in logs:
            log.id = ids[log.conversation.key]

    def _openings(self, logs: list[_Log], ids: IdClock) -> Iterator[Row]:
        """The first entry of each room's log, as create_room writes it."""
        names = self._people.names
        for room, log in zip(self._rooms, logs, strict=False):
            people = [names[number] for number in room.members]
            detail = {"name": room.name, "members": len(people), "created": True}
            detail |= {"owner": people[0], "admins": sorted(people[1 : 1 + room.admins])}
            fact = RoomChanged(
                RoomChange.MEMBERS_ADDED, room.kind, room.room_id, tuple(people), detail
            )
            kind, type_name, payload = to_entry_parts(fact)
            entry_id = ids.next_id(room.made_ms)
            log.last_seq, log.last_id = 1, entry_id
            flag = EntryFlag.ONLINE_ONLY if room.kind == "chatroom" else EntryFlag.NONE
            yield (
                *(entry_id, self._app.id, log.id, 1, int(kind), type_name, people[0], "", "", ""),
                *(None, msgspec.json.encode(payload).decode(), None, int(flag), 0, room.made_ms),
                *(0, 0),
            )

    def _messages(
        self, logs: list[_Log], picks: "array[int]", places: dict[int, int], ids: IdClock
    ) -> Iterator[Row]:
        dice, times, names = self._dice, self._times, self._people.names
        app_id, kind = self._app.id, int(EntryKind.MESSAGE)
        payloads = _payloads(dice)
        for number, pick in enumerate(picks):
            log = logs[places.get(pick, pick)]
            sender = self._sender(log)
            type_name, payload, flags = payloads[dice.randrange(_PAYLOADS)]
            if flags and log.conversation.kind == "chatroom":
                flags = self._silent
            made_ms = spread(times.opened, times.until, number, len(picks))
            entry_id = ids.next_id(made_ms)
            log.grow(entry_id, sender, counts=bool(flags & EntryFlag.COUNTS))
            yield (
                *(entry_id, app_id, log.id, log.last_seq, kind, type_name, names[sender]),
                *(DEVICE, f"{made_ms}{number:07d}", "", None, payload, None, flags, 0),
                *(made_ms, log.counts[0], log.counts[1]),
            )

    def _sender(self, log: _Log) -> int:
        dice = self._dice
        if log.is_pair:
            return log.members[dice.random() < 0.5]
        return log.members[skewed(dice, len(log.members))]

    def _finish(self, cursor: CursorWrapper, logs: list[_Log]) -> None:
        moved = (
            (log.last_seq, log.last_id, log.last_message_id, *log.counts, log.id) for log in logs
        )
        for some in in_chunks(moved):
            sql.move_conversations(OneByOne(cursor), some)
        delivered: list[tuple[int, int, int]] = []
        load_rows(cursor, ConversationState, _STATE_COLUMNS, self._states(logs, delivered))
        seen = moment(self._times.until)
        load_rows(
            cursor,
            DeviceCursor,
            ("user_id", "conversation_id", "seq", "device", "updated_at"),
            ((*place, DEVICE, seen) for place in delivered),
        )

    def _states(self, logs: list[_Log], delivered: list[tuple[int, int, int]]) -> Iterator[Row]:
        """Seven in ten have read all; most of the others are behind since they last wrote.

        Of every fifth user a device has a cursor: `delivered` gets what it holds.
        """
        dice, ids = self._dice, self._people.ids
        for log in logs:
            kept = log.conversation.kind != "chatroom"
            for member in log.members if kept else log.readings:
                reading = log.readings.get(member)
                if kept and dice.random() < 0.7:
                    reading = reading or _Reading()
                    log.read_all(member, reading)
                if reading is None:
                    continue
                seq = log.last_seq if dice.random() < 0.8 else reading.seq
                if kept and member % 5 == 0:
                    delivered.append((ids[member], log.id, seq))
                yield ids[member], log.id, seq, reading.seq, reading.count, reading.own_sent


def _free_process(cursor: CursorWrapper, times: Times) -> int:
    """A process number that no entry of that time has: ids are unique in the whole database."""
    cursor.execute(
        "SELECT DISTINCT (id >> %s) & %s FROM chat_entryrow WHERE id >= %s AND id < %s",
        [SEQUENCE_BITS, MAX_PROCESS, id_at(times.born), id_at(times.until + 60_000)],
    )
    used = {row[0] for row in cursor.fetchall()}
    return next(number for number in range(LEASED_PROCESSES) if number not in used)


def _payloads(dice: random.Random) -> list[tuple[str, str, int]]:
    """(type, payload, flags) to draw from: most are texts."""
    made = []
    for number in range(_PAYLOADS):
        body = _body(dice, number)
        _, type_name, payload = to_entry_parts(MessagePosted(body))
        flags = EntryFlag.COUNTS if body.counts else EntryFlag.NONE
        made.append((type_name, msgspec.json.encode(payload).decode(), flags))
    return made


def _body(dice: random.Random, number: int) -> Body:
    match number % 50:
        case 0:
            return Body("cmd", {"action": dice.choice(("refresh", "typing", "sync"))})
        case 1:
            return Body("loc", {"lat": 39.9087, "lng": 116.3975, "addr": "北京市东城区东长安街"})
        case 2:
            fields = {"customEvent": "order", "customExts": {"orderId": str(10_000 + number)}}
            return Body("custom", fields)
        case _:
            words = [dice.choice(_WORDS) for _ in range(1 + skewed(dice, 30))]
            return Body("txt", {"msg": " ".join(words)})
