"""The few calls that backends make all the time, past Django's asynchronous machinery (ADR 0013).

Django's ASGI handler makes a thread, a database connection and two hops for every request. Here a
call that its view names as `hot` goes the first of these ways that can answer it:

quick   without a request and without waiting, with all that were made meanwhile (`quick_rest`);
hot     in a thread that stays, through the same middleware to the same view, so that there is
        nothing to keep alike;
Django  what is odd: a body of unknown or great length, and what comes while all threads work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import Error
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, set_script_prefix

from accounts.rest.base import AppView
from accounts.rest.middleware import is_api_path
from accounts.rest.requests import MAX_BODY_BYTES
from chat.gateway.completions import Batches, Completions, guarded
from imadmin.quick_rest import Answer, Call, QuickRest, may_be_quick

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# They wait for the writer, for hashes and for customers' servers more than they work.
THREADS = 32
_KNOWN_PATHS = 4096


@dataclass(frozen=True, slots=True)
class HotView:
    """What answers at a path; `names` are the path's parts."""

    make: Callable[[], AppView]
    methods: frozenset[str]
    names: dict[str, str]
    is_quick: bool


class Threads:
    """Threads that live on, each with its database connection."""

    def __init__(self, number: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(number, thread_name_prefix=name)

    def begin(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._pool, guarded, work)

    def submit(self, work: Callable[[], None]) -> None:
        self._pool.submit(guarded, work)


class HotRest(ASGIHandler):
    """An ASGI application in front of Django's, `otherwise`, for requests of type http."""

    def __init__(self, otherwise: App) -> None:
        # Not ASGIHandler's own: it loads the middleware for use on the loop.
        self.load_middleware(is_async=False)
        self._otherwise = otherwise
        self._threads = Threads(THREADS, "rest")
        self.at_work = 0
        # A thread of its own: it holds up nobody, and its database connection stays warm.
        quick = Threads(1, "quick-rest")
        self.quick = QuickRest(quick.submit)
        self._together: Batches[Call, bool] = Batches(quick, self.quick.begin)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self.at_work >= THREADS or not is_hot(scope):
            await self._otherwise(scope, receive, send)
            return
        body = await _whole_body(receive)
        if body is None:
            return  # the caller went away
        if answer := await self._quick_answer(scope, body):
            for event in answer.events():
                await send(event)
            return
        self.at_work += 1
        try:
            response = await self._threads.begin(partial(self.answer, scope, body))
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

    async def _quick_answer(self, scope: Message, body: bytes) -> Answer | None:
        """None: nothing was done."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def settle(answer: Any) -> None:
            if not answered.done():  # its caller went away
                answered.set_result(answer)

        then = partial(_completions(loop).put, settle)
        call = quick_call(scope, body, then)
        try:
            is_begun = call is not None and await self._together.ask(call)
        except Error:
            return None  # the other way tells of it
        return await answered if is_begun else None


@lru_cache(1)
def _completions(loop: asyncio.AbstractEventLoop) -> Completions:
    return Completions(loop)


def is_hot(scope: Message) -> bool:
    """Whether the view wants it and its body is short."""
    hot = _hot_view(scope["path"].rstrip("/"))
    if hot is None or scope["method"] not in hot.methods:
        return False
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        return False
    if not lengths:
        return bool(scope["method"] == "GET")
    return len(lengths) == 1 and lengths[0].isdigit() and int(lengths[0]) <= MAX_BODY_BYTES


def quick_call(scope: Message, body: bytes, then: Callable[[Answer], None]) -> Call | None:
    """A hot request for the quick way, if its view knows that way."""
    hot = _hot_view(scope["path"].rstrip("/"))
    if hot is None or not hot.is_quick or not may_be_quick(scope):
        return None
    return Call(scope, hot.make(), hot.names, body, then)


@lru_cache(_KNOWN_PATHS)
def _hot_view(path: str) -> HotView | None:
    """At `path`, given without a slash at its end."""
    if not is_api_path(path):
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    view: Any = getattr(match.func, "view_class", None)
    if not getattr(view, "hot", None):
        return None
    make = partial(view, **match.func.view_initkwargs)  # type: ignore[attr-defined]
    is_quick = view.answer_quickly is not AppView.answer_quickly
    return HotView(make, view.hot, match.kwargs, is_quick)


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
