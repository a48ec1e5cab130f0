"""A text frame ⇄ an XML element, and what every stanza is written with.

One frame holds exactly one well-formed element (RFC 7395, 3.3.3). The parser knows no document
types and therefore no entities; depth, number of nodes and size are bounded, so the work for a
frame is proportional to its length and its memory is given back with it.

Source: specs/webim1-xmpp.md §0.2, §12.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

NS_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
NS_STREAM = "http://etherx.jabber.org/streams"
NS_STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
NS_STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
NS_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
NS_BIND = "urn:ietf:params:xml:ns:xmpp-bind"
NS_SESSION = "urn:ietf:params:xml:ns:xmpp-session"
NS_CLIENT = "jabber:client"
NS_PING = "urn:xmpp:ping"
NS_VERSION = "jabber:iq:version"
NS_ROSTER = "jabber:iq:roster"
NS_PRIVACY = "jabber:iq:privacy"
NS_RECEIPTS = "urn:xmpp:receipts"
NS_DELAY = "urn:xmpp:delay"
NS_ROOM_TYPE = "easemob:x:roomtype"
NS_MUC = "http://jabber.org/protocol/muc"
NS_MUC_USER = "http://jabber.org/protocol/muc#user"
NS_MUC_ADMIN = "http://jabber.org/protocol/muc#admin"
NS_MUC_OWNER = "http://jabber.org/protocol/muc#owner"
NS_CONFERENCE = "jabber:x:conference"
NS_ITEMS = "http://jabber.org/protocol/disco#items"
NS_INFO = "http://jabber.org/protocol/disco#info"
NS_DATA = "jabber:x:data"

MAX_DEPTH = 16
MAX_NODES = 2000

# What XML 1.0 cannot hold, in any spelling.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BadXml(Exception):
    """The frame is not one element that we take. The text is a stream error's condition."""


@dataclass(slots=True)
class Element:
    """`ns` and `name` of the tag; attributes by local name; `text` of the element itself."""

    ns: str
    name: str
    attrs: dict[str, str]
    children: "list[Element]" = field(default_factory=list)
    text: str = ""

    def find(self, name: str, ns: str = "") -> "Element | None":
        """The first child of the name; of any namespace unless one is given."""
        return next(self.all(name, ns), None)

    def all(self, name: str, ns: str = "") -> "Iterator[Element]":
        return (c for c in self.children if c.name == name and ns in ("", c.ns))

    def text_of(self, name: str) -> str:
        child = self.find(name)
        return child.text if child is not None else ""


class _Builder:
    """The handlers of one parse."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._nodes = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        self._nodes += 1 + len(attrs)
        if len(self._open) >= MAX_DEPTH or self._nodes > MAX_NODES:
            raise BadXml("policy-violation")
        ns, _, name = tag.rpartition(" ")
        element = Element(ns, name, {key.rpartition(" ")[2]: attrs[key] for key in attrs})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def end(self, _tag: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def characters(self, text: str) -> None:
        self._texts[-1].append(text)


def parse(frame: str) -> Element:
    """The element in a frame.

    Raises:
        BadXml: not well-formed, more than one element, or something that XMPP restricts
            (RFC 6120, 11.1: comments, processing instructions, document types, entities).
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = _restricted
    parser.EntityDeclHandler = _restricted
    parser.ProcessingInstructionHandler = _restricted
    parser.CommentHandler = _restricted
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(frame.encode(), True)
    except (expat.ExpatError, UnicodeError) as exc:
        raise BadXml("not-well-formed") from exc
    if builder.root is None:
        raise BadXml("not-well-formed")
    return builder.root


def _restricted(*_args: object) -> None:
    raise BadXml("restricted-xml")


def escape(text: str) -> str:
    """Text for content or a quoted attribute; what XML cannot hold becomes a question mark.

    Line ends are written as references where a parser would change them.
    """
    return (
        _ILLEGAL.sub("?", text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&apos;")
        .replace('"', "&quot;")
        .replace("\r", "&#13;")
    )


def tag(name: str, ns: str = "", inner: str = "", /, **attrs: str) -> str:
    """An element as text. `inner` is XML already; empty attributes are left out; a trailing
    underscore of a name is dropped (`from_`)."""
    head = name + (f" xmlns='{ns}'" if ns else "")
    for key, value in attrs.items():
        if value:
            head += f" {key.rstrip('_')}='{escape(value)}'"
    return f"<{head}>{inner}</{name}>" if inner else f"<{head}/>"
