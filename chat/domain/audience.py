"""Who is told: topics, less what must be left out."""

from msgspec import Struct

# A topic is a user or a room, named by row id: layer group names allow no appkeys or usernames.


def user_topic(user_id: int) -> str:
    return f"u.{user_id}"


def room_topic(room_row_id: int) -> str:
    return f"r.{room_row_id}"


class Audience(Struct, frozen=True):
    """Connections that hold one of `topics`, each told once.

    `only` narrows it to these usernames. `skip_device` is (user_id, device): the device that did
    it gets no echo (msync.md R19). `skip_user` leaves out all of a user's devices. `device` keeps
    only that device of the users named by topics.
    """

    topics: tuple[str, ...]
    only: tuple[str, ...] = ()
    skip_device: tuple[int, str] | None = None
    skip_user: int = 0
    device: str = ""

    @classmethod
    def pair(cls, own: int, other: int, skip_device: tuple[int, str] | None = None) -> "Audience":
        """Of a message between two users; `own` is 0 where the sender gets no copy, `other` where
        there is no such user."""
        if not own or not other or own == other:
            return cls.users(own, other, skip_device=skip_device)
        return cls((user_topic(own), user_topic(other)), (), skip_device)

    @classmethod
    def users(cls, *user_ids: int, skip_device: tuple[int, str] | None = None) -> "Audience":
        return cls(tuple(dict.fromkeys(user_topic(i) for i in user_ids if i)), (), skip_device)

    @classmethod
    def room(cls, row_id: int, skip_device: tuple[int, str] | None = None) -> "Audience":
        return cls((room_topic(row_id),), (), skip_device)

    @classmethod
    def nobody(cls, *topics: str) -> "Audience":
        """None of those who listen; but their order goes on past the entry, so that what follows
        it does not wait to see whether it is still on its way."""
        return cls(topics, only=("",))
