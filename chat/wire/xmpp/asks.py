"""A command with what follows from its outcome; and the answers to an iq."""

from collections.abc import Callable
from dataclasses import dataclass

from chat.domain.commands import Command
from chat.domain.errors import ImError
from chat.wire.base import Close, Told
from chat.wire.xmpp.addresses import Addresses
from chat.wire.xmpp.errors import stanza_error
from chat.wire.xmpp.framing import NS_CLIENT, Element, tag


@dataclass(frozen=True, slots=True)
class Ask:
    """`then` gets the outcome or the refusal, and tells what to do now."""

    command: Command
    then: "Callable[[object | ImError], list[Step]]"


# What a handler of stanzas wants done: a stanza sent, a command run (a bare one is not waited for),
# the connection ended; and which entries the stanzas before hold.
Step = str | Ask | Command | Close | Told


def answered(iq: Element, addresses: Addresses, inner: str = "", *, type_: str = "result") -> str:
    """The answer to an iq. `from` is the request's `to`, character for character: with any other
    the client calls nothing back."""
    attrs = {
        "type": type_,
        "id": iq.attrs.get("id", ""),
        "from_": iq.attrs.get("to") or addresses.bare,
        "to": addresses.full,
    }
    return tag("iq", NS_CLIENT, inner, **attrs)


def refused(iq: Element, addresses: Addresses, refusal: ImError) -> str:
    return answered(iq, addresses, stanza_error(refusal), type_="error")


def ask(
    iq: Element,
    addresses: Addresses,
    command: Command,
    inner: Callable[[object], str] = lambda _: "",
) -> Ask:
    """Run a command; answer with what `inner` makes of its outcome, or with its refusal."""

    def then(outcome: object | ImError) -> list[Step]:
        if isinstance(outcome, ImError):
            return [refused(iq, addresses, outcome)]
        return [answered(iq, addresses, inner(outcome))]

    return Ask(command, then)
