"""The entry store inside the caller's transaction: every action that changes state; tests.

Publishing waits for the commit. Who tells connected clients is given by `publish_through` (the
store does not know chat.live, which reads from it).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction

from chat.domain.audience import Audience
from chat.domain.entries import Draft, Entry, EntryFlag, StaleRights, Stored
from chat.domain.events import Event, Fact, logged, to_entry_parts
from chat.domain.targets import Conversation
from chat.models import ConversationRow
from chat.store import sql
from chat.store.base import Completion
from chat.store.clock import now_ms
from chat.store.leases import ProcessIds
from chat.store.rows import lock_logs, store_batch
from chat.store.statements import OneByOne

Publisher = Callable[[Event, Audience], None]

process_ids = ProcessIds()
_publisher: Publisher | None = None


def publish_through(publisher: Publisher) -> None:
    """Say, once at start, who tells the connected clients."""
    global _publisher
    _publisher = publisher


def publish_on_commit(entry: Entry, audience: Audience) -> None:
    """Publish a stored entry after the running transaction; at once when there is none."""
    publish_event_on_commit(logged(entry), audience)


def publish_event_on_commit(event: Event, audience: Audience) -> None:
    """The same of what stands in no log."""
    if _publisher is None:
        return
    if connection.in_atomic_block:
        transaction.on_commit(partial(_publisher, event, audience))
    else:  # on_commit would open a connection to find that there is no transaction
        _publisher(event, audience)


def publish_now(entry: Entry, audience: Audience) -> None:
    """Publish what is committed. The writer's thread is never inside a transaction then, and
    asking Django whether it is costs more than all else here."""
    if _publisher is not None:
        _publisher(logged(entry), audience)


class DirectStore:
    """EntryStore without a thread: `then` is called before `append` returns, inside the
    transaction of the caller."""

    def append(self, draft: Draft, then: Completion) -> None:
        outcome: Stored | StaleRights | Exception
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                [outcome] = store_batch(OneByOne(cursor), [draft], process_ids, now_ms())
        except Exception as exc:  # noqa: BLE001 (handed to the caller)
            outcome = exc
        then(outcome)

    def flush(self, timeout_s: float) -> bool:
        return True

    def stop(self, timeout_s: float) -> None:
        """Nothing waits here."""

    def is_healthy(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact for a log, and who is told of it; see append_on_commit."""

    conversation: Conversation
    fact: Fact
    sender: str
    audience: Audience
    sender_id: int = 0
    sender_device: str = ""
    about: str = ""
    only: tuple[str, ...] = ()
    flags: int = EntryFlag.NONE
    raw: bytes | None = None

    def draft(self, app_id: int) -> Draft:
        kind, type_name, payload = to_entry_parts(self.fact)
        return Draft(
            app_id=app_id,
            conversation=self.conversation,
            kind=kind,
            type=type_name,
            sender=self.sender,
            payload=payload,
            sender_id=self.sender_id,
            sender_device=self.sender_device,
            about=self.about,
            only=self.only,
            flags=self.flags,
            raw=self.raw,
        )


def append_on_commit(
    app_id: int,
    conversation: Conversation,
    fact: Fact,
    *,
    sender: str,
    audience: Audience,
    sender_id: int = 0,
    sender_device: str = "",
    about: str = "",
    only: tuple[str, ...] = (),
    flags: int = EntryFlag.NONE,
    raw: bytes | None = None,
) -> Entry:
    """Store a fact in the running transaction and publish it after the commit.

    Call it inside `transaction.atomic`, after `lock_conversation` of the room or pair that the
    change is about. Several logs at once: append_all_on_commit locks them in an order that is the
    same for everybody.
    """
    telling = Telling(
        conversation, fact, sender, audience, sender_id, sender_device, about, only, flags, raw
    )
    return append_all_on_commit(app_id, [telling])[0]


def append_all_on_commit(app_id: int, tellings: Sequence[Telling]) -> list[Entry]:
    """Store facts of several logs in one go; as append_on_commit."""
    _demand_transaction()
    if not tellings:
        return []
    with connection.cursor() as cursor:
        outcomes = store_batch(
            OneByOne(cursor), [telling.draft(app_id) for telling in tellings], process_ids, now_ms()
        )
    entries = [outcome.entry for outcome in outcomes if isinstance(outcome, Stored)]
    for telling, entry in zip(tellings, entries, strict=True):
        publish_on_commit(entry, telling.audience)
    return entries


def lock_conversation(
    app_id: int, conversation: Conversation, *, bump_rights: bool = False
) -> ConversationRow:
    """Lock a log (made if missing) until the end of the running transaction.

    `bump_rights` is for changes of membership, role, mute, block and friendship: messages that
    were checked before the change are checked again.
    """
    _demand_transaction()
    key = (app_id, conversation.key)
    with connection.cursor() as cursor:
        asked = OneByOne(cursor)
        log = lock_logs(asked, {key: conversation})[key]
        if bump_rights:
            log.rights_epoch += 1
            sql.bump_rights(asked, [log.id])
    return ConversationRow.from_db(connection.alias, sql.CONVERSATION_COLUMNS, log.to_row())


def _demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("call it inside transaction.atomic")
