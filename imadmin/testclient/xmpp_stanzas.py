"""What a client of the XMPP wire reads in a stanza; the connection is in xmpp."""

import json
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

Json = dict[str, Any]

DOMAIN, ROOMS = "easemob.com", "conference.easemob.com"
RECEIPTS = "{urn:xmpp:receipts}"
USER = "{http://jabber.org/protocol/muc#user}"
MARK = "{easemob:x:roomtype}roomtype"


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def text(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def name_in(jid: str, appkey: str) -> str:
    return jid.partition("@")[0].removeprefix(f"{appkey}_")


def block_list(jids: list[str]) -> str:
    """The list as a client sets it, whole."""
    items = "".join(
        f"<item action='deny' order='{order}' type='jid' value={quoteattr(jid)}><message/></item>"
        for order, jid in enumerate(jids, start=1)
    )
    return f"<list name='special'>{items}</list>"


def message_event(message: ET.Element) -> Json:
    """The native client's event of the same message, and the stamp of a late one as `delay`."""
    said = json.loads(message.findtext("{jabber:client}body", ""))
    kind = "group" if message.get("type") == "groupchat" else "user"
    if message.find(MARK) is not None:
        kind = "chatroom"
    delay = message.find("{urn:xmpp:delay}delay")
    told = {
        "id": message.get("id", ""),
        "from": said["from"],
        "to": {"type": kind, "id": said["to"]},
        "body": said["bodies"][0],
        "ext": said["ext"],
    }
    stamp = delay.get("stamp", "") if delay is not None else ""
    return {"ev": "message", "id": told["id"], "message": told, "delay": stamp}


def receipt_event(message: ET.Element, receipt: ET.Element, appkey: str) -> Json:
    return {
        "ev": "receipt",
        "kind": "read" if local(receipt) == "acked" else "delivered",
        "by": name_in(message.get("from", ""), appkey),
        "up_to": receipt.get("id"),
    }


def notice_event(message: ET.Element, notice: ET.Element, appkey: str) -> Json:
    """`kind` is the first element of the notice (invite, item, apply, add_admin, …), or destroy;
    `user` is who it is about, where it says so."""
    first, status = notice[0], notice.find(f"{USER}status")
    destroyed = notice.find(f"{USER}destroy") is not None
    from_, said = message.get("from", ""), dict(first.items())
    of = {"apply": said.get("to"), "accept": said.get("to"), "decline": said.get("fromNick")}
    room = of.get(local(first)) or said.get("mucjid") or from_
    about = said.get("from") if local(first) == "apply" else said.get("to", "")
    return {
        "ev": "notice",
        "kind": "destroy" if destroyed else local(first),
        "room": name_in(room, appkey),
        "user": from_.partition("/")[2] or name_in(about or "", appkey),
        "id": message.get("id", ""),
        "code": status.get("code") if status is not None else "",
    }


def presence_event(presence: ET.Element, appkey: str) -> Json:
    """Of a room's occupant (with `room`), or of a contact (with `status`)."""
    from_ = presence.get("from", "")
    event: Json = {"ev": "presence", "type": presence.get("type", "")}
    if f"@{ROOMS}" not in from_:
        event["user"] = name_in(from_, appkey)
        event["status"] = presence.findtext("{jabber:client}status", "")
        return event
    item = presence.find(f"{USER}x/{USER}item")
    return event | {
        "room": name_in(from_, appkey),
        "user": from_.partition("/")[2],
        "chatroom": presence.find(MARK) is not None,
        "affiliation": item.get("affiliation") if item is not None else "",
    }
