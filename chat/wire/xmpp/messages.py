"""A client's <message>: a receipt, or a message to post and how its fate is told.

Source: specs/webim1-xmpp.md §5.2, §5.3, §5.5, §5.6.
"""

import re
from collections.abc import Callable
from typing import Literal

from chat.domain.answers import Sent
from chat.domain.commands import GiveReceipt, SendMessage
from chat.domain.errors import Blocked, IllegalBody, ImError, Muted, PeerNotFound
from chat.domain.events import MessagePosted
from chat.domain.ids import EPOCH_MS, MAX_SEQUENCE, TIME_SHIFT
from chat.wire.xmpp.acks import Acks
from chat.wire.xmpp.addresses import Addresses, split_jid
from chat.wire.xmpp.asks import Ask, Step
from chat.wire.xmpp.errors import message_error
from chat.wire.xmpp.framing import NS_MUC_USER, NS_RECEIPTS, Element
from chat.wire.xmpp.stanzas import (
    ENTRY_ID,
    SAFE_ID,
    Written,
    acknowledged,
    body_text,
    read_message,
    refused,
)

# The first version whose message handler survives an error with a JSON body.
ERRORS_KNOWN_SINCE = (1, 4, 13)
MAX_CLIENT_ID = 64
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})")


def receipt_steps(stanza: Element, addresses: Addresses, acks: Acks) -> list[Step] | None:
    """What an acknowledgement makes happen; None: the stanza is none. It is never answered."""
    mark = next((one for one in stanza.children if one.ns == NS_RECEIPTS), None)
    if mark is None:
        return None
    said = mark.attrs.get("id", "")
    if not SAFE_ID.fullmatch(said) or not ENTRY_ID.fullmatch(said):
        return []
    entry_id = int(said)
    steps: list[Step] = list(acks.got(entry_id))
    to = stanza.attrs.get("to", "")
    author = addresses.name_in(to).lower()
    if mark.name in ("delivery", "acked") and author and not addresses.is_room(to):
        kind: Literal["delivered", "read"] = "read" if mark.name == "acked" else "delivered"
        steps.append(GiveReceipt(kind, author, entry_id, in_groups=True))
    return steps


class Writer:
    """Posts what the client writes. `knows_errors`: its build takes an error with the message's
    body; older ones would hear nothing more."""

    def __init__(self, addresses: Addresses, wall_ms: Callable[[], int]) -> None:
        self.addresses = addresses
        self.knows_errors = False
        self._wall_ms = wall_ms
        self._made = 0

    def heard_version(self, version: str) -> None:
        found = _VERSION.match(version)
        if found is not None and tuple(map(int, found.groups())) >= ERRORS_KNOWN_SINCE:
            self.knows_errors = True

    def steps(self, stanza: Element) -> list[Step]:
        x = stanza.find("x", NS_MUC_USER)
        if x is not None and stanza.find("body") is None:
            return []  # an invitation: the iq that follows it brings the user in
        try:
            written = read_message(stanza, self.addresses)
        except IllegalBody as refusal:
            address, id_ = stanza.attrs.get("to", ""), stanza.attrs.get("id", "")
            return [refused(address, id_, "", message_error(refusal), self.addresses)]
        client_id = written.client_id[:MAX_CLIENT_ID]
        command = SendMessage(written.target, written.body, written.ext, client_id)
        return [Ask(command, lambda outcome: self._fate(written, outcome))]

    def _fate(self, written: Written, outcome: object | ImError) -> list[Step]:
        match outcome:
            case Sent(message_id):
                return self._acknowledged(written, str(message_id))
            case Blocked() | PeerNotFound():  # the sender is not told
                return self._acknowledged(written, self._new_id())
            case Muted():
                made = self._new_id()
                return [*self._acknowledged(written, made), self._refused(written, made, outcome)]
            case ImError():
                return [self._refused(written, self._new_id(), outcome)]
            case _:
                return []

    def _acknowledged(self, written: Written, message_id: str) -> list[Step]:
        if not written.client_id:
            return []
        return [acknowledged(written.client_id, message_id, self.addresses)]

    def _refused(self, written: Written, id_: str, refusal: ImError) -> str:
        said = ""
        if self.knows_errors:
            to = split_jid(written.address)[0].partition("_")[2]
            fact = MessagePosted(written.body, written.ext)
            said = body_text(self.addresses.username, to, fact)
        return refused(written.address, id_, said, message_error(refusal), self.addresses)

    def _new_id(self) -> str:
        """An id for what is not stored; the client only needs it to be new."""
        self._made = (self._made + 1) & MAX_SEQUENCE
        return str((self._wall_ms() - EPOCH_MS) << TIME_SHIFT | self._made)
