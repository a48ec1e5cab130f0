"""One face of a user's device for the scenarios, whatever wire it speaks.

`make` gives a device; what it can do and shows is in `device`. Each wire's module says how it does
that, and names the section of its specification where it cannot.
"""

from tests.e2e.servers import Server
from tests.scenarios.devices.device import Device, Json, Wire
from tests.scenarios.devices.msync import MsyncDevice
from tests.scenarios.devices.native import NativeDevice
from tests.scenarios.devices.xmpp import XmppDevice

__all__ = ["CANNOT", "WIRES", "Device", "Json", "MsyncDevice", "NativeDevice", "Wire", "make"]

WIRES: tuple[Wire, ...] = ("native", "xmpp", "msync")

# What a device cannot ask for over its wire, and why. Scenarios that need it take what the
# customer's backend has for it, or do not run.
CANNOT: dict[tuple[Wire, str], str] = {
    ("xmpp", "recall"): "webim1-xmpp.md 5.5: there is no recall in 1.x",
    ("xmpp", "edit"): "webim1-xmpp.md 5: there is no edit in 1.x",
    ("native", "edit"): "native.md 1: no op of the table edits",
    ("xmpp", "online only"): "webim1-xmpp.md 5.1: a stanza has no such mark",
    ("xmpp", "type"): "webim1-xmpp.md 5: typing is not known",
    ("msync", "type"): "msync.md 5.1: typing is not known",
    ("msync", "unknown body"): "msync.md 5.1: a Content has one of eight kinds",
    ("xmpp", "threads"): "webim1-xmpp.md 8, 10: threads are not known",
}

_KINDS: dict[Wire, type[NativeDevice | XmppDevice | MsyncDevice]] = {
    "native": NativeDevice,
    "xmpp": XmppDevice,
    "msync": MsyncDevice,
}


def make(wire: Wire, server: Server, user: str, name: str = "", token: str = "") -> Device:
    """Not connected yet. `name`: the device's own, of two that a user has; it logs in with the
    token, or else the password that all users of the tests have."""
    return _KINDS[wire](server, user, name, token)
