"""Drafts into rows: what both stores do inside a transaction, and rows back into entries.

Order of a batch: lock the logs → find repeats → compare epochs → seqs and ids → insert → move the
logs. The caller commits; statements in a transaction of their own send COMMIT with the last.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from chat.domain.entries import (
    Draft,
    Entry,
    EntryFlag,
    EntryKind,
    EntryState,
    StaleRights,
    Stored,
)
from chat.domain.ids import EPOCH_MS, TIME_SHIFT
from chat.domain.targets import Conversation, ConversationKind
from chat.models import ConversationRow, EntryRow
from chat.store import sql, sql_states
from chat.store.leases import ProcessIds
from chat.store.statements import Row, Rows, Statements

DAY_MS = 86_400_000
ROOMS = frozenset({"group", "chatroom", "thread"})
# Client ids that the writer makes for drafts without one; entry_of() hides them again.
_MADE_PREFIX = "~srv:"

LogKey = tuple[int, str]
Outcome = Stored | StaleRights


@dataclass(slots=True)
class Log:
    """A locked conversation row while a batch moves it."""

    id: int
    app_id: int
    conversation: Conversation
    last_seq: int
    last_id: int
    last_message_id: int
    count_a: int
    count_b: int
    rights_epoch: int
    gone_seq: int
    gone_a: int
    gone_b: int
    moved: bool = False

    @classmethod
    def from_row(cls, row: Row) -> "Log":
        """`row` has CONVERSATION_COLUMNS."""
        (pk, app_id, _key, kind, name_a, name_b, room_id, row_id, *numbers) = row
        conversation = Conversation(kind, (name_a, name_b), room_id, row_id)
        return cls(pk, app_id, conversation, *numbers)

    def to_row(self) -> Row:
        talk = self.conversation
        return (
            *(self.id, self.app_id, talk.key, talk.kind, *talk.names, talk.room_id, talk.row_id),
            *(self.last_seq, self.last_id, self.last_message_id, self.count_a, self.count_b),
            *(self.rights_epoch, self.gone_seq, self.gone_a, self.gone_b),
        )


def with_client_ids(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts; those without a client id get one that nobody else makes."""
    # Random once: after each of the system's numbers a thread waits to get the interpreter back.
    ours = f"{_MADE_PREFIX}{secrets.token_hex(12)}"
    return [
        draft if draft.client_id else replace(draft, client_id=f"{ours}{number}")
        for number, draft in enumerate(drafts)
    ]


def keys_of(drafts: Iterable[Draft]) -> list[LogKey]:
    """The logs of drafts, in their order."""
    return [(draft.app_id, draft.conversation.key) for draft in drafts]


def id_at(ms: int) -> int:
    """A number below every id made at or after `ms`."""
    return max(0, ms - EPOCH_MS) << TIME_SHIFT


def conversation_of(row: ConversationRow) -> Conversation:
    kind: ConversationKind = row.kind  # type: ignore[assignment]  # the column's five values
    return Conversation(kind, (row.name_a, row.name_b), row.room_id, row.row_id)


def entry_of(row: EntryRow, conversation: Conversation | None = None) -> Entry:
    """An entry from its row. Without `conversation` the row's relation is read (select_related)."""
    return Entry(
        id=row.id,
        app_id=row.app_id,
        conversation=conversation or conversation_of(row.conversation),
        seq=row.seq,
        kind=EntryKind(row.kind),
        type=row.type,
        sender=row.sender,
        payload=msgspec.json.decode(row.payload),
        created_ms=row.created_ms,
        sender_device=row.sender_device,
        client_id=shown(row.client_id),
        about=row.about,
        only=tuple(row.only or ()),
        flags=row.flags,
        raw=None if row.raw is None else bytes(row.raw),
        state=EntryState(row.state),
        seen_a=row.seen_a,
        seen_b=row.seen_b,
    )


def ensure_logs(asked: Statements, wanted: Iterable[tuple[int, Conversation]]) -> None:
    """Make the rows of conversations that have none, in key order.

    On PostgreSQL it belongs outside the batch's transaction: whoever makes the same row waits for
    the inserter's commit, and that must not hold other locks.
    """
    rows = sorted(
        {
            (app_id, talk.key, talk.kind, *talk.names, talk.room_id, talk.row_id)
            for app_id, talk in wanted
        }
    )
    sql.make_conversations(asked, rows)


def lock_logs(asked: Statements, wanted: dict[LogKey, Conversation]) -> dict[LogKey, Log]:
    """The logs, locked in id order and made if need be."""
    found = _logs(sql.lock_conversations(asked, sorted(wanted)))
    if len(found) < len(wanted):
        found |= _made_logs(asked, wanted, found)
    return found


def _made_logs(
    asked: Statements, wanted: dict[LogKey, Conversation], found: Collection[LogKey]
) -> dict[LogKey, Log]:
    missing = sorted(key for key in wanted if key not in found)
    ensure_logs(asked, [(key[0], wanted[key]) for key in missing])
    return _logs(sql.lock_conversations(asked, missing))


def _logs(locked: Rows) -> dict[LogKey, Log]:
    return {(row[1], row[2]): Log.from_row(row) for row in locked()}


def store_batch(
    asked: Statements,
    drafts: Sequence[Draft],
    ids: ProcessIds,
    now: int,
    *,
    tried_since: int | None = None,
    locked_logs: Callable[[dict[LogKey, Log]], None] | None = None,
) -> list[Outcome]:
    """Store drafts inside the caller's transaction; one outcome each, in order. Nothing may follow
    it there where the transaction is that of `asked`.

    `tried_since`: an earlier commit of the same drafts, begun at that ms, has an unknown outcome.
    Client ids that the writer made are looked up as well, and what is found from then on was
    stored by that commit: nobody was told of it yet, so it is no duplicate.
    `locked_logs` is shown the logs before they are moved.
    """
    keys = keys_of(drafts)
    wanted = {key: draft.conversation for key, draft in zip(keys, drafts, strict=True)}
    with asked.together():
        locked = sql.lock_conversations(asked, sorted(wanted))
        held = ids.ask(asked)
        # After the lock, in a statement of its own: it sees what others committed meanwhile.
        sent = _ask_sent_before(asked, drafts, keys, now, made_too=tried_since is not None)
    logs = _logs(locked)
    if len(logs) < len(wanted):
        logs |= _made_logs(asked, wanted, logs)
        # Another process may have made them, and stored there what was not to be seen before.
        sent = _ask_sent_before(asked, drafts, keys, now, made_too=tried_since is not None)
    ids.hold(asked.cursor, now, held)
    if locked_logs is not None:
        locked_logs(logs)
    places = [logs[key] for key in keys]
    placed = place(drafts, places, _sent_before(sent, places, tried_since), ids, now)
    if placed.rows:
        with asked.together(last=True):
            sql.insert_entries(asked, placed.rows)
            _move(asked, logs.values())
            if placed.counts:
                sql_states.count_own_messages(asked, placed.counts)
    return placed.outcomes


@dataclass(slots=True)
class Placed:
    """What becomes of drafts: the rows of those that are new, and (conversation id, count, user id)
    of the senders' own messages in rooms."""

    outcomes: list[Outcome]
    rows: list[Row]
    counts: list[Row]


def place(
    drafts: Sequence[Draft],
    places: Sequence[Log],
    outcomes: dict[int, Outcome],
    ids: ProcessIds,
    now: int,
) -> Placed:
    """Give drafts their places in their logs, which move on by them; `outcomes` has those that are
    known already, by their number."""
    first: dict[tuple[int, int, str, str, str], int] = {}  # repeats inside the batch
    rows: list[Row] = []
    counts: dict[tuple[int, int], int] = {}
    for number, (draft, log) in enumerate(zip(drafts, places, strict=True)):
        if number in outcomes:
            continue
        if draft.client_id:
            repeat = (log.id, draft.sender_id, draft.sender, draft.sender_device, draft.client_id)
            if (earlier := first.setdefault(repeat, number)) != number:
                outcomes[number] = _repeated(outcomes[earlier])
                continue
        if draft.rights_epoch is not None and draft.rights_epoch != log.rights_epoch:
            outcomes[number] = StaleRights(log.rights_epoch)
            continue
        entry = _entry_from(draft, log, ids, now)
        outcomes[number] = Stored(_with_client_id_shown(entry))
        rows.append(_row_of(entry, log.id))
        if draft.sender_id and log.conversation.kind in ROOMS and draft.flags & EntryFlag.COUNTS:
            key = (log.id, draft.sender_id)
            counts[key] = counts.get(key, 0) + 1
    return Placed(
        [outcomes[number] for number in range(len(drafts))],
        rows,
        [(log_id, count, user) for (log_id, user), count in counts.items()],
    )


def find_stored(
    asked: Statements, drafts: Sequence[Draft], now: int, since_ms: int
) -> dict[int, Stored]:
    """Which of the drafts are in their logs since then, by their number. The others will not be:
    a statement that is still on its way was made for another epoch of the rights."""
    keys = keys_of(drafts)
    logs = _logs(sql.lock_conversations(asked, sorted(set(keys))))
    places = [logs.get(key) for key in keys]
    sent = _ask_sent_before(asked, drafts, keys, now, made_too=True)
    found = _sent_before(sent, places, since_ms)
    missed = {log.id for number, log in enumerate(places) if log and number not in found}
    if missed:
        sql.bump_rights(asked, missed)
    return {
        number: outcome
        for number, outcome in found.items()
        if isinstance(outcome, Stored) and not outcome.duplicate
    }


def _repeated(outcome: Outcome) -> Outcome:
    return Stored(outcome.entry, duplicate=True) if isinstance(outcome, Stored) else outcome


def _ask_sent_before(
    asked: Statements, drafts: Sequence[Draft], keys: Sequence[LogKey], now: int, *, made_too: bool
) -> Rows:
    """Entries with the (sender, device, client id) of a draft that are in its log since a day; not
    what an earlier user of the sender's name sent. `made_too`: also of ids that the writer made."""
    wanted = [
        (number, *key, draft.sender_id, draft.sender, draft.sender_device, draft.client_id)
        for number, (draft, key) in enumerate(zip(drafts, keys, strict=True))
        if draft.client_id and (made_too or shown(draft.client_id))
    ]
    return sql.find_sent_before(asked, wanted, id_at(now - DAY_MS)) if wanted else list


def _sent_before(
    sent: Rows, places: Sequence[Log | None], tried_since: int | None
) -> dict[int, Outcome]:
    """What became of those drafts, by their number."""
    found: dict[int, Outcome] = {}
    for number, *columns in sent():
        if (log := places[number]) is None:
            continue  # made since it was looked for
        entry = entry_from_columns(columns, log.conversation)
        ours = tried_since is not None and entry.id >= id_at(tried_since)
        found[number] = Stored(entry, duplicate=not ours)
    return found


def entry_from_columns(columns: Sequence[Any], conversation: Conversation) -> Entry:
    """An entry from its ENTRY_COLUMNS, as the driver gives them."""
    row = dict(zip(sql.ENTRY_COLUMNS, columns, strict=True))
    if isinstance(row["only"], str):
        row["only"] = msgspec.json.decode(row["only"])
    return entry_of(EntryRow(**row), conversation)


def _entry_from(draft: Draft, log: Log, ids: ProcessIds, now: int) -> Entry:
    """Give a draft its place in the log, which moves on by it."""
    log.moved = True
    log.last_seq += 1
    log.last_id = ids.next_id(now, above=log.last_id)
    if draft.flags & EntryFlag.COUNTS:
        if not draft.flags & EntryFlag.UNLISTED:
            log.last_message_id = log.last_id
        if log.conversation.kind == "pair" and draft.sender != log.conversation.names[0]:
            log.count_b += 1
        else:
            log.count_a += 1
    return Entry(
        id=log.last_id,
        app_id=draft.app_id,
        conversation=log.conversation,
        seq=log.last_seq,
        kind=draft.kind,
        type=draft.type,
        sender=draft.sender,
        payload=draft.payload,
        created_ms=draft.created_ms or now,
        sender_device=draft.sender_device,
        client_id=draft.client_id,
        about=draft.about,
        only=draft.only,
        flags=draft.flags,
        raw=draft.raw,
        seen_a=log.count_a,
        seen_b=log.count_b,
    )


def _row_of(entry: Entry, conversation_id: int) -> Row:
    return (
        *(entry.id, entry.app_id, conversation_id, entry.seq, int(entry.kind), entry.type),
        *(entry.sender, entry.sender_device, entry.client_id, entry.about),
        msgspec.json.encode(entry.only).decode() if entry.only else None,
        msgspec.json.encode(entry.payload).decode(),
        *(entry.raw, entry.flags, int(entry.state), entry.created_ms),
        *(entry.seen_a, entry.seen_b),
    )


def shown(client_id: str) -> str:
    """A client's id; nothing instead of one that the writer made."""
    return "" if client_id.startswith(_MADE_PREFIX) else client_id


def _with_client_id_shown(entry: Entry) -> Entry:
    client_id = shown(entry.client_id)
    return entry if client_id == entry.client_id else replace(entry, client_id=client_id)


def _move(asked: Statements, logs: Iterable[Log]) -> None:
    sql.move_conversations(
        asked,
        [
            (g.last_seq, g.last_id, g.last_message_id, g.count_a, g.count_b, g.id)
            for g in logs
            if g.moved
        ],
    )
