"""Path and sub-protocol → wire session (design.md §7)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from chat.store.clock import now_ms
from chat.wire.base import WireSession
from chat.wire.msync.framing import PlainFraming, SockJsFraming
from chat.wire.msync.session import MsyncSession
from chat.wire.native.session import NativeSession
from chat.wire.xmpp.session import XmppSession


@dataclass(frozen=True, slots=True)
class Route:
    """A wire at a path. `subprotocols` it selects when offered, the preferred first."""

    wire: str
    path: re.Pattern[str]
    session: Callable[[], WireSession]
    subprotocols: tuple[str, ...] = ()


ROUTES: tuple[Route, ...] = (
    Route("msync", re.compile(r"/websocket"), lambda: PlainFraming(MsyncSession(now_ms))),
    Route(
        "msync",
        re.compile(r"/ws/[^/]+/[^/]+/websocket"),
        lambda: SockJsFraming(MsyncSession(now_ms)),
    ),
    Route("native", re.compile(r"/ws/native/"), lambda: NativeSession(now_ms)),
    Route("xmpp", re.compile(r"/ws/?"), lambda: XmppSession(now_ms), ("xmpp",)),
)


def route_for(path: str) -> Route | None:
    """The wire that answers at a path; None: the upgrade is refused (HTTP 403)."""
    return next((route for route in ROUTES if route.path.fullmatch(path)), None)


def chosen_subprotocol(route: Route, offered: list[str]) -> str | None:
    return next((name for name in route.subprotocols if name in offered), None)
