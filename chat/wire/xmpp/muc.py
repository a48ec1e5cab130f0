"""Presences to a group or chatroom: coming in, going out, making one.

A presence with a roomtype is a chatroom's. Older builds make and join groups by presences.

Source: specs/webim1-xmpp.md §8.2, §9.
"""

from chat.domain.commands import CreateRoom, JoinRoom, LeaveRoom
from chat.domain.errors import ImError, RoomFull
from chat.domain.targets import ToChatroom, ToGroup
from chat.wire.xmpp.addresses import Addresses
from chat.wire.xmpp.asks import Ask, Step, answered, refused
from chat.wire.xmpp.errors import row_of
from chat.wire.xmpp.framing import NS_CLIENT, NS_MUC, NS_MUC_USER, Element, tag
from chat.wire.xmpp.stanzas import CHATROOM_MARK, error_of, is_chatroom


def presence_steps(stanza: Element, addresses: Addresses, entered: set[str]) -> list[Step]:
    """A presence to a room. `entered` holds the chatrooms that this connection came into."""
    room_id = addresses.name_in(stanza.attrs.get("to", ""))
    leaves = stanza.attrs.get("type") == "unavailable"
    if not room_id:
        return []
    if is_chatroom(stanza):
        return [(_leave if leaves else _enter)(stanza, addresses, ToChatroom(room_id), entered)]
    x = stanza.find("x", NS_MUC)
    if x is None or leaves:  # leaving a group is an iq; the presence after it says nothing
        return []
    if stanza.find("create", NS_MUC) is not None:
        return [_create(stanza, addresses, room_id)]
    return [_join_group(stanza, addresses, ToGroup(room_id))]


def _enter(stanza: Element, addresses: Addresses, room: ToChatroom, entered: set[str]) -> Ask:
    """The joiner's own presence has no member item, or they would be told of themselves."""
    to = stanza.attrs.get("to", "")

    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            steps: list[Step] = [refused(stanza, addresses, outcome)]
            return ([_is_full(addresses, to)] if isinstance(outcome, RoomFull) else []) + steps
        entered.add(room.room_id)
        own = tag("presence", NS_CLIENT, CHATROOM_MARK, from_=to, to=addresses.full)
        return [own, answered(stanza, addresses)]

    return Ask(JoinRoom(room, announce=room.room_id not in entered), then)


def _is_full(addresses: Addresses, to: str) -> Step:
    inner = CHATROOM_MARK + "<status>full</status>" + error_of("406", "modify", "not-acceptable")
    attrs = {"from_": to, "to": addresses.full, "type": "unavailable"}
    return tag("presence", NS_CLIENT, inner, **attrs)


def _leave(stanza: Element, addresses: Addresses, room: ToChatroom, entered: set[str]) -> Ask:
    to = stanza.attrs.get("to", "")

    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            return [refused(stanza, addresses, outcome)]
        entered.discard(room.room_id)
        attrs = {"from_": to, "to": addresses.full, "type": "unavailable"}
        left = tag("presence", NS_CLIENT, CHATROOM_MARK, **attrs, presence_type="unavailable")
        return [left, answered(stanza, addresses)]

    return Ask(LeaveRoom(room), then)


def _create(stanza: Element, addresses: Addresses, room_id: str) -> Ask:
    """The group's id is the client's clock; its name follows by a form."""
    to = stanza.attrs.get("to", "")

    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            return [_presence_error(stanza, addresses, outcome)]
        attrs = {"affiliation": "owner", "jid": addresses.bare, "role": "moderator"}
        inner = tag("item", "", "", **attrs) + tag("status", "", "", code="201")
        x = tag("x", NS_MUC_USER, inner)
        return [tag("presence", NS_CLIENT, x, from_=to, to=addresses.full)]

    create = CreateRoom("group", room_id, room_id=room_id, invite_need_confirm=False)
    return Ask(create, then)


def _join_group(stanza: Element, addresses: Addresses, group: ToGroup) -> Ask:
    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            return [_presence_error(stanza, addresses, outcome)]
        return [answered(stanza, addresses)]

    return Ask(JoinRoom(group), then)


def _presence_error(stanza: Element, addresses: Addresses, refusal: ImError) -> str:
    attrs = {
        "type": "error",
        "from_": stanza.attrs.get("to", ""),
        "to": addresses.full,
        "id": stanza.attrs.get("id", ""),
    }
    return tag("presence", NS_CLIENT, row_of(refusal).xml(), **attrs)
