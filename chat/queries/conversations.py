"""A user's conversation list, and what waits for them."""

# S608: the pieces that are put together are constants, never values.
# ruff: noqa: S608

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo, get_user, standing_of
from chat.domain.answers import ConversationItem, ConversationPage
from chat.domain.commands import ListConversations
from chat.domain.entries import Entry, EntryFlag, EntryKind, EntryState
from chat.domain.errors import IllegalArgument, NotMember
from chat.models import ConversationState, EntryRow
from chat.queries.log_views import LogView, reader_of, unseen_places, view_at, views_of
from chat.queries.offline import Missed, fallen, fits, limits_of
from chat.store.reading import entry_by_id
from chat.store.rows import entry_of
from chat.store.unread import Reader, ask_joined, ids_at, unread_of, with_unread

MAX_CONVERSATIONS = 200
MAX_COUNTED = 1000  # of what waits, where it is only counted
_ID = re.compile(r"[0-9]{1,19}")


def list_conversations(
    actor: Actor,
    command: ListConversations,
    *,
    reader: Reader | None = None,
    with_reads: bool = True,
    views: Sequence[LogView] | None = None,
) -> ConversationPage:
    """Pairs and groups with a message, the newest first, as many as the app lists; `next` is the
    last one's message id.

    `reader` and `views` (of `views_of`) are the actor's, when they are at hand. Without
    `with_reads` nothing says up to where they were read.

    Raises:
        IllegalArgument: `after` is none of ours.
    """
    if command.after and not _ID.fullmatch(command.after):
        raise IllegalArgument(detail="after is not the last answer's next")
    reader = reader or reader_of(actor)
    limit = max(1, min(command.limit, MAX_CONVERSATIONS))
    below = int(command.after) if command.after else None
    most = actor.app.settings.max_conversations
    if views is None:
        views = views_of(actor.app.id, reader, threads=False, latest=most)
    found = [view for view in views if _is_listed(view, reader)]
    found.sort(key=lambda view: view.row.last_message_id, reverse=True)
    found = found[:most]
    if command.mark:
        found = [view for view in found if command.mark in _marks(view)]
    if below is not None:
        found = [view for view in found if view.row.last_message_id < below]
    page = found[:limit]
    items = _items(page, reader, with_reads=with_reads)
    more = str(page[-1].row.last_message_id) if len(found) > limit else ""
    return ConversationPage(tuple(items), more)


def _items(views: list[LogView], reader: Reader, *, with_reads: bool) -> list[ConversationItem]:
    last_ids = [view.row.last_message_id for view in views]
    last = EntryRow.objects.in_bulk(last_ids)
    peers = _peers_read(views, reader) if with_reads else {}
    own = {view.row.pk: view.state.read_seq if view.state else 0 for view in views}
    ids = ids_at([*own.items(), *peers.items()]) if with_reads else {}
    items = []
    for view, unread in zip(views, unread_of(views, reader), strict=True):
        log_id, entry = view.row.pk, last.get(view.row.last_message_id)
        if entry is not None and view.state and entry.seq <= view.state.removed_at_seq:
            continue
        hidden = view.state.hidden_before_seq if view.state else 0
        visible = entry is not None and entry.seq > max(view.floor, hidden)
        items.append(
            ConversationItem(
                conversation=view.conversation,
                place=view.conversation.seen_by(reader.username),
                last_message=entry_of(entry, view.conversation) if visible and entry else None,
                unread=unread,
                read_up_to=ids.get((log_id, own[log_id]), 0),
                peer_read_up_to=ids.get((log_id, peers.get(log_id, 0)), 0),
                pinned=bool(view.state and view.state.pinned_at),
                updated_ms=entry.created_ms if entry else 0,
                pinned_ms=_pinned_ms(view),
                marks=_marks(view),
            )
        )
    return items


def _peers_read(views: list[LogView], reader: Reader) -> dict[int, int]:
    """Up to which seq the other one of each pair has read."""
    pairs = [view.row.pk for view in views if view.row.kind == "pair"]
    others = ConversationState.objects.filter(conversation__in=pairs)
    return dict(others.exclude(user_id=reader.user_id).values_list("conversation_id", "read_seq"))


def _pinned_ms(view: LogView) -> int:
    at = view.state.pinned_at if view.state else None
    return int(at.timestamp() * 1000) if at else 0


def _marks(view: LogView) -> tuple[str, ...]:
    return tuple(view.state.labels or ()) if view.state else ()


def unread_total(user_id: int) -> int:
    """Unread messages of all conversations in a user's list."""
    user = standing_of(user_id)
    if user is None:
        return 0
    reader = Reader(user_id, user.username, user.born_id)
    return unread_total_of(user.app_id, reader) if with_unread(user.app_id, [reader]) else 0


def unread_total_of(app_id: int, reader: Reader) -> int:
    listed = [v for v in views_of(app_id, reader, threads=False) if _is_listed(v, reader)]
    unread = [(v, n) for v, n in zip(listed, unread_of(listed, reader), strict=True) if n]
    gone = _removed([view for view, _ in unread])
    return sum(count for view, count in unread if view.row.pk not in gone)


def is_delivered(app: AppRef, username: str, message_id: int) -> bool:
    """Whether a device of the user got a message; also for one that does not wait for them.

    Raises:
        UserNotFound.
    """
    user = get_user(app, username)
    entry = entry_by_id(app.id, message_id)
    never = EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY
    if entry is None or entry.kind is not EntryKind.MESSAGE or entry.flags & never:
        return True
    if entry.sender == user.username or not entry.may_see(user.username):
        return True
    if entry.conversation.kind == "pair" and user.username not in entry.conversation.names:
        return True
    actor = Actor(app, user.username, user.id)
    try:
        view = view_at(actor, entry.conversation.seen_by(user.username), reader_of(actor))
    except NotMember:
        return True
    if view is None or not view.floor < entry.seq <= view.last_seq:
        return True
    if view.state and view.state.delivered_seq >= entry.seq:
        return True
    return message_id not in waiting_ids(app, user)


def offline_count(app: AppRef, username: str) -> int:
    """Messages that no device of the user has received yet. Raises UserNotFound."""
    user = get_user(app, username)
    reader = Reader(user.id, user.username, user.born_id)
    return sum(count for [count] in _undelivered(app, reader, "SELECT count(*)"))


def waiting_ids(app: AppRef, user: UserInfo) -> list[int]:
    """The entries that `offline_count` counts, the oldest first."""
    reader = Reader(user.id, user.username, user.born_id)
    return sorted(entry_id for [entry_id] in _undelivered(app, reader, "SELECT e.id"))


@dataclass(frozen=True, slots=True)
class Queue:
    """Part of what waits for a user, and how many messages do in all: `pairs` of them one-to-one,
    `room` in the group or thread where the most do."""

    entries: tuple[Entry, ...]
    total: int
    pairs: int
    room: int


def waiting_messages(
    app: AppRef,
    reader: Reader,
    views: Sequence[LogView] | None = None,
    limit: int = 200,
    *,
    offset: int = 0,
) -> Queue:
    """What `offline_count` counts, the oldest first, as far as the user may see it, without the
    first `offset`. `views`: all of `views_of`, when they are at hand."""
    places = _unseen(app, reader, views)
    kinds = {place.log_id: place.kind for place in places}
    waiting = sorted(_undelivered(app, reader, "SELECT e.id, w.log", views, places=places))
    of_log = Counter(log_id for _, log_id in waiting)
    pairs = sum(n for log_id, n in of_log.items() if kinds[log_id] == "pair")
    room = max((n for log_id, n in of_log.items() if kinds[log_id] != "pair"), default=0)
    ids = [entry_id for entry_id, _ in waiting[offset : offset + limit]]
    rows = EntryRow.objects.filter(pk__in=ids).select_related("conversation")
    found = (entry_of(row) for row in rows.order_by("id"))
    shown = tuple(entry for entry in found if entry.may_see(reader.username))
    return Queue(shown, len(waiting), pairs, room)


@dataclass(frozen=True, slots=True)
class UserCounts:
    """How many messages wait for a user (MAX_COUNTED: so many or more; None: perhaps more than the
    caps, so that some have fallen out), and how many conversations are in the list."""

    waiting: int | None
    conversations: int


def _is_listed(view: LogView, reader: Reader) -> bool:
    return view.row.last_message_id > reader.born_id and view.conversation.kind != "thread"


def _removed(views: Sequence[LogView]) -> set[int]:
    """The rows of the logs that were taken off the list, and that nothing has put there again."""
    removed = {
        view.row.pk: (view.row.last_message_id, view.state.removed_at_seq)
        for view in views
        if view.state and view.state.removed_at_seq
    }
    last_ids = [last_id for last_id, _ in removed.values()]
    found = EntryRow.objects.filter(id__in=last_ids) if removed else EntryRow.objects.none()
    seqs = dict(found.values_list("id", "seq"))
    return {pk for pk, (last_id, upto) in removed.items() if seqs.get(last_id, upto + 1) <= upto}


def counts_of(
    app: AppRef, reader: Reader, views: Sequence[LogView], *, waiting: int | None = None
) -> UserCounts:
    """`views`: all of `views_of`. `waiting`: how many wait, when that is at hand."""
    listed = [view for view in views if _is_listed(view, reader)]
    places = _unseen(app, reader, views)
    if waiting is None and fits(limits_of(app), places):
        found = _undelivered(app, reader, "SELECT 1", places=places, most=MAX_COUNTED)
        waiting = len(found)
    shown = len(listed) - len(_removed(listed))
    if waiting is not None:
        waiting = min(waiting, MAX_COUNTED)
    return UserCounts(waiting, min(shown, app.settings.max_conversations))


def _unseen(app: AppRef, reader: Reader, views: Sequence[LogView] | None) -> list[Missed]:
    """As `unseen_places`."""
    if views is None:
        return unseen_places(app.id, reader)
    missed = [
        Missed(
            view.row.pk,
            view.row.kind,
            max(view.floor, view.state.delivered_seq if view.state else 0),
            view.last_seq,
        )
        for view in views
    ]
    return [one for one in missed if one.count]


def _undelivered(
    app: AppRef,
    reader: Reader,
    select: str,
    views: Sequence[LogView] | None = None,
    *,
    places: Sequence[Missed] | None = None,
    most: int = 0,
) -> list[tuple[Any, ...]]:
    """Ask for messages of others after the delivered cursors, as entries e, of all logs at once;
    neither what the user took out waits, nor what is outside the app's days and caps. `places`:
    those of `_unseen`, when they are at hand."""
    places = _unseen(app, reader, views) if places is None else places
    limits = limits_of(app)
    gone = fallen(limits, reader, places)
    never = int(EntryFlag.ONLINE_ONLY | EntryFlag.HISTORY_ONLY)
    return ask_joined(
        "(log, start, last)",
        [(one.log_id, max(one.start, gone.get(one.log_id, 0)), one.end) for one in places],
        f"{select} FROM w CROSS JOIN chat_entryrow e WHERE e.conversation_id = w.log"
        f" AND e.seq > w.start AND e.seq <= w.last AND e.kind = {int(EntryKind.MESSAGE)}"
        f" AND (e.flags & {never}) = 0 AND e.state <> {int(EntryState.RECALLED)}"
        f" AND e.id > %s AND e.sender <> %s AND NOT EXISTS (SELECT 1 FROM chat_hiddenentry h"
        f" WHERE h.user_id = %s AND h.entry_id = e.id)" + (f" LIMIT {most}" if most else ""),
        [max(reader.born_id, limits.oldest_id), reader.username, reader.user_id],
    )
