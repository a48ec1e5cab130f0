"""REST calls without a request: many of the app's own begun in one go, none of which waits.

What is no everyday success (a refusal, a user's token, something that is not remembered) is left
to the view's ordinary handler, so that there is one place for it. `hot_rest` asks here first.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest, HttpResponse
from django.urls import set_script_prefix

from accounts.domain.errors import ImError
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import AppNow, apps_now
from accounts.rest.base import AppView, Place
from accounts.rest.envelope import Json, json_answer
from accounts.rest.errors import refusal_answer
from chat.actions.freshness import RunElsewhere, keep_fresh
from imadmin.console.middleware import new_request_id

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Headers = tuple[tuple[bytes, bytes], ...]

_KNOWN_CALLERS = 4096
_PLAIN_PATH = re.compile(r"[\w/.-]+", re.ASCII)
# Of a request, what differs from call to call and leaves the answer's headers alone.
_ITS_OWN = frozenset({b"authorization", b"content-length"})
_SAMPLE_PATH = "/org/app/messages/users"


@dataclass(frozen=True, slots=True)
class Frame:
    """What Django's middleware puts around an answer; `base` is the address before the path."""

    base: str
    headers: tuple[tuple[bytes, bytes], ...]

    def events(self, answer: HttpResponse) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What to send to the server."""
        content = answer.content
        own = {b"X-Request-ID": new_request_id().encode()}
        own[b"Content-Length"] = str(len(content)).encode()
        headers = [(name, own.get(name, value)) for name, value in self.headers]
        return (
            {"type": "http.response.start", "status": answer.status_code, "headers": headers},
            {"type": "http.response.body", "body": content, "more_body": False},
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a view has to say, not yet put into words."""

    frame: Frame
    view: AppView
    outcome: Json | ImError

    def events(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        if isinstance(self.outcome, ImError):
            return self.frame.events(refusal_answer(self.outcome, self.view.duration_ms))
        return self.frame.events(self.view.envelope(**self.outcome))


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and who is told its answer: once, from any thread, if it was begun."""

    scope: Scope
    view: AppView
    names: dict[str, str]  # the path's parts
    body: bytes
    then: Callable[[Answer], None]

    @property
    def appkey(self) -> Appkey:
        return Appkey(self.names["org"], self.names["app"])


class QuickRest:
    """Any thread may use it; queries run in it."""

    def __init__(self, run_elsewhere: RunElsewhere) -> None:
        self._frames = _Frames()
        self._run_elsewhere = run_elsewhere

    def begin(self, calls: Sequence[Call]) -> list[bool]:
        """Which of the calls are under way; with the others nothing was done.

        The apps are read now, after the calls were made: whatever was revoked or changed before,
        by whichever process, counts.
        """
        apps = apps_now({call.appkey for call in calls})
        for app in apps.values():
            keep_fresh(app.ref.id, self._run_elsewhere)
        return [self._begin(call, apps.get(call.appkey.key)) for call in calls]

    def _begin(self, call: Call, app: AppNow | None) -> bool:
        frame = self._frames.around(call.scope, call.view)
        if frame is None or app is None or app.ref.settings.rate_limits_enabled:
            return False
        path = call.scope["path"].rstrip("/")
        place = Place(call.scope["method"], frame.base + path, path, {})
        try:
            call.view.stand_in(app, _authorization(call.scope), place)
            then = partial(_tell, call, frame)
            return call.view.answer_quickly(call.body, then, **call.names)
        except ImError:
            return False
        except Exception:
            logger.exception("a call could not be answered quickly")
            return False


def _tell(call: Call, frame: Frame, outcome: Json | ImError) -> None:
    call.then(Answer(frame, call.view, outcome))


def _authorization(scope: Scope) -> str:
    """As Django reads it: what is said twice is joined."""
    said = [value for name, value in scope["headers"] if name == b"authorization"]
    return b",".join(said).decode("latin1")


def may_be_quick(scope: Scope) -> bool:
    """Whether the address is as plain as its answer repeats it."""
    is_odd = scope["query_string"] or scope.get("root_path")
    return not is_odd and _PLAIN_PATH.fullmatch(scope["path"]) is not None


class _Frames(ASGIHandler):
    """Runs middleware and DRF around an empty answer, once for callers who are alike."""

    def __init__(self) -> None:
        self.load_middleware(is_async=False)
        self._known = lru_cache(_KNOWN_CALLERS)(self._learn)

    def around(self, scope: Scope, view: AppView) -> Frame | None:
        """None where the middleware itself has something to say."""
        headers = tuple(one for one in scope["headers"] if one[0] not in _ITS_OWN)
        make: Callable[[], AppView] = type(view)
        return self._known(scope["scheme"], tuple(scope.get("server") or ()), headers, make)

    def _learn(
        self, scheme: str, server: tuple[Any, ...], headers: Headers, make: Callable[[], AppView]
    ) -> Frame | None:
        scope = {"type": "http", "method": "GET", "scheme": scheme, "path": _SAMPLE_PATH,
                 "query_string": b"", "headers": headers, "server": server or None}  # fmt: skip
        set_script_prefix(get_script_prefix(scope))
        request, _ = self.create_request(scope, BytesIO())
        if request is None:
            return None
        request.view = make()  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.status_code != 200:
            return None
        added = ((name.encode("ascii"), text.encode("latin1")) for name, text in response.items())
        return Frame(response.base, tuple(added))  # type: ignore[attr-defined]

    def _get_response(self, request: HttpRequest) -> HttpResponse:
        """In place of Django's own, which finds a view and calls it."""
        view: Any = request.view  # type: ignore[attr-defined]
        answer = json_answer({})
        uri = request.build_absolute_uri(request.path)
        answer.base = uri.removesuffix(request.path)  # type: ignore[attr-defined]
        view.setup(request)
        view.headers = view.default_response_headers
        finished: HttpResponse = view.finalize_response(request, answer)
        return finished
