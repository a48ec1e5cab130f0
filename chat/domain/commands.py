"""Everything a client may ask. An Actor comes beside each; times are an argument of the action."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from accounts.domain.tokens import is_dynamic
from chat.domain.bodies import Body
from chat.domain.command_base import Command
from chat.domain.events import MessageOptions
from chat.domain.room_commands import (
    AddMembers,
    AllowMembers,
    AnswerInvitation,
    AnswerJoinRequest,
    BlockMembers,
    CreateRoom,
    DestroyRoom,
    DisableGroup,
    GetRoom,
    InviteMembers,
    JoinRoom,
    LeaveRoom,
    ListBlockedMembers,
    ListMembers,
    ListRooms,
    MuteAll,
    MuteMembers,
    RemoveMembers,
    SetAdmin,
    SetAnnouncement,
    SetSuperAdmin,
    TransferRoom,
    UnblockMembers,
    UnmuteMembers,
    UpdateRoom,
)
from chat.domain.targets import (
    Conversation,
    ConversationKind,
    Place,
    RoomTarget,
    Target,
    ToGroup,
    ToThread,
    ToUser,
)

__all__ = [
    "AddMembers",
    "AllowMembers",
    "AnswerInvitation",
    "AnswerJoinRequest",
    "BlockMembers",
    "Command",
    "CreateRoom",
    "DestroyRoom",
    "DisableGroup",
    "GetRoom",
    "InviteMembers",
    "JoinRoom",
    "LeaveRoom",
    "ListBlockedMembers",
    "ListMembers",
    "ListRooms",
    "MuteAll",
    "MuteMembers",
    "RemoveMembers",
    "RoomTarget",
    "SetAdmin",
    "SetAnnouncement",
    "SetSuperAdmin",
    "TransferRoom",
    "UnblockMembers",
    "UnmuteMembers",
    "UpdateRoom",
]

Json = dict[str, Any]
# Names of the console's own clients: they take nobody's place, and what they send is watched.
VIRTUAL_DEVICES = "console-"
# Those of a scenario's clients: real ones in all else, and what they send is watched too.
SCENARIO_DEVICES = "scenario-"
# The client ids of what the console sends as the app: the log says where a message came from.
CONSOLE_CLIENT_ID = "console-"


class ClientInfo(Struct, frozen=True):
    """What a client says of itself at log-in."""

    type: str = ""  # web, m, comet, android, ios, bot
    sdk: str = ""
    version: str = ""


class LogIn(Command, frozen=True):
    """Prove who is behind a connection: a user token, or username and password.

    `username` may be empty with a token on wires that do not send it. `device` empty: the
    server makes one. `note` is for the device that this one displaces.
    """

    appkey: str
    username: str = ""
    token: str = ""
    password: str = ""
    device: str = ""
    client: ClientInfo = ClientInfo()
    note: str = ""

    @property
    def signed_by(self) -> str:
        """token, dynamic (a token that a backend made) or password."""
        if not self.token:
            return "password"
        return "dynamic" if is_dynamic(self.token) else "token"


class CheckLogIn(LogIn, frozen=True):
    """Only the proof: for wires that answer it before they know the device. LogIn must follow."""


class SendMessage(Command, frozen=True):
    """Post one message. Idempotent per (sender, device, `client_id`): a retry carries the same one.

    `sender` is used only when the app itself sends (REST, console): who is shown. `copy_to_sender`
    gives the sender's own devices a copy too (a client's other devices always get one).
    """

    target: Target
    body: Body
    ext: Json | None = None
    client_id: str = ""
    online_only: bool = False
    only: tuple[str, ...] = ()
    options: MessageOptions = MessageOptions()
    sender: str = ""
    copy_to_sender: bool = False
    raw: bytes | None = None
    is_watched: bool = False  # keep when it came how far


class SendTyping(Command, frozen=True):
    target: Target


class MarkDelivered(Command, frozen=True):
    """This device has the conversation up to an entry id. `receipt`: tell the peer of a pair that
    its messages arrived (a transport's own acknowledgement tells nobody)."""

    place: Place
    up_to: int
    receipt: bool = False


class MarkReceived(Command, frozen=True):
    """This device has a log up to a seq: a transport's acknowledgement of what it was handed.
    Carried out at once and without a query; it tells nobody and has no answer."""

    conversation: Conversation
    seq: int


class MarkRead(Command, frozen=True):
    """`whole`: the user says so of the conversation, not of one message. `only`: of that one
    message, and those before it stay unread."""

    place: Place
    up_to: int
    whole: bool = False
    only: bool = False


class GiveReceipt(Command, frozen=True):
    """Tell the sender of one message in a pair that it arrived or was read, whatever was said of
    others; reading it reads what is above it.

    `in_groups`: it may stand in a group too. SDK 1.x writes to the author wherever that was, and
    its authors cannot ask to be told.
    """

    kind: Literal["delivered", "read"]
    username: str
    message_id: int
    in_groups: bool = False


class GiveGroupReceipt(Command, frozen=True):
    """Tell the author of a group message that one has read it. The author must have asked for it,
    unless `unasked`."""

    target: ToGroup | ToThread
    message_id: int
    content: str = ""
    unasked: bool = False


class RecallMessage(Command, frozen=True):
    """Take a message back. `target` is given by REST and must fit; `force` ignores the window."""

    message_id: int
    target: Target | None = None
    sender: str = ""  # who recalls, when the app acts
    force: bool = False
    info: str = ""
    copy_to_sender: bool = True


class EditMessage(Command, frozen=True):
    """Give a message new content of the same type. `merge_ext`: `ext` adds to what the message
    has, else it takes its place (None leaves it as it is). `sender`: who edits, when the app acts
    for somebody; empty is the app itself, which may edit any message."""

    message_id: int
    body: Body
    ext: Json | None = None
    merge_ext: bool = True
    target: Target | None = None
    sender: str = ""
    raw: bytes | None = None


class ImportMessage(Command, frozen=True):
    """Put a message of elsewhere in a pair's or group's history. `created_ms`: when it was sent,
    0 for now. `is_read`: its receiver has read it, and what was before it."""

    target: ToUser | ToGroup
    body: Body
    ext: Json | None = None
    sender: str = ""
    created_ms: int = 0
    is_read: bool = False


class Sync(Command, frozen=True):
    """Read what this device has not received: one conversation after an entry id, or, without
    one, all of them from this device's cursors (or the `after` of the last answer).

    What it missed is cut to the app's days and caps when it is read from the cursors. `again`: it
    is not, as this is what came while the connection read."""

    place: Place | None = None
    after: str = ""
    limit: int = 100
    again: bool = False


class ReadHistory(Command, frozen=True):
    """Page messages newest first. `before` 0 starts at the newest."""

    place: Place
    before: int = 0
    limit: int = 10


class ListConversations(Command, frozen=True):
    """`mark`: only those that the user has marked so."""

    after: str = ""
    limit: int = 50
    mark: str = ""


class ListRoster(Command, frozen=True):
    pass


class RequestContact(Command, frozen=True):
    """Ask to become friends. Somebody who asked us before is accepted by it."""

    username: str
    message: str = ""


class AddContact(Command, frozen=True):
    """Make two users friends at once (REST, console). `owner` is used when the app acts.

    `tells`: both hear of it at once; else they find it at their next look.
    """

    owner: str
    username: str
    tells: bool = True


class AnswerContact(Command, frozen=True):
    """`message`: what somebody who declines says."""

    username: str
    accept: bool
    message: str = ""


class RemoveContact(Command, frozen=True):
    """End a friendship on both sides, or withdraw a request. `owner`: as in AddContact."""

    username: str
    owner: str = ""


class SetRemark(Command, frozen=True):
    """What `owner` calls a friend. `owner`: as in AddContact."""

    username: str
    remark: str
    owner: str = ""


class BlockUsers(Command, frozen=True):
    usernames: tuple[str, ...]
    owner: str = ""


class ListBlocks(Command, frozen=True):
    pass


class SetBlocks(Command, frozen=True):
    """The actor's whole new block list; names of nobody are passed over."""

    usernames: tuple[str, ...]


class UnblockUser(Command, frozen=True):
    username: str
    owner: str = ""


class MuteUser(Command, frozen=True):
    """Keep a user from sending to all conversations of a kind: seconds by kind, -1 for ever,
    0 ends it; a kind that is missing stays as it is."""

    username: str
    seconds: Mapping[ConversationKind, int]


class HideMessages(Command, frozen=True):
    """Take messages out of one's own history: the named ones, or all up to a time (ms). `quietly`:
    the own devices are not told, and keep what they have."""

    place: Place
    message_ids: tuple[int, ...] = ()
    up_to_ms: int = 0
    quietly: bool = False


class SetPresence(Command, frozen=True):
    status: str
    ext: str = ""


class SubscribePresence(Command, frozen=True):
    usernames: tuple[str, ...]
    ttl_s: int


class UnsubscribePresence(Command, frozen=True):
    usernames: tuple[str, ...]
