"""Groups as iqs ask for them: lists, forms, members. Newer builds do these over REST.

Source: specs/webim1-xmpp.md §8.2.
"""

from collections.abc import Callable

from chat.domain.affiliations import Affiliation
from chat.domain.answers import MemberPage, RoomInfo, RoomPage
from chat.domain.commands import (
    AddMembers,
    BlockMembers,
    Command,
    DestroyRoom,
    GetRoom,
    LeaveRoom,
    ListBlockedMembers,
    ListMembers,
    ListRooms,
    RemoveMembers,
    UnblockMembers,
    UpdateRoom,
)
from chat.domain.errors import AlreadyMember, ImError, NotMember, UnknownOperation
from chat.domain.targets import ToGroup
from chat.wire.xmpp.addresses import DOMAIN, ROOMS_DOMAIN, Addresses, split_jid
from chat.wire.xmpp.asks import Ask, Step, answered, ask, refused
from chat.wire.xmpp.framing import (
    NS_DATA,
    NS_INFO,
    NS_ITEMS,
    NS_MUC,
    NS_MUC_ADMIN,
    NS_MUC_OWNER,
    Element,
    escape,
    tag,
)

ROOM_CONFIG = "http://jabber.org/protocol/muc#roomconfig"
ROOM_INFO = "http://jabber.org/protocol/muc#roominfo"
PAGE = 1000
MAX_MEMBERS = 5000


def iq_steps(iq: Element, query: Element, addresses: Addresses) -> list[Step] | None:
    """What an iq to a room, or about rooms, makes happen; None: it is none of these."""
    to = iq.attrs.get("to", "")
    room_id = addresses.name_in(to) if addresses.is_room(to) else ""
    if not room_id:
        return _discover(iq, query, addresses)
    group = ToGroup(room_id)
    is_set = iq.attrs.get("type") == "set"
    if query.ns == NS_MUC_OWNER and is_set:
        return [_configure(iq, query, addresses, group)]
    if query.ns == NS_MUC_ADMIN:
        if is_set:
            return _change_members(iq, query, addresses, group)
        return [_list_members(iq, query, addresses, group)]
    if is_set:
        return None
    if query.ns == NS_MUC_OWNER:
        return [ask(iq, addresses, GetRoom(group), _form)]
    if query.ns == NS_INFO:
        return [ask(iq, addresses, GetRoom(group), _info_for(addresses))]
    if query.ns == NS_ITEMS:
        occupants = _occupants_of(group, addresses)
        return [ask(iq, addresses, ListMembers(group, limit=PAGE), occupants)]
    return None


def _discover(iq: Element, query: Element, addresses: Addresses) -> list[Step] | None:
    domain = split_jid(iq.attrs.get("to", ""))[1].lower() or DOMAIN
    if query.ns not in (NS_ITEMS, NS_INFO) or domain not in (DOMAIN, ROOMS_DOMAIN):
        return None
    if query.ns == NS_INFO:
        is_rooms = domain == ROOMS_DOMAIN
        attrs = {"category": "conference", "type": "text"} if is_rooms else {
            "category": "server",
            "type": "im",
        }  # fmt: skip
        return [answered(iq, addresses, tag("query", NS_INFO, tag("identity", **attrs)))]
    if domain == DOMAIN:
        return [answered(iq, addresses, tag("query", NS_ITEMS, tag("item", jid=ROOMS_DOMAIN)))]
    return [ask(iq, addresses, ListRooms("group", limit=PAGE), _rooms_for(addresses))]


def _rooms_for(addresses: Addresses) -> Callable[[object], str]:
    def inner(outcome: object) -> str:
        rooms = outcome.items if isinstance(outcome, RoomPage) else ()
        items = (tag("item", jid=addresses.room(room.room_id), name=room.name) for room in rooms)
        return tag("query", NS_ITEMS, "".join(items))

    return inner


def _occupants_of(group: ToGroup, addresses: Addresses) -> Callable[[object], str]:
    def inner(outcome: object) -> str:
        members = outcome.items if isinstance(outcome, MemberPage) else ()
        items = (
            tag("item", jid=addresses.room(group.group_id, one.username), name=one.username)
            for one in members
        )
        return tag("query", NS_ITEMS, "".join(items))

    return inner


def _info_for(addresses: Addresses) -> Callable[[object], str]:
    """The SDK reads the second, fourth and fifth feature, so their order is the contract."""

    def inner(room: object) -> str:
        if not isinstance(room, RoomInfo):
            return ""
        features = (
            NS_MUC,
            "muc_public" if room.public else "muc_hidden",
            "muc_persistent",
            "muc_membersonly" if room.members_only else "muc_open",
            "muc_allowinvites" if room.allow_invites else "muc_notallowinvites",
            "muc_unmoderated",
            "muc_unsecured",
        )
        fields = {
            "muc#roominfo_description": room.description,
            "muc#roominfo_maxusers": str(room.max_members),
            "muc#roominfo_affiliations": str(room.member_count),
            "muc#roominfo_owner": f"{addresses.appkey}_{room.owner}",
            "muc#roominfo_occupants": str(room.member_count),
        }
        identity = tag("identity", category="conference", type="text", name=room.name)
        listed = "".join(tag("feature", var=name) for name in features)
        form = tag("x", NS_DATA, _fields(ROOM_INFO, fields), type="result")
        return tag("query", NS_INFO, identity + listed + form)

    return inner


def _form(room: object) -> str:
    if not isinstance(room, RoomInfo):
        return ""
    fields = {
        "muc#roomconfig_roomname": room.name,
        "muc#roomconfig_roomdesc": room.description,
        "muc#roomconfig_persistentroom": "1",
        "muc#roomconfig_publicroom": _flag(room.public),
        "muc#roomconfig_maxusers": str(room.max_members),
        "muc#roomconfig_membersonly": _flag(room.members_only),
        "muc#roomconfig_moderatedroom": "0",
        "muc#roomconfig_allowinvites": _flag(room.allow_invites),
        "muc#roomconfig_allowvisitornickchange": "0",
        "muc#roomconfig_allowvisitorstatus": "0",
        "allow_private_messages": "0",
        "allow_private_messages_from_visitors": "nobody",
    }
    form = tag("x", NS_DATA, _fields(ROOM_CONFIG, fields), type="form")
    return tag("query", NS_MUC_OWNER, form)


def _fields(form_type: str, fields: dict[str, str]) -> str:
    hidden = tag("field", "", f"<value>{form_type}</value>", type="hidden", var="FORM_TYPE")
    return hidden + "".join(
        tag("field", "", f"<value>{escape(value)}</value>", var=name)
        for name, value in fields.items()
    )


def _flag(on: bool) -> str:
    return "1" if on else "0"


# A form's field → the room's; the others are the client's own business.
_TEXTS = {"muc#roomconfig_roomname": "name", "muc#roomconfig_roomdesc": "description"}
_FLAGS = {
    "muc#roomconfig_publicroom": "public",
    "muc#roomconfig_membersonly": "members_only",
    "muc#roomconfig_allowinvites": "allow_invites",
}


def _configure(iq: Element, query: Element, addresses: Addresses, group: ToGroup) -> Step:
    if query.find("destroy") is not None:
        return ask(iq, addresses, DestroyRoom(group), _owner_done)
    form = query.find("x", NS_DATA)
    changes: dict[str, object] = {}
    for item in form.all("field") if form is not None else ():
        name, value = item.attrs.get("var", ""), item.text_of("value")
        if name in _TEXTS and value:
            changes[_TEXTS[name]] = value
        elif name in _FLAGS:
            changes[_FLAGS[name]] = value in ("1", "true")
        elif name == "muc#roomconfig_maxusers" and value.isascii() and value.isdigit():
            changes["max_members"] = min(int(value[:6]), MAX_MEMBERS)
    if not changes:
        return answered(iq, addresses, _owner_done(None))
    return ask(iq, addresses, UpdateRoom(group, changes), _owner_done)


def _owner_done(_outcome: object) -> str:
    return tag("query", NS_MUC_OWNER)


_RANKS = {Affiliation.OWNER: "owner", Affiliation.ADMIN: "admin"}


def _list_members(iq: Element, query: Element, addresses: Addresses, group: ToGroup) -> Step:
    item = query.find("item")
    if item is not None and item.attrs.get("affiliation") == "outcast":
        return ask(iq, addresses, ListBlockedMembers(group), _outcasts_for(addresses))

    def members(outcome: object) -> str:
        found = outcome.items if isinstance(outcome, MemberPage) else ()
        items = (
            tag(
                "item",
                jid=addresses.user(one.username),
                affiliation=_RANKS.get(one.affiliation, "member"),
                nick=one.username,
            )
            for one in found
        )
        return tag("query", NS_MUC_ADMIN, "".join(items))

    return ask(iq, addresses, ListMembers(group, limit=PAGE), members)


def _outcasts_for(addresses: Addresses) -> Callable[[object], str]:
    def inner(outcome: object) -> str:
        names = outcome if isinstance(outcome, list) else []
        items = (
            tag("item", jid=addresses.user(name), affiliation="outcast", nick=name)
            for name in names
        )
        return tag("query", NS_MUC_ADMIN, "".join(items))

    return inner


def _change_members(
    iq: Element, query: Element, addresses: Addresses, group: ToGroup
) -> list[Step]:
    """The items of one iq have one affiliation; those with a role only repeat them."""
    wanted: dict[str, None] = {}
    affiliation = ""
    for item in query.all("item"):
        name = addresses.name_in(item.attrs.get("jid", "")).lower()
        if name and item.attrs.get("affiliation"):
            affiliation = item.attrs["affiliation"]
            wanted[name] = None
    names = tuple(wanted)
    command = _membership_command(affiliation, names, group, addresses)
    if command is None:
        return [refused(iq, addresses, UnknownOperation(op="affiliation"))]

    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, AlreadyMember):  # the invitation before it brought them in
            return [answered(iq, addresses)]
        if isinstance(outcome, NotMember) and isinstance(command, RemoveMembers):
            return [ask(iq, addresses, UnblockMembers(group, names))]
        if isinstance(outcome, ImError):
            return [refused(iq, addresses, outcome)]
        return [answered(iq, addresses)]

    return [Ask(command, then)]


def _membership_command(
    affiliation: str, names: tuple[str, ...], group: ToGroup, addresses: Addresses
) -> Command | None:
    if not names:
        return None
    match affiliation:
        case "none" if names == (addresses.username,):
            return LeaveRoom(group)
        case "none":  # also how a block is lifted: then they are no members
            return RemoveMembers(group, names)
        case "member":
            return AddMembers(group, names)
        case "outcast":
            return BlockMembers(group, names)
        case _:
            return None
