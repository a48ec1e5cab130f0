"""What autobahn, which reads WebSockets for Daphne, writes out for nobody.

For a debug line it formats its 30 settings with every socket, whether or not anybody logs debug
lines: a quarter of what a WebSocket's opening costs. Now the line itself formats them, if there is
one. The name is private to autobahn; when it has gone, only the time is lost.
"""

from pprint import pformat
from typing import Any


def install() -> None:
    from autobahn.websocket import protocol

    parts: Any = protocol
    if getattr(parts, "pformat", None) is pformat:
        parts.pformat = settings_later


def settings_later(value: object) -> object:
    """A socket's settings (a list) as they are, anything else written out."""
    return value if isinstance(value, list) else pformat(value)
