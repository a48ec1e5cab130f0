"""Attributes of group members (rest.md 3.8.20, family E2)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import NotFound
from accounts.rest.base import AppView
from chat.actions.room_attributes import set_member_attributes
from chat.domain.attributes import SetMemberAttributes
from chat.domain.errors import GroupNotFound, MemberAttributesRefused
from chat.domain.targets import ToGroup
from chat.queries.room_attributes import attributes_of_member, member_attributes
from chat.rest.fields import Fields, Json, string_pairs, unwrap

MAX_TARGETS = 10


class AttributesGroupNotFound(NotFound):
    """COMPAT these calls have their own words for an unknown group (rest.md 3.8.20)."""

    code = "attributes_group_not_found"
    template = "group not exists"


@contextmanager
def _own_words() -> Iterator[None]:
    try:
        yield
    except GroupNotFound:
        raise AttributesGroupNotFound from None


class MemberAttributesView(AppView):
    """GET, PUT /{org}/{app}/metadata/chatgroup/{room_id}/user/{username}"""

    def get(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        with _own_words():
            group, viewer = ToGroup(room_id), self.actor.username
            return self.data_only(attributes_of_member(self.app, group, username, viewer=viewer))

    def put(
        self, request: Request, org: str, app: str, room_id: str, username: str
    ) -> HttpResponse:
        changes = _pairs(unwrap(self.body()).get("metaData"), "metaData")
        with _own_words():
            command = SetMemberAttributes(ToGroup(room_id), {username: changes})
            set_member_attributes(self.actor, command)
        return self.data_only(changes)


class MembersAttributesView(AppView):
    """POST /{org}/{app}/metadata/chatgroup/{room_id}/get"""

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        fields = Fields(unwrap(self.body()), MemberAttributesRefused)
        targets = fields.names("targets")
        if not targets:
            raise MemberAttributesRefused(detail="targets must be provided")
        if len(targets) > MAX_TARGETS:
            raise MemberAttributesRefused(detail="query param reaches limit.")
        wanted = fields.texts("properties")
        with _own_words():
            found = member_attributes(
                self.app, ToGroup(room_id), targets, viewer=self.actor.username
            )
        if wanted:
            found = {
                name: {key: value for key, value in pairs.items() if key in wanted}
                for name, pairs in found.items()
            }
        return self.data_only(found)


class MembersAttributesBatchView(AppView):
    """PUT /{org}/{app}/metadata/chatgroup/{room_id}/users/batch"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def put(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        changes = _changes(self.body())
        with _own_words():
            set_member_attributes(self.actor, SetMemberAttributes(ToGroup(room_id), changes))
        done = [{"username": name, "metadata": pairs} for name, pairs in changes.items()]
        # COMPAT the vendor's sample has keys that end in a colon (rest.md, appendix A 42).
        made: Json = {}
        for spelling in ("", ":"):
            made[f"updateMetadataFailed{spelling}"] = []
            made[f"updateMetadataSucceeded{spelling}"] = done
        return self.data_only(made)


def _changes(body: object) -> dict[str, dict[str, str]]:
    if not isinstance(body, list) or not body:
        raise MemberAttributesRefused(detail="an array of users is needed")
    changes: dict[str, dict[str, str]] = {}
    for element in body:
        fields = Fields(element if isinstance(element, dict) else {}, MemberAttributesRefused)
        name = (fields.text("username") or "").lower()
        if not name:
            raise MemberAttributesRefused(detail="username must be provided")
        spelling = fields.first("metadata", "metaData") or "metadata"
        pairs = _pairs(fields.values.get(spelling), spelling)
        changes[name] = changes.get(name, {}) | pairs
    return changes


def _pairs(value: object, name: str) -> dict[str, str]:
    pairs = string_pairs(value)
    if not pairs:
        raise MemberAttributesRefused(detail=f"{name} must be an object of strings")
    return pairs
