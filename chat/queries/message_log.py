"""The message log of an app: every message of every conversation, newest first, filtered."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from accounts.domain.actor import AppRef
from accounts.models import ImUser
from chat.domain.commands import CONSOLE_CLIENT_ID, SCENARIO_DEVICES, VIRTUAL_DEVICES
from chat.domain.entries import Entry, EntryFlag, EntryKind, EntryState
from chat.domain.errors import MessageNotFound
from chat.domain.events import MessagePosted, fact_of
from chat.models import ConversationRow, ConversationState, EntryRow, Room, RoomMember
from chat.store.rows import entry_of, id_at
from chat.store.unread import ask_joined

MAX_ID = (1 << 63) - 1
MAX_LOGS = 2000  # of one person, the latest first
READ_WHOLE = 5000  # entries
MOST_COUNTED = 10_001
Source = Literal["console", "scenario", "client", "rest"]
_UNKEPT = int(EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY)


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Empty values do not filter. `to` is a user who got it one-to-one; `party` one of
    the two of a pair; `text` is part of the payload as it is stored; `chat` is pair, group or
    chatroom; `state` is one of STATES, `source` one of SOURCES.

    Of `text`, `ext_key`, `state` (but recalled) and `source` no index knows: give a range too."""

    since_ms: int = 0
    until_ms: int = 0
    message_id: int = 0
    sender: str = ""
    to: str = ""
    party: str = ""
    room_id: str = ""
    chat: str = ""
    type: str = ""
    text: str = ""
    ext_key: str = ""
    state: str = ""
    source: str = ""


def find_messages(
    app: AppRef,
    wanted: MessageFilter,
    *,
    before: int = 0,
    limit: int = 50,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> tuple[list[Entry], int]:
    """Messages with ids below `before` (0: from the newest), and the next `before` (0: the end).
    `pairs`: rows of the logs of `party` and how much they hold, when they are at hand."""
    rows = _narrowed(EntryRow.objects.filter(kind=EntryKind.MESSAGE), wanted, before)
    parts: list[QuerySet[EntryRow]]
    if wanted.party:
        # Two indexes, one each; what is in both is one row.
        one = wanted.party.lower()
        logs = _pairs_of(app, one) if pairs is None else pairs
        parts = [_of_app(app, rows.filter(sender=one)), _in_logs(app, rows, logs)]
    elif wanted.to:
        one = wanted.to.lower()
        to_oneself = Q(conversation__name_a=one, conversation__name_b=one)
        rows = rows.exclude(~to_oneself, sender=one)
        parts = [_in_logs(app, rows, _pairs_of(app, one))]
    elif wanted.room_id:
        parts = [_in_logs(app, rows, _logs(app, key__in=_keys_of(app, wanted.room_id)))]
    else:
        parts = [_of_app(app, rows)]
    found = {row.id: row for part in parts for row in part[: limit + 1]}
    newest = sorted(found.values(), key=lambda row: -row.id)[: limit + 1]
    more = newest[limit - 1].id if len(newest) > limit else 0
    entries = [entry_of(row) for row in newest[:limit]]
    if wanted.ext_key:  # the text of the payload alone says it of its body too
        entries = [one for one in entries if wanted.ext_key in _ext_of(one)]
    return entries, more


def _ext_of(entry: Entry) -> dict[str, object]:
    fact = fact_of(entry)
    return (fact.ext or {}) if isinstance(fact, MessagePosted) else {}


def _narrowed(rows: QuerySet[EntryRow], wanted: MessageFilter, before: int) -> QuerySet[EntryRow]:
    if before:
        rows = rows.filter(id__lt=before)
    if wanted.since_ms:
        rows = rows.filter(id__gte=id_at(wanted.since_ms))
    if wanted.until_ms:
        rows = rows.filter(id__lt=id_at(wanted.until_ms))
    exact = {
        "id": wanted.message_id,
        "sender": wanted.sender.lower(),
        "conversation__kind": wanted.chat,
        "type": wanted.type,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.text:
        rows = rows.filter(payload__contains=wanted.text)
    if wanted.ext_key:
        key = json.dumps(wanted.ext_key, ensure_ascii=False)
        rows = rows.filter(payload__contains='"ext":{').filter(payload__contains=f"{key}:")
    if wanted.state in STATES:
        rows = rows.filter(STATES[wanted.state]())
    if wanted.source in SOURCES:
        rows = rows.filter(SOURCES[wanted.source])
    return rows.select_related("conversation")


def _somebody(**how_far: OuterRef) -> Exists:
    """A user other than the sender whose state of the log is that far."""
    seen = ConversationState.objects.filter(conversation=OuterRef("conversation"), **how_far)
    return Exists(seen.exclude(user__username=OuterRef("sender")))


def _waits() -> Q:
    """Somebody for whom it is kept has not got it yet."""
    got = ConversationState.objects.filter(
        conversation=OuterRef(OuterRef("conversation")),
        delivered_seq__gte=OuterRef(OuterRef("seq")),
    )
    peers = ImUser.objects.filter(
        Q(username=OuterRef("conversation__name_a")) | Q(username=OuterRef("conversation__name_b")),
        ~Exists(got.filter(user=OuterRef("pk"))),
        app=OuterRef("app"),
        born_id__lt=OuterRef("id"),
    ).exclude(username=OuterRef("sender"))
    members = RoomMember.objects.filter(
        ~Exists(got.filter(user=OuterRef("user"))),
        room_id=OuterRef("conversation__row_id"),
        joined_seq__lt=OuterRef("seq"),
        left_seq=None,
    ).exclude(user__username=OuterRef("sender"))
    pair = Q(conversation__kind="pair") & Exists(peers)
    room = Q(conversation__kind__in=("group", "thread")) & Exists(members)
    is_kept = Q(Exact(F("flags").bitand(_UNKEPT), 0)) & ~Q(state=EntryState.RECALLED)
    return is_kept & (pair | room)


STATES: dict[str, Callable[[], Q | Exists]] = {
    "queued": _waits,
    "delivered": lambda: _somebody(delivered_seq__gte=OuterRef("seq")),
    "read": lambda: _somebody(read_seq__gte=OuterRef("seq")),
    "edited": lambda: Q(state=EntryState.EDITED),
    "recalled": lambda: Q(state=EntryState.RECALLED),
}
_FROM_CONSOLE = Q(sender_device__startswith=VIRTUAL_DEVICES) | Q(
    sender_device="", client_id__startswith=CONSOLE_CLIENT_ID
)
_FROM_SCENARIO = Q(sender_device__startswith=SCENARIO_DEVICES)
SOURCES: dict[str, Q] = {
    "console": _FROM_CONSOLE,
    "scenario": _FROM_SCENARIO,
    "client": ~Q(sender_device="") & ~_FROM_CONSOLE & ~_FROM_SCENARIO,
    "rest": Q(sender_device="") & ~_FROM_CONSOLE,
}


def source_of(sender_device: str, client_id: str) -> Source:
    """Who sent a message, by what its entry keeps. REST sends name no device."""
    if sender_device.startswith(SCENARIO_DEVICES):
        return "scenario"
    if sender_device.startswith(VIRTUAL_DEVICES):
        return "console"
    if sender_device:
        return "client"
    return "console" if client_id.startswith(CONSOLE_CLIENT_ID) else "rest"


def _of_app(app: AppRef, rows: QuerySet[EntryRow]) -> QuerySet[EntryRow]:
    return rows.filter(app_id=app.id).order_by("-id")


def _in_logs(
    app: AppRef, rows: QuerySet[EntryRow], logs: Sequence[tuple[int, int]]
) -> QuerySet[EntryRow]:
    """Of these conversations. Where they hold few messages they are read whole; the newest of a
    busy one are soon met among the app's."""
    ids = [pk for pk, _ in logs]
    if len(ids) == 1:
        return rows.filter(conversation=ids[0]).order_by("-seq")
    if sum(size for _, size in logs) > READ_WHOLE:
        return _of_app(app, rows.filter(conversation__in=ids))
    # Not by the id alone: its index would be walked through the whole app.
    return rows.filter(conversation__in=ids).order_by((F("id") + 0).desc())


def _pairs_of(app: AppRef, name: str) -> list[tuple[int, int]]:
    return [*_logs(app, kind="pair", name_a=name), *_logs(app, kind="pair", name_b=name)]


def _keys_of(app: AppRef, room_id: str) -> list[str]:
    """Of the room's log, and of those of rooms that had this id before it."""
    rooms = Room.objects.filter(app_id=app.id, room_id=room_id)
    return [f"r:{pk}" for pk in rooms.values_list("pk", flat=True)]


def _logs(app: AppRef, **which: Any) -> list[tuple[int, int]]:
    """Rows of conversations and how much they hold, the latest first."""
    found = ConversationRow.objects.filter(app_id=app.id, **which).order_by("-last_message_id")
    return list(found.values_list("id", "last_seq")[:MAX_LOGS])


def get_message(app: AppRef, message_id: int) -> Entry:
    """Raises MessageNotFound."""
    row = (
        EntryRow.objects.filter(app_id=app.id, id=message_id, kind=EntryKind.MESSAGE)
        .select_related("conversation")
        .first()
    )
    if row is None:
        raise MessageNotFound()
    return entry_of(row)


def get_messages(app: AppRef, message_ids: Sequence[int]) -> list[Entry]:
    """Those that are kept, in the order of the ids."""
    rows = EntryRow.objects.filter(app_id=app.id, id__in=message_ids, kind=EntryKind.MESSAGE)
    found = {row.id: entry_of(row) for row in rows.select_related("conversation")}
    return [found[one] for one in message_ids if one in found]


def changes_of(entry: Entry, limit: int = 20) -> list[Entry]:
    """The edits and the recall of a message, oldest first."""
    if entry.state is EntryState.NORMAL:
        return []
    rows = EntryRow.objects.filter(
        conversation__app_id=entry.app_id,
        conversation__key=entry.conversation.key,
        seq__gt=entry.seq,
        kind__in=(EntryKind.RECALL, EntryKind.EDIT),
        payload__contains=f'"id":"{entry.id}"',
    ).order_by("seq")
    return [entry_of(row, entry.conversation) for row in rows[:limit]]


def newest_entries(app: AppRef, limit: int) -> list[int]:
    """Ids of the newest entries of any kind, the newest first."""
    rows = EntryRow.objects.filter(app_id=app.id).order_by("-id")
    return list(rows.values_list("id", flat=True)[:limit])


def counts_since(app_ids: Collection[int], since_ms: int) -> dict[int, int]:
    """The same of many apps, in one query; an app without any is missing."""
    found = ask_joined(
        "(app)",
        [(app_id,) for app_id in app_ids],
        "SELECT w.app, (SELECT count(*) FROM (SELECT 1 FROM chat_entryrow x WHERE x.app_id = w.app"
        f" AND x.id >= %s AND x.kind = {int(EntryKind.MESSAGE)} LIMIT {MOST_COUNTED}) y) FROM w",
        [id_at(since_ms)],
    )
    return {app_id: count for app_id, count in found if count}


def count_messages_since(app: AppRef, since_ms: int) -> int:
    """Messages stored from a moment on; counting stops above ten thousand."""
    rows = EntryRow.objects.filter(app_id=app.id, id__gte=id_at(since_ms), kind=EntryKind.MESSAGE)
    return rows.order_by()[:MOST_COUNTED].count()
