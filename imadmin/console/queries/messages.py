"""Messages as the console's lists and pages show them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from accounts.domain.actor import AppRef
from chat.domain.answers import ConversationItem
from chat.domain.commands import RoomTarget
from chat.domain.entries import Entry, EntryState
from chat.domain.events import MessagePosted, fact_of
from chat.domain.targets import ToUser, kind_and_id
from chat.queries.message_log import MessageFilter, find_messages, source_of
from imadmin.console.queries.delivery import Reach, reaches_of

SNIPPET = 80
_FILE_PATH = re.compile(
    r"/(?P<app>[^/]+/[^/]+)/chatfiles/(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/?"
)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """`chat` is user, group, chatroom or thread; `to` the recipient's name or the room's id."""

    id: str
    created_ms: int
    sender: str
    chat: str
    to: str
    type: str
    snippet: str
    is_recalled: bool
    is_edited: bool = False
    source: str = ""  # console, scenario, client, rest
    reach: Reach | None = None


def rows_of(app: AppRef, entries: Sequence[Entry], *, with_body: bool) -> list[MessageRow]:
    """A list's rows, with how far each message came."""
    reached = reaches_of(app, entries)
    return [row_of(entry, with_body=with_body, reach=reached.get(entry.id)) for entry in entries]


def row_of(entry: Entry, *, with_body: bool, reach: Reach | None = None) -> MessageRow:
    fact = fact_of(entry)
    assert isinstance(fact, MessagePosted)
    place = entry.conversation
    is_pair = place.kind == "pair"
    return MessageRow(
        id=str(entry.id),
        created_ms=entry.created_ms,
        sender=entry.sender,
        chat="user" if is_pair else place.kind,
        to=place.other_than(entry.sender) if is_pair else place.room_id,
        type=entry.type,
        snippet=fact.body.summary[:SNIPPET] if with_body else "",
        is_recalled=entry.state is EntryState.RECALLED,
        is_edited=entry.state is EntryState.EDITED,
        source=source_of(entry.sender_device, entry.client_id),
        reach=reach,
    )


def size_of(entry: Entry) -> int:
    """Bytes of a message's payload as JSON."""
    return len(json.dumps(entry.payload, ensure_ascii=False, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """`chat` is user or group, `name` the peer or the group's id; `last_id` is 0 without one."""

    chat: str
    name: str
    last_id: int
    last_from: str
    snippet: str
    updated_ms: int
    unread: int
    is_pinned: bool

    @property
    def line(self) -> str:
        """As ConversationForm takes it from a row's button."""
        return f"{self.chat}:{self.name}:{self.last_id}"


def conversation_row(item: ConversationItem, *, with_body: bool) -> ConversationLine:
    last, place = item.last_message, item.place
    name = place.username if isinstance(place, ToUser) else item.conversation.room_id
    return ConversationLine(
        chat="user" if isinstance(place, ToUser) else item.conversation.kind,
        name=name,
        last_id=last.id if last else 0,
        last_from=last.sender if last else "",
        snippet=row_of(last, with_body=with_body).snippet if last else "",
        updated_ms=item.updated_ms,
        unread=item.unread,
        is_pinned=item.pinned,
    )


def messages_in(
    app: AppRef, target: RoomTarget, *, before: int, limit: int, with_body: bool
) -> tuple[list[MessageRow], int]:
    """One room's messages, newest first, and the next `before`."""
    _, room_id = kind_and_id(target)
    found = find_messages(app, MessageFilter(room_id=room_id), before=before, limit=limit)
    return rows_of(app, found.entries, with_body=with_body), found.more


def file_uuid(app: AppRef, url: Any) -> str:
    """The stored file that an address names, if it is one of this app; the host may be another."""
    if not isinstance(url, str):
        return ""
    try:
        match = _FILE_PATH.fullmatch(urlsplit(url).path)
    except ValueError:
        return ""
    if match is None or match["app"].lower() != app.appkey.key.replace("#", "/"):
        return ""
    return match["uuid"].lower()
