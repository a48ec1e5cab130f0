"""What queries and commands answer: plain data that every exit can encode."""

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from chat.domain.affiliations import Affiliation
from chat.domain.entries import Entry
from chat.domain.targets import Conversation, Place, RoomKind

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The accepted log-in. `device` is what the client must send again on reconnect."""

    username: str
    user_id: int
    device: str
    server_time_ms: int
    unread: int
    token_expires_ms: int = 0  # 0: logged in by password, or a token without end


class Sent(Struct, frozen=True):
    """A stored message: what the sender is told."""

    message_id: int
    created_ms: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    unread: int


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Message entries newest first. `end`: nothing older. `total` counts what may be read."""

    entries: tuple[Entry, ...]
    end: bool
    total: int


@dataclass(frozen=True, slots=True)
class SyncPage:
    """Entries oldest first in each conversation. `next` continues; `more`: ask again."""

    entries: tuple[Entry, ...]
    next: str
    more: bool


@dataclass(frozen=True, slots=True)
class ConversationItem:
    """One line of a user's conversation list."""

    conversation: Conversation
    place: Place
    last_message: Entry | None
    unread: int
    read_up_to: int  # entry ids; 0: nothing read
    peer_read_up_to: int
    pinned: bool
    updated_ms: int
    pinned_ms: int = 0
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationPage:
    items: tuple[ConversationItem, ...]
    next: str  # empty at the end


@dataclass(frozen=True, slots=True)
class RosterItem:
    """`state` is friends, pending_in (they asked) or pending_out (we asked). `user_id` and
    `nickname` are the contact's."""

    username: str
    state: str
    remark: str = ""
    message: str = ""
    since_ms: int = 0
    user_id: int = field(default=0, compare=False)
    nickname: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PresenceInfo:
    """`devices` maps each connected device to its status. `expires_ms`: of the asker's
    subscription, 0 without one. `last_seen_ms` 0: never."""

    username: str
    online: bool
    status: str = ""
    ext: str = ""
    devices: dict[str, str] = field(default_factory=dict)
    last_seen_ms: int = 0
    expires_ms: int = 0


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """A group or chatroom. `my_rank` is the asker's; NONE for the app."""

    kind: RoomKind
    room_id: str
    row_id: int
    name: str
    description: str
    owner: str
    public: bool
    members_only: bool
    allow_invites: bool
    invite_need_confirm: bool
    max_members: int
    member_count: int
    muted_all: bool
    disabled: bool
    custom: str
    avatar: str
    announcement: str
    created_ms: int
    modified_ms: int
    my_rank: Affiliation = Affiliation.NONE
    announced_by: str = ""
    announced_ms: int = 0  # 0: never


@dataclass(frozen=True, slots=True)
class RoomPage:
    """`last` is where a later page goes on: after the last item, also when there is none yet."""

    items: tuple[RoomInfo, ...]
    next: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class ThreadInfo:
    """`owner` made it; empty when that user is deleted."""

    thread_id: str
    row_id: int
    name: str
    owner: str
    group_id: str
    message_id: int
    created_ms: int
    member_count: int


@dataclass(frozen=True, slots=True)
class ThreadPage:
    items: tuple[ThreadInfo, ...]
    next: str


@dataclass(frozen=True, slots=True)
class ThreadOverview:
    """What history says of the thread below a message: `last` is None in an empty one."""

    thread: ThreadInfo
    messages: int
    last: Entry | None


@dataclass(frozen=True, slots=True)
class MemberInfo:
    username: str
    affiliation: Affiliation
    joined_ms: int
    muted_until_ms: int = 0  # 0: not muted
    allow_listed: bool = False
    nickname: str = ""


@dataclass(frozen=True, slots=True)
class MemberPage:
    """`last` as of a RoomPage."""

    items: tuple[MemberInfo, ...]
    next: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class MemberOutcome:
    """One name of a batch: done, or why not (`reason` is the vendor's sentence)."""

    username: str
    done: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MuteInfo:
    username: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A join or invitation: at once, or waiting for an answer."""

    pending: bool
    room: RoomInfo | None = None


@dataclass(frozen=True, slots=True)
class StoredFileInfo:
    uuid: str
    share_secret: str
    filename: str
    content_type: str
    size: int
    created_ms: int
    width: int = 0
    height: int = 0
    extra: Json = field(default_factory=dict)
