"""The few calls that backends make all the time, past Django's asynchronous machinery (ADR 0013).

Django's ASGI handler makes a thread, a database connection and two hops for every request. Here a
call that its view names as `hot` runs in a thread that stays, through the same middleware to the
same view, so that there is nothing to keep alike. What is odd goes Django's way: a body of unknown
or great length, and what comes while all threads work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, set_script_prefix

from accounts.rest.middleware import is_api_path
from accounts.rest.requests import MAX_BODY_BYTES
from chat.gateway.completions import guarded

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# They wait for the writer, for hashes and for customers' servers more than they work.
THREADS = 32
_KNOWN_PATHS = 4096


class HotRest(ASGIHandler):
    """An ASGI application in front of Django's, `otherwise`, for requests of type http."""

    def __init__(self, otherwise: App) -> None:
        # Not ASGIHandler's own: it loads the middleware for use on the loop.
        self.load_middleware(is_async=False)
        self._otherwise = otherwise
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rest")
        self.at_work = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self.at_work >= THREADS or not is_hot(scope):
            await self._otherwise(scope, receive, send)
            return
        body = await _whole_body(receive)
        if body is None:
            return  # the caller went away
        self.at_work += 1
        try:
            response = await asyncio.get_running_loop().run_in_executor(
                self._threads, guarded, partial(self.answer, scope, body)
            )
        finally:
            self.at_work -= 1
        await self.send_response(response, send)

    def answer(self, scope: Message, body: bytes) -> HttpResponseBase:
        """The view's answer to a request, from any thread."""
        set_script_prefix(get_script_prefix(scope))
        request, refusal = self.create_request(scope, BytesIO(body))
        if request is None:
            return refusal or HttpResponse(status=400)
        return self.get_response(request)


def is_hot(scope: Message) -> bool:
    """Whether the view wants it and its body is short."""
    if scope["method"] not in _hot_methods(scope["path"].rstrip("/")):
        return False
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        return False
    if not lengths:
        return bool(scope["method"] == "GET")
    return len(lengths) == 1 and lengths[0].isdigit() and int(lengths[0]) <= MAX_BODY_BYTES


@lru_cache(_KNOWN_PATHS)
def _hot_methods(path: str) -> frozenset[str]:
    """Of the view that answers at `path`, given without a slash at its end."""
    if not is_api_path(path):
        return frozenset()
    try:
        view = resolve(path).func
    except Resolver404:
        return frozenset()
    hot: frozenset[str] = getattr(getattr(view, "view_class", None), "hot", frozenset())
    return hot


async def _whole_body(receive: Receive) -> bytes | None:
    """None when the caller went away before its end."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)
