"""SASL PLAIN as the vendor's clients speak it, and as any XMPP client does.

The vendor's password is `$t$` and the user token of POST /token; without that prefix it is the
user's password. Source: specs/webim1-xmpp.md §0.3, §0.4, §3.2.
"""

import base64
import binascii
from dataclasses import dataclass

from chat.wire.xmpp.addresses import split_jid, user_of
from chat.wire.xmpp.framing import NS_SASL, NS_STREAM, Element, tag

TOKEN_PREFIX = "$t$"  # noqa: S105  # what stands before a token

MECHANISMS = (
    f"<stream:features xmlns:stream='{NS_STREAM}'>"
    + tag("mechanisms", NS_SASL, "<mechanism>PLAIN</mechanism>")
    + "</stream:features>"
)
SUCCESS = tag("success", NS_SASL)


@dataclass(frozen=True, slots=True)
class Proof:
    """Who claims to be there. Exactly one of token and password is set."""

    appkey: str
    username: str
    token: str = ""
    password: str = ""


def failure(condition: str) -> str:
    return tag("failure", NS_SASL, f"<{condition}/>")


def proof_of(auth: Element) -> Proof | None:
    """What an <auth/> proves with; None: not PLAIN, or not readable."""
    if auth.attrs.get("mechanism", "").upper() != "PLAIN":
        return None
    try:
        plain = base64.b64decode(auth.text.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    parts = plain.split("\0")
    if len(parts) != 3 or not parts[2]:
        return None
    authorization, authentication, secret = parts
    appkey, username = user_of(split_jid(authentication)[0] or authentication)
    if not username:
        return None
    if authorization:
        acting = user_of(split_jid(authorization)[0] or authorization)
        if (acting[0].lower(), acting[1]) != (appkey.lower(), username):
            return None
    if secret.startswith(TOKEN_PREFIX):
        return Proof(appkey, username, token=secret[len(TOKEN_PREFIX) :])
    return Proof(appkey, username, password=secret)
