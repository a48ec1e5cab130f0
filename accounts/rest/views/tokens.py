"""Tokens: by secret, by password, by the app's word (rest.md 3.1)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from accounts.actions.tokens import (
    IssuedToken,
    app_token,
    token_expiry_ms,
    user_token_by_id,
    user_token_by_password,
)
from accounts.domain.errors import IllegalArgument, UnsupportedGrant
from accounts.rest.authentication import bearer_token
from accounts.rest.base import AppView
from accounts.rest.envelope import Json, json_answer
from accounts.rest.requests import raw_body, read_form, read_object, truth, whole_number
from accounts.rest.user_entities import user_entity


class TokenView(AppView):
    """POST /{org}/{app}/token: grants client_credentials, password and inherit."""

    hot = frozenset({"POST"})
    rate = "token"
    token = "none"  # noqa: S105 (inherit asks for the app's token itself)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        fields = token_fields(self.request._request)
        match fields.get("grant_type"):
            case "client_credentials":
                return self._by_secret(fields)
            case "password":
                return self._by_password(fields)
            case "inherit":
                return self._by_id(fields)
            case other:
                raise UnsupportedGrant(grant_type=other)

    def _by_secret(self, fields: Json) -> HttpResponse:
        client_id = _text(fields, "client_id", "client_id must be provided.")
        secret = _text(fields, "client_secret", "client_secret must be provided")
        issued = app_token(self.app_now, client_id, secret, _ttl(fields))
        return json_answer(_answer(issued) | {"application": self.app.uuid})

    def _by_password(self, fields: Json) -> HttpResponse:
        username = _text(fields, "username", "username must be provided")
        password = _text(fields, "password", "password must be provided")
        return json_answer(
            _answer(user_token_by_password(self.app, username, password, _ttl(fields)))
        )

    def _by_id(self, fields: Json) -> HttpResponse:
        self.identify("app")
        username = _text(fields, "username", "username must be provided")
        create = truth(fields.get("autoCreateUser")) or False
        return json_answer(_answer(user_token_by_id(self.app, username, _ttl(fields), create)))


def token_fields(request: HttpRequest) -> Json:
    """What a token call says: JSON, a form, or the query, as clients of different ages send it.

    Raises:
        NotJson, IllegalArgument, BodyTooLarge.
    """
    body = raw_body(request)
    if not body.strip():
        return dict(request.GET.items())
    is_form = request.META.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    if is_form and not body.lstrip().startswith(b"{"):
        return dict(read_form(body))
    return read_object(body)


class TokenExpiryView(AppView):
    """GET /{org}/{app}/sdk/users/{username}/token/expires: when the presented token ends."""

    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        token = bearer_token(request.headers["Authorization"])
        return json_answer({"expire_timestamp": token_expiry_ms(token)})


def _answer(issued: IssuedToken) -> Json:
    """Family E5 of rest.md 1.5: a bare object."""
    answer: Json = {"access_token": issued.token, "expires_in": issued.expires_in_s}
    if issued.user is not None:
        answer["user"] = user_entity(issued.user)
    return answer


def _text(fields: Json, name: str, missing: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise IllegalArgument(detail=missing)
    return value


def _ttl(fields: Json) -> int | None:
    value: Any = fields.get("ttl")
    if value is None or value == "":
        return None
    seconds = whole_number(value)
    if seconds is None or seconds < 0:
        raise IllegalArgument(detail="ttl must be a whole number of seconds, 0 or more")
    return seconds
