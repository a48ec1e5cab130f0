"""Presences to a user: asking for, granting, refusing friendship.

The acting client hears its own changes from here; everybody else by the events.

Source: specs/webim1-xmpp.md §6.3.
"""

from chat.domain.answers import RosterItem
from chat.domain.commands import AnswerContact, ListRoster, RequestContact
from chat.domain.errors import ImError
from chat.wire.xmpp.addresses import Addresses
from chat.wire.xmpp.asks import Ask, Step
from chat.wire.xmpp.framing import Element
from chat.wire.xmpp.notices import roster_push


def contact_steps(stanza: Element, type_: str, addresses: Addresses) -> list[Step]:
    """`unsubscribe` says nothing: a removal is an iq, and what follows it is ignored."""
    username = addresses.name_in(stanza.attrs.get("to", "")).lower()
    if not username:
        return []
    status = stanza.text_of("status")
    match type_:
        case "subscribe":
            return [_request(username, status, addresses)]
        case "subscribed":
            return [_accept(username, addresses)]
        case "unsubscribed":
            return [AnswerContact(username, accept=False, message=status)]
        case _:
            return []


def _request(username: str, status: str, addresses: Addresses) -> Ask:
    """Friends are left alone: applications send `subscribe` after an acceptance too."""

    def asked(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            return []
        push = ("both", "") if outcome else ("none", "subscribe")
        return [roster_push(addresses, username, *push)]

    def listed(outcome: object | ImError) -> list[Step]:
        items = outcome if isinstance(outcome, list) else []
        friends = any(
            isinstance(item, RosterItem) and item.username == username and item.state == "friends"
            for item in items
        )
        return [] if friends else [Ask(RequestContact(username, status), asked)]

    return Ask(ListRoster(), listed)


def _accept(username: str, addresses: Addresses) -> Ask:
    def accepted(outcome: object | ImError) -> list[Step]:
        return [roster_push(addresses, username, "both")] if outcome is True else []

    return Ask(AnswerContact(username, accept=True), accepted)
