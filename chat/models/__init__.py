"""Tables of chat. Only queries, actions, store, live and webhooks use them."""

from chat.models.conversations import (
    ConversationState,
    DeviceCursor,
    GroupReceipt,
    HiddenEntry,
    PresenceSubscription,
)
from chat.models.entries import (
    ConversationRow,
    EntryRow,
    ImportedEntry,
    ProcessLease,
    SweepLease,
)
from chat.models.faults import LogInRefusal
from chat.models.files import SharedFile, StoredFile
from chat.models.observed import Attempt, DeliveryMoment, EndedConnection, MinuteCount
from chat.models.pins import PinnedMessage
from chat.models.reactions import Reaction, ReactionHolder
from chat.models.rooms import (
    Room,
    RoomAttribute,
    RoomBlock,
    RoomMember,
    RoomMute,
    RoomRequest,
    SuperAdmin,
)
from chat.models.roster import BlockEntry, RosterEntry
from chat.models.user_mutes import UserMute
from chat.models.watching import WatchedUser
from chat.models.webhooks import WebhookCursor, WebhookDelivery, WebhookRule

__all__ = [
    "Attempt",
    "BlockEntry",
    "ConversationRow",
    "ConversationState",
    "DeliveryMoment",
    "DeviceCursor",
    "EndedConnection",
    "EntryRow",
    "GroupReceipt",
    "HiddenEntry",
    "ImportedEntry",
    "LogInRefusal",
    "MinuteCount",
    "PinnedMessage",
    "PresenceSubscription",
    "ProcessLease",
    "Reaction",
    "ReactionHolder",
    "Room",
    "RoomAttribute",
    "RoomBlock",
    "RoomMember",
    "RoomMute",
    "RoomRequest",
    "RosterEntry",
    "SharedFile",
    "StoredFile",
    "SuperAdmin",
    "SweepLease",
    "UserMute",
    "WatchedUser",
    "WebhookCursor",
    "WebhookDelivery",
    "WebhookRule",
]
