"""User attributes (rest.md 3.4, family E2)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.actions.profiles import delete_profile, set_profile
from accounts.domain.errors import IllegalArgument, TooManyProfiles
from accounts.queries.profiles import capacity, get_profile, get_profiles
from accounts.rest.base import AppView
from accounts.rest.requests import raw_body, read_form


class ProfileView(AppView):
    """GET, PUT, DELETE /{org}/{app}/metadata/user/{username}"""

    own_user = {"PUT": "username", "DELETE": "username"}

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        return self.data_only(get_profile(self.app, username))

    def put(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        attributes = self._attributes()
        set_profile(self.app, username, attributes)
        return self.data_only(attributes)

    def delete(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        delete_profile(self.app, username)
        return self.data_only(True)

    def _attributes(self) -> dict[str, str]:
        """From a form, or from a JSON object whatever the Content-Type says."""
        body = raw_body(self.request._request)
        if not body.lstrip().startswith((b"{", b"[")):
            return read_form(body)
        return {key: _text(key, value) for key, value in self.json_object().items()}


class ProfilesView(AppView):
    """POST /{org}/{app}/metadata/user/get; GET is of a user named get."""

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        return self.data_only(get_profile(self.app, "get"))

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        fields = self.json_object()
        targets = _names(fields, "targets")
        wanted = _names(fields, "properties")
        most = self.app.settings.max_batch_names
        if len(targets) > most:
            raise TooManyProfiles(limit=most)
        found = get_profiles(self.app, targets)
        if wanted:
            found = {
                name: {key: value for key, value in attributes.items() if key in wanted}
                for name, attributes in found.items()
            }
        return self.data_only(found)


class CapacityView(AppView):
    """GET /{org}/{app}/metadata/user/capacity"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        return self.data_only(capacity(self.app))


def _text(key: str, value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            raise IllegalArgument(detail=f"the attribute {key} must be a text")


def _names(fields: dict[str, Any], key: str) -> list[str]:
    names = fields.get(key) or []
    if not isinstance(names, list) or not all(
        isinstance(name, str | int) and not isinstance(name, bool) for name in names
    ):
        raise IllegalArgument(detail=f"{key} must be an array of names")
    return [str(name) for name in names]
