"""The live channel: one WebSocket a tab at `/ws/console/` (console.md §10), JSON text frames.

Browser → `{"op":"sub","ch":"messages","app":"acme#demo","arg":""}`, `unsub` alike, `{"op":"ping"}`.
Server → `{"op":"ok","of":"sub","ch":…,"arg":…}`, `{"op":"err","of":"sub","ch":…,"code":"denied"}`,
`{"op":"pong"}`, and when the thing has changed `{"ch":"messages","arg":"","seq":41}`: a hint to
fetch the partial again (see `feeds`; `static/console/js/live.js` does it).

The session is read from a cookie of its own path, since the console's is not sent here. An Origin
other than the page's own, or none, is refused before the socket opens (HTTP 403), and so is who is
not signed in. Every `CHECK_S` the session and the roles are read again: sign-out, a changed
password and a disabled operator close the socket (4401), a lost role ends the subscription.
"""

import asyncio
import json
import logging
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user
from django.http import Http404, HttpRequest

from accounts.domain.actor import AppRef
from accounts.domain.errors import AppNotFound
from accounts.domain.ids import Appkey
from accounts.models import Operator
from accounts.queries.operators import apps_of
from imadmin.console.access import app_or_404
from imadmin.console.feeds import FEEDS, Key, hub, in_thread
from imadmin.console.hosts import is_console_host

logger = logging.getLogger(__name__)

Json = dict[str, Any]
PATH = "/ws/console/"
SIGNED_OUT = 4401
TOO_MANY = 4429
CHECK_S = 5.0
MAX_SOCKETS = 200  # of a process
MAX_SUBSCRIPTIONS = 16  # of a socket
MAX_FRAME = 4096  # characters; what a page sends is far smaller
MAX_FRAMES_PER_CHECK = 200


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels is untyped
    """One tab. Hints are coalesced: what was not sent yet is sent once, with the newest seq."""

    channel_layer_alias = "none"  # what changed is read from the database
    open_sockets = 0  # of this process

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subscriptions: dict[Key, tuple[str, str]] = {}  # → (org, app)
        self.pending: dict[Key, int] = {}
        self.session_key = ""
        self.frames = 0
        self.is_open = False
        self.woken = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> None:
        headers = {name.decode("latin-1"): value for name, value in self.scope["headers"]}
        host = headers.get("host", b"").decode("latin-1")
        origin = headers.get("origin", b"").decode("latin-1")
        self.session_key = session_key_of(headers.get("cookie", b"").decode("latin-1"))
        if not is_own_origin(origin, host, self.scope.get("scheme", "ws")):
            logger.warning("live channel refused for the Origin %r", origin[:100])
            await self.close()
            return
        if await in_thread(operator_of, self.session_key) is None:
            await self.close()
            return
        if LiveConsumer.open_sockets >= MAX_SOCKETS:
            await self.close(TOO_MANY)
            return
        self.is_open = True
        LiveConsumer.open_sockets += 1
        await self.accept()
        self.tasks = [asyncio.create_task(self._push()), asyncio.create_task(self._check())]

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        for key in self.subscriptions:
            hub.leave(key, self)
        self.subscriptions.clear()
        if self.is_open:
            self.is_open = False
            LiveConsumer.open_sockets -= 1

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.frames += 1
        frame = parse_frame(text_data or "")
        if frame is None or self.frames > MAX_FRAMES_PER_CHECK:
            await self.close(TOO_MANY if frame is not None else 1003)
            return
        match frame.get("op"):
            case "ping":
                await self._tell({"op": "pong"})
            case "sub":
                await self._subscribe(frame)
            case "unsub":
                await self._unsubscribe(frame)
            case other:
                await self._tell({"op": "err", "of": str(other)[:16], "code": "unknown_op"})

    async def _subscribe(self, frame: Json) -> None:
        name, arg = str(frame.get("ch", ""))[:32], str(frame.get("arg", ""))[:64]
        said = {"of": "sub", "ch": name, "arg": arg}
        org, _hash, app = str(frame.get("app", "")).partition("#")
        found = await in_thread(self._allowed, name, org, app)
        if isinstance(found, str):
            await self._tell({"op": "err", **said, "code": found})
            return
        key = Key(name, found.id, arg)
        if key not in self.subscriptions:
            if len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
                await self._tell({"op": "err", **said, "code": "too_many"})
                return
            self.subscriptions[key] = (org, app)
            hub.watch(key, found, self)
        await self._tell({"op": "ok", **said})

    async def _unsubscribe(self, frame: Json) -> None:
        wanted = (str(frame.get("ch", "")), str(frame.get("arg", "")))
        app = str(frame.get("app", ""))
        for key, names in tuple(self.subscriptions.items()):
            if (key.feed, key.arg) == wanted and "#".join(names) == app:
                self._drop(key)
        await self._tell({"op": "ok", "of": "unsub", "ch": wanted[0], "arg": wanted[1]})

    def _drop(self, key: Key) -> None:
        self.subscriptions.pop(key, None)
        self.pending.pop(key, None)
        hub.leave(key, self)

    def _allowed(self, name: str, org: str, app: str) -> "AppRef | str":
        """The app, when its operator may watch this now; else a code."""
        feed = FEEDS.get(name)
        if feed is None:
            return "unknown_channel"
        operator = operator_of(self.session_key)
        if operator is None:
            return "denied"
        try:
            Appkey.parse(f"{org}#{app}")
            found, role = app_or_404(apps_of(operator), org, app)
        except (Http404, AppNotFound):
            return "denied"
        return found if role >= feed.see else "denied"

    def hint(self, key: Key, seq: int) -> None:
        self.pending[key] = seq
        self.woken.set()

    async def _push(self) -> None:
        while True:
            await self.woken.wait()
            self.woken.clear()
            pending, self.pending = self.pending, {}
            for key, seq in pending.items():
                await self._tell({"ch": key.feed, "arg": key.arg, "seq": seq})

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            self.frames = 0
            if await in_thread(operator_of, self.session_key) is None:
                await self.close(SIGNED_OUT)
                return
            for key, names in tuple(self.subscriptions.items()):
                if isinstance(await in_thread(self._allowed, key.feed, *names), str):
                    self._drop(key)
                    said = {"of": "sub", "ch": key.feed, "arg": key.arg}
                    await self._tell({"op": "err", **said, "code": "denied"})

    async def _tell(self, frame: Json) -> None:
        await self.send(text_data=json.dumps(frame))


def parse_frame(text: str) -> Json | None:
    """A JSON object of a sane size, or None."""
    if not text or len(text) > MAX_FRAME:
        return None
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def session_key_of(header: str) -> str:
    """The session's key from a Cookie header; empty when there is none."""
    try:
        found = SimpleCookie(header).get(settings.LIVE_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


def operator_of(session_key: str) -> Operator | None:
    """Who is signed in by a session; None after sign-out, a new password, or when disabled."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, Operator) else None


def is_own_origin(origin: str, host: str, scheme: str) -> bool:
    """Whether the page's origin, port included, is the one that the socket was opened on."""
    if not origin or not is_console_host(host):
        return False
    own = {"wss": "https", "https": "https"}.get(scheme, "http")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    said = f"{parts.scheme}://{parts.netloc}".lower()
    return said in {f"{own}://{host}".lower(), settings.PUBLIC_URL.lower()}
