"""Which rule wants which fact: selectors and filters, pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chat.domain.entries import Entry, EntryFlag, EntryKind
from chat.domain.events import GROUP_READ, RoomChange, RosterChange

MESSAGE_KINDS = ("txt", "img", "audio", "loc", "video", "file", "cmd", "custom", "unknown")
FAMILIES = (
    *("chat", "groupchat", "chatroom", "recall", "read_ack", "delivery_ack", "edit"),
    *("muc", "roster", "notify", "userStatus"),
)
USER_STATUS = ("login", "logout", "replaced")
ROSTER_OPERATIONS = ("add", "remove", "accept", "decline", "ban", "allow")

# The vendor's operation names (rest.md 3.13.3; "assing_owner" is theirs).
MUC_OPERATIONS: dict[RoomChange, str] = {
    RoomChange.CREATED: "create",
    RoomChange.DESTROYED: "destroy",
    RoomChange.INVITED: "invite",
    RoomChange.INVITE_DECLINED: "invite_decline",
    RoomChange.REQUESTED: "apply",
    RoomChange.MEMBERS_ADDED: "direct_joined",
    RoomChange.MEMBER_JOINED: "presence",
    RoomChange.MEMBER_LEFT: "leave",
    RoomChange.MEMBERS_REMOVED: "kick",
    RoomChange.MEMBERS_BLOCKED: "ban",
    RoomChange.MEMBERS_UNBLOCKED: "allow",
    RoomChange.ADMIN_ADDED: "add_admin",
    RoomChange.ADMIN_REMOVED: "remove_admin",
    RoomChange.OWNER_CHANGED: "assing_owner",
    RoomChange.MUTED: "add_mute",
    RoomChange.UNMUTED: "remove_mute",
    RoomChange.MUTED_ALL: "ban_group",
    RoomChange.UNMUTED_ALL: "remove_ban_group",
    RoomChange.ALLOWED: "add_user_white_list",
    RoomChange.DISALLOWED: "remove_user_white_list",
    RoomChange.ANNOUNCED: "update_announcement",
    RoomChange.UPDATED: "update",
    RoomChange.DISABLED: "block",
    RoomChange.ENABLED: "unblock",
    RoomChange.ATTRIBUTES_SET: "set_metadata",
    RoomChange.ATTRIBUTES_REMOVED: "delete_metadata",
    RoomChange.MEMBER_ATTRIBUTES: "group_member_metadata_update",
    RoomChange.FILE_SHARED: "upload_file",
    RoomChange.FILE_REMOVED: "delete_file",
}
ROSTER_NAMES: dict[RosterChange, str] = {
    RosterChange.REQUEST: "add",
    RosterChange.ADDED: "accept",
    RosterChange.DECLINED: "decline",
    RosterChange.REMOVED: "remove",
    RosterChange.BLOCKED: "ban",
    RosterChange.UNBLOCKED: "allow",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A webhook rule as the matcher sees it; `secret` is in clear, for this process only."""

    id: int
    app_id: int
    name: str
    kind: str
    url: str
    secret: str = field(repr=False)
    selectors: frozenset[str]
    include_rest: bool = True
    wait_ms: int = 200
    pass_by_default: bool = True
    report_to_sender: bool = True
    from_names: frozenset[str] = frozenset()
    to_names: frozenset[str] = frozenset()
    room_ids: frozenset[str] = frozenset()
    ext_keys: frozenset[str] = frozenset()


def is_selector(text: str) -> bool:
    """Whether a rule may name it: a family, or a family and one of its kinds."""
    family, colon, kind = text.partition(":")
    if family not in FAMILIES:
        return False
    if not colon:
        return True
    known: Iterable[str] = ()
    if family in {"chat", "groupchat", "chatroom"}:
        known = MESSAGE_KINDS
    elif family == "muc":
        known = MUC_OPERATIONS.values()
    elif family == "roster":
        known = ROSTER_OPERATIONS
    elif family == "userStatus":
        known = USER_STATUS
    return kind in known


def selector_of(entry: Entry) -> str:
    """The most exact selector of an entry, "" for what no rule can name."""
    match entry.kind:
        case EntryKind.MESSAGE:
            return _message_selector(entry)
        case EntryKind.RECALL:
            return "recall"
        case EntryKind.RECEIPT:
            return "read_ack" if entry.type in {"read", GROUP_READ} else "delivery_ack"
        case EntryKind.EDIT:
            return "edit"
        case EntryKind.ROOM if entry.conversation.kind == "thread":
            return ""  # coming and going in a thread has no operation name
        case EntryKind.ROOM:
            operation = MUC_OPERATIONS.get(RoomChange(entry.type))
            return f"muc:{operation}" if operation else ""
        case EntryKind.ROSTER:
            return f"roster:{ROSTER_NAMES[RosterChange(entry.type)]}"
        case EntryKind.REACTION | EntryKind.THREAD:
            return "notify"
        case EntryKind.OWN | EntryKind.PIN:
            return ""


def _message_selector(entry: Entry) -> str:
    family = {"pair": "chat", "group": "groupchat", "chatroom": "chatroom", "thread": "groupchat"}
    kind = entry.type if entry.type in MESSAGE_KINDS else "unknown"
    return f"{family.get(entry.conversation.kind, 'chat')}:{kind}"


def wants(rule: Rule, selector: str, entry: Entry, *, by_rest: bool) -> bool:
    """Whether a rule is to hear of an entry.

    From + To means one-to-one only, From + room that person in that room, all three nothing
    (rest.md 3.13.7). An import is history, not news.
    """
    if not selector or not selected(rule, selector) or entry.flags & EntryFlag.HISTORY_ONLY:
        return False
    if by_rest and not rule.include_rest:
        return False
    if rule.ext_keys:
        ext = entry.payload.get("ext")
        if not isinstance(ext, dict) or rule.ext_keys.isdisjoint(ext):
            return False
    return _passes_filters(rule, entry)


def selected(rule: Rule, selector: str) -> bool:
    return selector in rule.selectors or selector.partition(":")[0] in rule.selectors


def _passes_filters(rule: Rule, entry: Entry) -> bool:
    if rule.from_names and entry.sender not in rule.from_names:
        return False
    if rule.to_names:
        where = entry.conversation
        if rule.room_ids and rule.from_names:
            return False
        if where.kind == "pair":
            return where.other_than(entry.sender) in rule.to_names
        return bool(rule.room_ids) and where.room_id in rule.room_ids
    return not rule.room_ids or entry.conversation.room_id in rule.room_ids
