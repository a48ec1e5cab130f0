"""AppView: what every call below /{org}/{app} shares."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.actions import audit
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import AppNotFound, ImError, Unauthenticated
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import AppNow, app_now
from accounts.rest.addresses import address_of
from accounts.rest.authentication import Token, actor_of
from accounts.rest.envelope import Json, json_answer, now_ms
from accounts.rest.errors import NotJson
from accounts.rest.permissions import check_own, check_token, rule_for
from accounts.rest.requests import check_text, given, raw_body, read_json, read_object
from accounts.rest.schema import AppSchema
from accounts.rest.throttling import count_call

MAX_DEVICE = 128

# What an answer's envelope is made of besides its place, or why there is none.
Then = Callable[[Json | ImError], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call was made, as its answer repeats it."""

    method: str
    uri: str
    path: str
    params: Json

    @classmethod
    def of(cls, request: HttpRequest) -> "Place":
        uri = request.build_absolute_uri(request.path)
        return cls(str(request.method), uri, request.path, dict(request.GET.lists()))


class AppView(APIView):
    """Finds the app, then the caller, then answers; every error is JSON.

    `token` says which token the call takes, `own_user` names the path part that must be the
    user's own name when a user calls. Both may differ by method.
    """

    token: ClassVar[Token | Mapping[str, Token]] = "user"  # noqa: S105 (a kind, not a secret)
    own_user: ClassVar[str | Mapping[str, str]] = ""

    rate: ClassVar[str | Mapping[str, str]] = "calls"  # a kind of throttling.WINDOWS

    hot: ClassVar[frozenset[str]] = frozenset()  # methods called all the time (imadmin.hot_rest)

    schema = AppSchema()

    app: AppRef
    app_now: AppNow
    bearer: Actor | None = None  # None: nobody's token was needed or sent
    _started = 0.0

    @cached_property
    def place(self) -> Place:
        return Place.of(self.request._request)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._started = time.monotonic()
        with ExitStack() as self._acting:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Source of the order: rest.md 1.4, a token is checked before its target's existence."""
        method = str(request.method)
        if not hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        check_text([*kwargs.values(), *(v for vs in request.GET.lists() for v in [vs[0], *vs[1]])])
        rule = "GET" if method == "HEAD" else method
        self.app_now = self._find_app(request, kwargs["org"], kwargs["app"])
        self.app = self.app_now.ref
        request._request.api_app = self.app  # type: ignore[attr-defined]  # for middleware
        token = rule_for(self.token, rule, "app")
        is_anonymous = "Authorization" not in request.headers and self.may_be_anonymous(request)
        if token != "none" and not is_anonymous:  # noqa: S105 (a kind, not a secret)
            self.identify(token)
            if own := rule_for(self.own_user, rule, ""):
                self.require_self(kwargs[own])
        # After the token: a stranger cannot use up what the app may do.
        count_call(self.app, self.rate_kind(request), self.rated_user())

    def identify(self, token: str) -> None:
        """Find the caller, who must bear this kind of token. Raises Unauthenticated and its kin.

        From here to the end of the call, changes are noted under the caller's name.
        """
        header = self.request.headers.get("Authorization", "")
        caller = actor_of(self.app_now, header)
        self.bearer = replace(caller, via="rest")
        if not self.bearer.is_app:
            # COMPAT web SDK 4.x names its device: that one is not told of its own doings
            # (msync.md R7).
            device = given(self.request.query_params, "resource")[:MAX_DEVICE]
            self.bearer = replace(self.bearer, device=device)
        check_token(self.bearer, token)
        request = self.request._request
        origin = audit.Origin(
            self.bearer.username,
            caller.via,
            address=address_of(request),
            request_id=getattr(request, "request_id", ""),  # of the middleware
        )
        self._acting.enter_context(audit.acting(origin))

    def stand_in(self, app: AppNow, authorization: str, place: Place) -> None:
        """Be ready for `answer_quickly` instead of a request. Raises Unauthenticated and its kin:
        it is not the app itself that calls."""
        self._started = time.monotonic()
        self.app, self.place = app.ref, place
        self.bearer = actor_of(app, authorization)
        check_token(self.bearer, "app")

    def answer_quickly(self, body: bytes, then: Then, **names: str) -> bool:
        """Do for the app what the method's handler does, in a thread that must not wait; for views
        that are `hot`. `names` are the path's parts.

        `then` is called once, now or later and from any thread. False, or an ImError raised:
        nothing was done, and the handler is to answer.
        """
        return False

    def rate_kind(self, request: Request) -> str:
        """Which rate limit this call counts towards."""
        return rule_for(self.rate, str(request.method), "calls")

    def rated_user(self) -> str:
        """Whose limit it is, where users are counted apart."""
        return ""

    def may_be_anonymous(self, request: Request) -> bool:
        """Whether this call is allowed without a token; a bad token is refused all the same."""
        return False

    @property
    def actor(self) -> Actor:
        """Who calls; the app itself where a call without a token is allowed."""
        return self.bearer or Actor(self.app)

    def require_app(self) -> None:
        """Raises Unauthenticated unless the app itself calls."""
        if self.bearer is None:
            raise Unauthenticated
        check_token(self.bearer, "app")

    def require_self(self, username: str) -> None:
        """Raises Unauthenticated unless the app or this user calls."""
        if self.bearer is None:
            raise Unauthenticated
        check_own(self.bearer, username)

    def body(self, refusal: type[ImError] = NotJson) -> Any:
        """The body as JSON, whatever its Content-Type says. Raises `refusal`, BodyTooLarge."""
        return read_json(raw_body(self.request._request), refusal)

    def json_object(self, refusal: type[ImError] = NotJson) -> Json:
        """The body, which must be a JSON object."""
        return read_object(raw_body(self.request._request), refusal)

    @property
    def duration_ms(self) -> int:
        return int((time.monotonic() - self._started) * 1000)

    def envelope(
        self,
        entities: list[Json] | None = None,
        *,
        data: Any = ...,
        count: int | None = None,
        cursor: str = "",
        action: str = "",
        path: str = "",
        **more: Any,
    ) -> HttpResponse:
        """Family E1 of rest.md 1.5. `cursor` is left out when empty; `more` goes in as it is."""
        place = self.place
        content: Json = {
            "action": action or place.method.lower(),
            "application": self.app.uuid,
            "applicationName": self.app.appkey.app,
            "organization": self.app.appkey.org,
            "uri": place.uri,
            "path": path or "/" + place.path.split("/", 3)[3],
            "entities": entities or [],
        }
        if place.params:
            content["params"] = place.params
        if data is not ...:
            content["data"] = data
        if count is not None:
            content["count"] = count
        if cursor:
            content["cursor"] = cursor
        content |= more
        return json_answer(content | {"timestamp": now_ms(), "duration": self.duration_ms})

    def data_only(self, data: Any) -> HttpResponse:
        """Family E2."""
        return json_answer({"timestamp": now_ms(), "duration": self.duration_ms, "data": data})

    def _find_app(self, request: Request, org: str, app: str) -> AppNow:
        try:
            return app_now(Appkey(org, app))
        except AppNotFound:
            raise AppNotFound(org=org, app=app, uri=request.path.strip("/")) from None
