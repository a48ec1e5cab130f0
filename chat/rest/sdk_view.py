"""What the calls share that only client SDKs make, always as the logged-in user."""

from typing import ClassVar

from accounts.domain.errors import Unauthenticated
from accounts.rest.base import AppView
from chat.rest.room_view import RoomView


class SdkView(AppView):
    """A call on a user's own data. The app has no business here: it has calls of its own."""

    own_user: ClassVar[str] = "username"

    def identify(self, token: str) -> None:
        super().identify(token)
        if self.actor.is_app:
            raise Unauthenticated


class SdkRoomView(RoomView):
    """A call on a room by its member, or by who wants to be one."""

    def identify(self, token: str) -> None:
        super().identify(token)
        if self.actor.is_app:
            raise Unauthenticated
