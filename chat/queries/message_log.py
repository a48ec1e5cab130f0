"""The message log of an app: every message of every conversation, newest first, filtered."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
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
MOST_LOOKED_AT = 100_000  # entries a page, for what no index knows
# Of each entry it is asked how far somebody else has read.
LOOK_AT = {"queued": 10_000, "delivered": 20_000, "read": 20_000}
Source = Literal["console", "scenario", "client", "rest"]
_IS_RECALLED = f"chat_entryrow.state = {int(EntryState.RECALLED)}"
_UNKEPT = int(EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY)


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Empty values do not filter. `to` is a user who got it one-to-one; `party` one of
    the two of a pair; `text` is part of the payload as it is stored; `chat` is pair, group or
    chatroom; `state` is one of STATES, `source` one of SOURCES.

    Of `type`, `chat`, `text`, `ext_key`, `state` (but recalled) and `source` no index knows."""

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


@dataclass(frozen=True, slots=True)
class Found:
    """`more` is the next `before`, 0 at the end. `is_partial`: there may be more, but as many
    entries were looked at as a page may."""

    entries: list[Entry]
    more: int
    is_partial: bool = False


def find_messages(
    app: AppRef,
    wanted: MessageFilter,
    *,
    before: int = 0,
    limit: int = 50,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> Found:
    """Messages with ids below `before` (0: from the newest).
    `pairs`: rows of the logs of `party` and how much they hold, when they are at hand."""
    parts = _parts(app, wanted, before, pairs)
    floor = max(_floor(part, wanted, before) for part in parts)
    found: dict[int, EntryRow] = {}
    for part in parts:
        rows = _narrowed(part.rows.filter(kind=EntryKind.MESSAGE), wanted, before, floor)
        found |= {row.id: row for row in rows[: limit + 1]}
    newest = sorted(found.values(), key=lambda row: -row.id)[: limit + 1]
    is_partial = bool(floor) and len(newest) <= limit
    more = floor if is_partial else newest[limit - 1].id if len(newest) > limit else 0
    entries = [entry_of(row) for row in newest[:limit]]
    if wanted.ext_key:  # the text of the payload alone says it of its body too
        entries = [one for one in entries if wanted.ext_key in _ext_of(one)]
    return Found(entries, more, is_partial)


def _ext_of(entry: Entry) -> dict[str, object]:
    fact = fact_of(entry)
    return (fact.ext or {}) if isinstance(fact, MessagePosted) else {}


@dataclass(frozen=True, slots=True)
class _Part:
    """Entries, newest first, of which the wanted ones are taken. `walked` are those that are looked
    at for them, in the same order; None: they are few. `is_sparse`: most of those are of others."""

    rows: QuerySet[EntryRow]
    walked: QuerySet[EntryRow] | None
    is_sparse: bool = False


def _parts(
    app: AppRef, wanted: MessageFilter, before: int, pairs: Sequence[tuple[int, int]] | None
) -> list[_Part]:
    if wanted.party:
        # Two indexes, one each; what is in both is one row.
        one = wanted.party.lower()
        sent = _of_app(app).filter(sender=one)
        logs = _pairs_of(app, one) if pairs is None else pairs
        return [_Part(sent, sent), _in_logs(app, logs, before)]
    if wanted.to:
        one = wanted.to.lower()
        part = _in_logs(app, _pairs_of(app, one), before)
        to_oneself = Q(conversation__name_a=one, conversation__name_b=one)
        return [replace(part, rows=part.rows.exclude(~to_oneself, sender=one))]
    if wanted.room_id:
        return [_in_logs(app, _logs(app, key__in=_keys_of(app, wanted.room_id)), before)]
    rows = _of_app(app)
    if wanted.sender:
        rows = rows.filter(sender=wanted.sender.lower())
    return [_Part(rows, rows)]


def _floor(part: _Part, wanted: MessageFilter, before: int) -> int:
    """The id at which looking ends, where no index knows what is wanted; 0: at the log's end."""
    if part.walked is None or wanted.party or wanted.message_id:
        return 0
    if wanted.state == "recalled":
        is_slow = bool(wanted.sender)  # an index of its own has the recalled ones of an app
    else:
        others = wanted.type, wanted.chat, wanted.text, wanted.ext_key, wanted.state, wanted.source
        is_slow = part.is_sparse or any(others)
    if not is_slow:
        return 0
    last = LOOK_AT.get(wanted.state, MOST_LOOKED_AT)
    ids = _bounded(part.walked, wanted, before).values_list("id", flat=True)
    return next(iter(ids[last - 1 : last]), 0)


def _bounded(
    rows: QuerySet[EntryRow], wanted: MessageFilter, before: int, floor: int = 0
) -> QuerySet[EntryRow]:
    """One bound a side: of two SQLite may enter the index by the farther one."""
    lowest = floor or (id_at(wanted.since_ms) if wanted.since_ms else 0)
    ends = [one for one in (before, id_at(wanted.until_ms) if wanted.until_ms else 0) if one]
    if lowest:
        rows = rows.filter(id__gte=lowest)
    return rows.filter(id__lt=min(ends)) if ends else rows


def _narrowed(
    rows: QuerySet[EntryRow], wanted: MessageFilter, before: int, floor: int
) -> QuerySet[EntryRow]:
    rows = _bounded(rows, wanted, before, floor)
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


STATES: dict[str, Callable[[], Q | Exists | RawSQL]] = {
    "queued": _waits,
    "delivered": lambda: _somebody(delivered_seq__gte=OuterRef("seq")),
    "read": lambda: _somebody(read_seq__gte=OuterRef("seq")),
    "edited": lambda: Q(state=EntryState.EDITED),
    # Written out: SQLite takes a partial index only for what it can read in the statement.
    "recalled": lambda: RawSQL(_IS_RECALLED, (), output_field=BooleanField()),  # noqa: S611 (a constant)
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


def _of_app(app: AppRef) -> QuerySet[EntryRow]:
    return EntryRow.objects.filter(app_id=app.id).order_by("-id")


def _in_logs(app: AppRef, logs: Sequence[tuple[int, int]], before: int) -> _Part:
    """Of these conversations. Where they hold few messages they are read whole; the newest of a
    busy one are soon met among the app's."""
    ids = [pk for pk, _ in logs]
    if len(ids) == 1:
        rows = EntryRow.objects.filter(conversation=ids[0]).order_by("-seq")
        if before:  # entered there, and not walked to from its end
            at = EntryRow.objects.filter(conversation=ids[0], id=before).values("seq")[:1]
            rows = rows.filter(seq__lt=Coalesce(Subquery(at), MAX_ID))
        return _Part(rows, rows)
    if sum(size for _, size in logs) > READ_WHOLE:
        whole = _of_app(app)
        return _Part(whole.filter(conversation__in=ids), whole, is_sparse=True)
    # Not by the id alone: its index would be walked through the whole app.
    few = EntryRow.objects.filter(conversation__in=ids).order_by((F("id") + 0).desc())
    return _Part(few, None)


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
