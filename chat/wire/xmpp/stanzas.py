"""Stanzas of messages: what the client wrote → a message, and what it is told of messages.

A body is JSON text: `{"from", "to", "bodies": [{"type", …}], "ext"}`. It goes out as it was parsed
and serialised again, ASCII only and on one line, because browser clients evaluate it as script.

Source: specs/webim1-xmpp.md §5.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from chat.domain.bodies import Body, parse_body
from chat.domain.entries import Entry
from chat.domain.errors import IllegalBody
from chat.domain.events import MessagePosted
from chat.domain.targets import Target, ToChatroom, ToGroup, ToUser
from chat.wire.xmpp.addresses import DOMAIN, Addresses
from chat.wire.xmpp.framing import (
    NS_CLIENT,
    NS_DELAY,
    NS_RECEIPTS,
    NS_ROOM_TYPE,
    NS_STANZA_ERRORS,
    Element,
    escape,
    tag,
)

CHATROOM_MARK = tag("roomtype", NS_ROOM_TYPE, type="chatroom")
MAX_BODY_DEPTH = 32

# Old builds evaluate the body of an acknowledgement as script.
SAFE_ID = re.compile(r"[0-9A-Za-z_:.-]{1,64}")
ENTRY_ID = re.compile(r"[0-9]{1,19}")

Json = dict[str, Any]
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Written:
    """A message as the client wrote it. `address` and `body_text` come back in a refusal."""

    target: Target
    body: Body
    ext: Json | None
    client_id: str
    address: str
    body_text: str


def is_chatroom(stanza: Element) -> bool:
    mark = stanza.find("roomtype", NS_ROOM_TYPE)
    return mark is not None and mark.attrs.get("type") == "chatroom"


def target_of(stanza: Element, addresses: Addresses) -> Target | None:
    """Whom a message goes to. A roomtype wins over the domain: applications leave setGroup out."""
    to = stanza.attrs.get("to", "")
    name = addresses.name_in(to)
    if not name:
        return None
    if is_chatroom(stanza):
        return ToChatroom(name)
    if stanza.attrs.get("type") == "groupchat" or addresses.is_room(to):
        return ToGroup(name)
    return ToUser(name.lower())


def read_message(stanza: Element, addresses: Addresses) -> Written:
    """Raises IllegalBody: it is no message of this dialect."""
    target = target_of(stanza, addresses)
    if target is None:
        raise IllegalBody(detail="the address is none of this app")
    text = stanza.text_of("body")
    try:
        said = _decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as exc:
        raise IllegalBody(detail="the body is not JSON") from exc
    bodies = said.get("bodies") if isinstance(said, dict) else None
    if not isinstance(bodies, list) or not bodies or not isinstance(bodies[0], dict):
        raise IllegalBody(detail="the body holds no bodies")
    kind, ext = bodies[0].get("type"), said.get("ext")
    if not isinstance(kind, str) or not isinstance(ext, dict | None) or _too_deep(said):
        raise IllegalBody(detail="the body is no message")
    return Written(
        target,
        parse_body(kind, bodies[0]),
        ext,
        stanza.attrs.get("id", "")[:64],
        stanza.attrs.get("to", ""),
        text,
    )


def _too_deep(value: object, depth: int = 0) -> bool:
    if depth > MAX_BODY_DEPTH:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_too_deep(item, depth + 1) for item in inner)


def body_text(sender: str, to: str, fact: MessagePosted) -> str:
    """The JSON body. A command always has an action: 1.11.1 fails without one."""
    payload = fact.body.to_payload()
    if fact.body.type == "cmd":
        payload.setdefault("action", "")
    said = {"from": sender, "to": to, "bodies": [payload], "ext": fact.ext or {}}
    return json.dumps(said, ensure_ascii=True, separators=(",", ":"))


def message_parts(entry: Entry, fact: MessagePosted, addresses: Addresses) -> tuple[str, str, str]:
    """A message before the receiver's address, after it, and the elements that close it; only the
    address differs between the receivers in a room."""
    conversation, sender = entry.conversation, entry.sender
    if conversation.room_id:
        to, kind = conversation.room_id, "groupchat"
        from_ = addresses.room(to, sender)
    else:
        to, kind = conversation.other_than(sender), "chat"
        from_ = addresses.user(sender)
    head = f"<message xmlns='{NS_CLIENT}' from='{escape(from_)}' to='"
    body = f"<body>{escape(body_text(sender, to, fact))}</body>"
    mark = CHATROOM_MARK if conversation.kind == "chatroom" else ""
    return head, f"' type='{kind}' id='{entry.id}'>{body}{mark}", "</message>"


def delay(created_ms: int) -> str:
    at = datetime.fromtimestamp(created_ms / 1000, UTC)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{created_ms % 1000:03d}Z"
    return tag("delay", NS_DELAY, stamp=stamp)


def acknowledged(client_id: str, message_id: str, addresses: Addresses) -> str:
    """To the sender: the server has it (5.3)."""
    said = escape(client_id)
    received = tag("received", NS_RECEIPTS, said, mid=message_id)
    body = f"<body>{said}</body>"
    return tag("message", NS_CLIENT, body + received, from_=DOMAIN, to=addresses.full)


def receipt(kind: str, up_to: int, sender: str, entry_id: int, addresses: Addresses) -> str:
    """To the author: somebody got (delivered) or read it (5.5)."""
    name = "acked" if kind == "read" else "delivery"
    mark = tag(name, NS_RECEIPTS, id=str(up_to))
    return tag(
        "message",
        NS_CLIENT,
        f"<body>{up_to}</body>{mark}",
        from_=addresses.user(sender),
        to=addresses.bare,
        id=str(entry_id),
    )


def refused(address: str, id_: str, said: str, error: str, addresses: Addresses) -> str:
    """An error message. `said` is the body as written, or empty for clients that would go deaf
    (5.6, §11)."""
    body = f"<body>{escape(said)}</body>" if said else "<body/>"
    attrs = {"type": "error", "from_": address, "to": addresses.full, "id": id_}
    return tag("message", NS_CLIENT, body + error, **attrs)


def error_of(code: str, type_: str, condition: str, text: str = "") -> str:
    """The <error/> of a refused stanza."""
    said = tag("text", NS_STANZA_ERRORS, escape(text)) if text else ""
    return tag("error", "", tag(condition, NS_STANZA_ERRORS) + said, code=code, type=type_)
