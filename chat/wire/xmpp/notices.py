"""Facts about rooms and contacts → the stanzas that tell of them.

A notice that is a <message> carries the entry's id and is acknowledged; presences are not stored
by the client's side of the contract, so a client that was away is not told them later (`late`).

Source: specs/webim1-xmpp.md §6, §7, §8.1, §9.
"""

from collections.abc import Iterator

from chat.domain.entries import Entry
from chat.domain.events import RoomChange, RoomChanged, RosterChange, RosterChanged
from chat.wire.xmpp.addresses import Addresses
from chat.wire.xmpp.framing import (
    NS_CLIENT,
    NS_CONFERENCE,
    NS_MUC_USER,
    NS_PRIVACY,
    NS_ROSTER,
    escape,
    tag,
)
from chat.wire.xmpp.stanzas import CHATROOM_MARK

# A group made with many members would tell each of each: beyond this they hear of themselves only.
MAX_ADDED_TOLD = 50

_MEMBER = tag("item", affiliation="member", role="participant")
_NOBODY = tag("item", affiliation="none", role="none")


ACCEPTED = "[resp:true]"
BLOCK_LIST = "special"

# (change, by oneself) → the pushed item's subscription and ask.
_PUSHES = {
    (RosterChange.REQUEST, True): ("none", "subscribe"),
    (RosterChange.ADDED, True): ("both", ""),
    (RosterChange.ADDED, False): ("both", ""),
    (RosterChange.DECLINED, False): ("none", ""),
    (RosterChange.REMOVED, True): ("remove", ""),
    (RosterChange.REMOVED, False): ("remove", ""),
}


def roster_push(addresses: Addresses, username: str, subscription: str, ask: str = "") -> str:
    """Never `from`, `to` or a name: the SDK answers those by itself, or shows the wrong name."""
    item = tag("item", jid=addresses.user(username), subscription=subscription, ask=ask)
    query = tag("query", NS_ROSTER, item)
    attrs = {
        "type": "set",
        "id": f"push-{username}-{subscription}",
        "from_": addresses.bare,
        "to": addresses.full,
    }
    return tag("iq", NS_CLIENT, query, **attrs)


def blocks_push(addresses: Addresses) -> str:
    """The list changed: the client fetches it. To the device that set it and to the others."""
    query = tag("query", NS_PRIVACY, tag("list", name=BLOCK_LIST))
    attrs = {"type": "set", "id": "push-blocks", "from_": addresses.bare, "to": addresses.full}
    return tag("iq", NS_CLIENT, query, **attrs)


def contact_presence(addresses: Addresses, username: str, type_: str, status: str = "") -> str:
    said = f"<status>{escape(status)}</status>" if status else ""
    attrs = {"from_": addresses.user(username), "to": addresses.bare, "type": type_}
    if type_ == "subscribe":
        attrs["id"] = f"ask-{username}"
    return tag("presence", NS_CLIENT, said, **attrs)


def roster_notices(fact: RosterChanged, addresses: Addresses, *, late: bool) -> list[str]:
    """`late`: the client was away, and reads its lists by itself."""
    if fact.change in (RosterChange.BLOCKED, RosterChange.UNBLOCKED):
        return [] if late else [blocks_push(addresses)]
    push = None if late else _PUSHES.get((fact.change, fact.by_me))
    told = [roster_push(addresses, fact.username, *push)] if push is not None else []
    if fact.by_me:
        return told
    match fact.change:
        case RosterChange.REQUEST:
            told.append(contact_presence(addresses, fact.username, "subscribe", fact.message))
        case RosterChange.ADDED if fact.answers:
            told.append(contact_presence(addresses, fact.username, "subscribed", ACCEPTED))
        case RosterChange.DECLINED:
            told.append(contact_presence(addresses, fact.username, "unsubscribed", fact.message))
        case RosterChange.REMOVED:
            told.append(contact_presence(addresses, fact.username, "unsubscribe"))
            told.append(contact_presence(addresses, fact.username, "unsubscribed"))
    return told


def room_notices(
    entry: Entry, fact: RoomChanged, addresses: Addresses, *, late: bool
) -> tuple[list[str], bool]:
    """The stanzas, and whether one of them is acknowledged."""
    made = _group(entry, fact, addresses) if fact.kind == "group" else _chatroom(
        entry, fact, addresses
    )  # fmt: skip
    stanzas = [one for one in made if not (late and one.startswith("<presence"))]
    return stanzas, any(one.startswith("<message") for one in stanzas)


def _group(entry: Entry, fact: RoomChanged, addresses: Addresses) -> Iterator[str]:
    me, room = addresses.username, fact.room_id
    match fact.change:
        case RoomChange.MEMBERS_ADDED | RoomChange.MEMBER_JOINED:
            yield from _came(entry, fact, addresses)
        case RoomChange.MEMBER_LEFT:
            for name in fact.users:
                if name != me:
                    yield _occupant(addresses, room, name, _NOBODY, type="unavailable")
        case RoomChange.MEMBERS_REMOVED | RoomChange.MEMBERS_BLOCKED:
            # Who goes too hears of the own end only: for them it is no group any more.
            for name in [me] if me in fact.users else fact.users:
                yield _removed(entry, addresses, room, name)
        case RoomChange.INVITED:
            yield invitation(entry, fact, addresses)
        case RoomChange.REQUESTED:
            yield _applied(entry, fact, addresses)
        case RoomChange.REQUEST_DECLINED:
            yield _declined(entry, fact, addresses)
        case _:
            yield from _either(entry, fact, addresses)


def _came(entry: Entry, fact: RoomChanged, addresses: Addresses) -> Iterator[str]:
    me = addresses.username
    by_oneself = fact.change is RoomChange.MEMBER_JOINED
    if me in fact.users and (by_oneself or fact.detail.get("approved")):
        yield _accepted(entry, fact, addresses)
    elif me in fact.users and fact.detail.get("owner") != me:
        yield invitation(entry, fact, addresses)
    for name in fact.users:
        if name == me or len(fact.users) <= MAX_ADDED_TOLD:
            yield _occupant(addresses, fact.room_id, name, _MEMBER)


def _declined(entry: Entry, fact: RoomChanged, addresses: Addresses) -> str:
    reason = f"<reason>{escape(str(fact.detail.get('message', '')))}</reason>"
    owner = addresses.user(entry.sender)
    inner = tag("decline", "", reason, from_=owner, fromNick=fact.room_id)
    return _notify(entry, addresses, owner, inner)


def _chatroom(entry: Entry, fact: RoomChanged, addresses: Addresses) -> Iterator[str]:
    me, room = addresses.username, fact.room_id
    match fact.change:
        case RoomChange.MEMBERS_ADDED if fact.detail.get("created"):
            return
        case RoomChange.MEMBERS_ADDED | RoomChange.MEMBER_JOINED:
            for name in fact.users:
                if name != me:
                    yield _occupant(addresses, room, name, _MEMBER, CHATROOM_MARK)
                elif fact.change is RoomChange.MEMBERS_ADDED:
                    yield _own_joining(addresses, room)
        case RoomChange.MEMBER_LEFT:
            yield from _left(addresses, room, fact.users)
        case RoomChange.MEMBERS_REMOVED | RoomChange.MEMBERS_BLOCKED:
            if me in fact.users:
                yield _removed(entry, addresses, room, me)
            else:
                yield from _left(addresses, room, fact.users)
        case _:
            yield from _either(entry, fact, addresses)


def _own_joining(addresses: Addresses, room: str) -> str:
    """As if one had joined: without an item, or clients are told of themselves as of another."""
    from_ = addresses.room(room, addresses.username)
    return tag("presence", NS_CLIENT, CHATROOM_MARK, from_=from_, to=addresses.full)


def _left(addresses: Addresses, room: str, users: tuple[str, ...]) -> Iterator[str]:
    for name in users:
        if name != addresses.username:
            yield _occupant(addresses, room, name, _NOBODY, CHATROOM_MARK, type="unavailable")


_ROLES = {
    RoomChange.ADMIN_ADDED: "add_admin",
    RoomChange.ADMIN_REMOVED: "remove_admin",
    RoomChange.MUTED: "add_mute",
    RoomChange.UNMUTED: "remove_mute",
}


def _either(entry: Entry, fact: RoomChanged, addresses: Addresses) -> Iterator[str]:
    """What groups and chatrooms tell alike; changes without a stanza tell nothing."""
    room = addresses.room(fact.room_id)
    if fact.change is RoomChange.DESTROYED:
        reason = f"<reason>{escape(str(fact.detail.get('name', '')))}</reason>"
        inner = _NOBODY + tag("destroy", "", reason)
        from_ = addresses.room(fact.room_id, addresses.username)
        yield _notify(entry, addresses, from_, inner, presence_type="unavailable")
    elif fact.change in _ROLES and addresses.username in fact.users:
        attrs = {"from_": addresses.user(entry.sender), "to": addresses.bare}
        inner = tag(_ROLES[fact.change], "", "", mucjid=room, **attrs)
        yield _notify(entry, addresses, room, inner)


def invitation(entry: Entry, fact: RoomChanged, addresses: Addresses) -> str:
    """A <reason/> is always there: without one clients go deaf (§11)."""
    inviter = str(fact.detail.get("inviter") or entry.sender)
    text = escape(str(fact.detail.get("message", "")))
    room = addresses.room(fact.room_id)
    invite = tag("invite", "", f"<reason>{text}</reason>", from_=addresses.user(inviter))
    inner = (
        tag("x", NS_MUC_USER, invite)
        + tag("x", NS_CONFERENCE, text, jid=room)
        + f"<body>{escape(inviter)} invites you to the room</body>"
    )
    attrs = {"from_": room, "to": addresses.bare, "id": str(entry.id), "type": "normal"}
    return tag("message", NS_CLIENT, inner, **attrs)


def _applied(entry: Entry, fact: RoomChanged, addresses: Addresses) -> str:
    applicant = fact.users[0] if fact.users else entry.sender
    reason = escape(str(fact.detail.get("message", "")))
    attrs = {
        "from_": addresses.user(applicant),
        "to": addresses.room(fact.room_id),
        "toNick": str(fact.detail.get("name") or fact.room_id),
    }
    inner = tag("apply", "", f"<reason>{reason}</reason>", **attrs)
    return _notify(entry, addresses, addresses.user(applicant), inner)


def _accepted(entry: Entry, fact: RoomChanged, addresses: Addresses) -> str:
    """No type: an <accept/> inside a typed message is not understood."""
    room = addresses.room(fact.room_id)
    attrs = {
        "to": room,
        "from_": addresses.user(entry.sender),
        "fromNick": str(fact.detail.get("name") or fact.room_id),
    }
    x = tag("x", NS_MUC_USER, tag("accept", "", "<reason></reason>", **attrs))
    return tag(
        "message",
        NS_CLIENT,
        x + "<body/>",
        from_=room,
        to=addresses.bare,
        id=str(entry.id),
    )


def _removed(entry: Entry, addresses: Addresses, room: str, name: str) -> str:
    """To the one removed (321), or to those who stay (307, also for the block list: 301 with
    affiliation outcast would show as a bare "notify")."""
    by = entry.sender
    actor = tag("actor", "", "", nick=by, jid=addresses.user(by))
    if name == addresses.username:
        item = tag("item", "", actor, affiliation="none", role="none")
        inner = item + tag("status", "", "", code="321")
        from_ = addresses.room(room, name)
        return _notify(entry, addresses, from_, inner, presence_type="unavailable")
    attrs = {"affiliation": "none", "role": "none", "jid": addresses.user(name), "nick": name}
    inner = tag("item", "", actor, **attrs) + tag("status", "", "", code="307")
    from_ = addresses.room(room, name)
    return _notify(entry, addresses, from_, inner, presence_type="unavailable", nick=name)


def _notify(entry: Entry, addresses: Addresses, from_: str, inner: str, **attrs: str) -> str:
    x = tag("x", NS_MUC_USER, inner)
    head = {"from_": from_, "to": addresses.bare, "id": str(entry.id), "type": "notify"}
    return tag("message", NS_CLIENT, x + "<body/>", **head, **attrs)


def _occupant(
    addresses: Addresses, room: str, name: str, item: str, mark: str = "", **attrs: str
) -> str:
    x = tag("x", NS_MUC_USER, item)
    from_ = addresses.room(room, name)
    return tag("presence", NS_CLIENT, x + mark, from_=from_, to=addresses.full, **attrs)
