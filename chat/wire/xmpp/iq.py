"""Questions of a client about itself: ping, roster, block list. Those about groups are in groups.

Source: specs/webim1-xmpp.md §3.5, §6.1, §6.3, §6.5.
"""

from chat.domain.answers import RosterItem
from chat.domain.commands import ListBlocks, ListRoster, RemoveContact, SetBlocks
from chat.domain.errors import ImError, UnknownOperation
from chat.wire.xmpp import groups
from chat.wire.xmpp.addresses import Addresses
from chat.wire.xmpp.asks import Ask, Step, answered, ask, refused
from chat.wire.xmpp.framing import (
    NS_PING,
    NS_PRIVACY,
    NS_ROSTER,
    NS_SESSION,
    Element,
    tag,
)
from chat.wire.xmpp.notices import BLOCK_LIST, blocks_push, roster_push


def steps_for(iq: Element, addresses: Addresses) -> list[Step]:
    """What a get or set of a bound client makes happen. Results and errors are ignored: the
    version stanza is a result, and an answer to it would be an error in the client."""
    type_ = iq.attrs.get("type", "")
    if type_ not in ("get", "set"):
        return []
    child = iq.children[0] if iq.children else Element("", "", {})
    is_set = type_ == "set"
    if child.ns == NS_PING or (child.ns == NS_SESSION and is_set):
        return [answered(iq, addresses)]
    if child.ns == NS_ROSTER:
        return _change_roster(iq, child, addresses) if is_set else [_get_roster(iq, addresses)]
    if child.ns == NS_PRIVACY:
        return _set_blocks(iq, child, addresses) if is_set else _get_blocks(iq, child, addresses)
    steps = groups.iq_steps(iq, child, addresses)
    return [refused(iq, addresses, UnknownOperation(op=child.name))] if steps is None else steps


def _get_roster(iq: Element, addresses: Addresses) -> Ask:
    def friends(outcome: object) -> str:
        """No names: one would replace the user id (rule 16)."""
        items = outcome if isinstance(outcome, list) else []
        inner = "".join(
            tag("item", jid=addresses.user(item.username), subscription="both")
            for item in items
            if isinstance(item, RosterItem) and item.state == "friends"
        )
        return tag("query", NS_ROSTER, inner)

    return ask(iq, addresses, ListRoster(), friends)


def _change_roster(iq: Element, query: Element, addresses: Addresses) -> list[Step]:
    """Only a removal changes anything; the deprecated addRoster is answered and ignored."""
    item = query.find("item")
    username = addresses.name_in(item.attrs.get("jid", "")).lower() if item is not None else ""
    if item is None or not username or item.attrs.get("subscription") != "remove":
        return [answered(iq, addresses)]

    def then(_outcome: object | ImError) -> list[Step]:
        # The event skips the device that did it; if nothing was there, nobody else is told.
        return [roster_push(addresses, username, "remove")]

    # The result first: the client waits for it before it looks at pushes.
    return [answered(iq, addresses), Ask(RemoveContact(username), then)]


def _get_blocks(iq: Element, query: Element, addresses: Addresses) -> list[Step]:
    if query.find("list") is None:
        named = "".join(tag(name, name=BLOCK_LIST) for name in ("active", "default", "list"))
        return [answered(iq, addresses, tag("query", NS_PRIVACY, named))]

    def blocked(outcome: object) -> str:
        names = outcome if isinstance(outcome, list) else []
        items = "".join(
            tag(
                "item",
                "",
                "<message/>",
                type="jid",
                value=addresses.user(name),
                action="deny",
                order=str(order),
            )
            for order, name in enumerate(names, start=1)
        )
        return tag("query", NS_PRIVACY, tag("list", "", items, name=BLOCK_LIST))

    return [ask(iq, addresses, ListBlocks(), blocked)]


def _set_blocks(iq: Element, query: Element, addresses: Addresses) -> list[Step]:
    """A set carries the whole new list; choosing another active or default list changes nothing."""
    listed = query.find("list")
    if listed is None:
        return [answered(iq, addresses)]
    names = tuple(
        name
        for item in listed.all("item")
        if item.attrs.get("action", "deny") == "deny"
        and (name := addresses.name_in(item.attrs.get("value", "")).lower())
    )

    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            return [refused(iq, addresses, outcome)]
        return [blocks_push(addresses), answered(iq, addresses)]

    return [Ask(SetBlocks(names), then)]
