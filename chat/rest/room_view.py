"""What all views of groups and chatrooms share: the kind, the target, the errors of lists."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import QueryDict

from accounts.domain.errors import NotFound
from accounts.rest.base import AppView
from chat.domain.answers import MemberOutcome
from chat.domain.errors import ChatroomNotFound, GroupNotFound
from chat.domain.targets import RoomKind, RoomTarget, room_target
from chat.rest.fields import Fields, InvalidParameter, ids_in, unwrap
from chat.rest.room_answers import Json, outcome


class RoomListNotFound(NotFound):
    """COMPAT the vendor's member lists and room details call an unknown room so (rest.md 1.6)."""

    code = "room_list_not_found"
    template = "do not find this group:{room_id}"


class RoomView(AppView):
    """A view of one kind of room; `kind` comes from the route."""

    kind: RoomKind = "group"

    @property
    def viewer(self) -> str:
        """Who reads, for queries: a username, or nothing for the app."""
        return self.actor.username

    def target(self, room_id: str) -> RoomTarget:
        return room_target(self.kind, room_id)

    def fields(self) -> Fields:
        """The body of a change, wrapped or not."""
        return Fields(unwrap(self.body()))

    def usernames(self) -> tuple[str, ...]:
        """The `usernames` of a batch.

        Raises:
            InvalidParameter: there are none.
        """
        names = self.fields().names("usernames")
        if not names:
            raise InvalidParameter(detail="usernames must be provided")
        return names

    def ids(self, segment: str) -> list[str]:
        """The room ids of a details call. Raises InvalidParameter for too many."""
        ids = list(ids_in(segment))
        most = self.app.settings.max_room_ids
        if len(ids) > most:
            raise InvalidParameter(detail=f"{self.kind} ids are more than max limit : {most}")
        return ids

    @property
    def params(self) -> QueryDict:
        """The decoded query."""
        return self.request.query_params

    def outcomes(
        self, room_id: str, action: str, done: list[MemberOutcome], id_key: str
    ) -> list[Json]:
        return [outcome(self.kind, room_id, action, one, id_key) for one in done]


@contextmanager
def as_list_error() -> Iterator[None]:
    """Inside, an unknown room is refused as lists refuse it."""
    try:
        yield
    except (GroupNotFound, ChatroomNotFound) as refusal:
        raise RoomListNotFound(**refusal.params) from refusal
