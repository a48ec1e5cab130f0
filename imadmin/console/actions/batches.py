"""Making many users at once, in the app's portions, with what the batch form adds to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from accounts.actions.im_users import NewUser, register_users
from accounts.domain.actor import Actor
from accounts.domain.errors import UserExists
from chat.actions.room_members import add_members
from chat.actions.roster import add_contact
from chat.domain.commands import AddContact, AddMembers, RoomTarget

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Made:
    """One name of a batch. `reason` is empty where the user was made."""

    username: str
    password: str
    reason: str = ""


def make_users(
    actor: Actor, users: Sequence[NewUser], *, befriend: bool, rooms: Sequence[RoomTarget]
) -> list[Made]:
    """Make users; names that exist are left alone. The caller holds the transaction.

    Raises:
        any refusal of register_users but UserExists, of add_contact and of add_members.
    """
    portion = actor.app.settings.max_batch_users
    made: dict[str, str] = {}
    for part in portions(users, portion):
        try:
            made |= {user.username: "" for user in register_users(actor.app, part).created}
        except UserExists:
            continue  # all of the portion exist
    names = list(made)
    if befriend:
        for one, other in combinations(names, 2):
            add_contact(actor, AddContact(one, other))
    for target in rooms:
        for few in portions(names, actor.app.settings.max_batch_members):
            add_members(actor, AddMembers(target, tuple(few)))
    return [
        Made(
            user.username.lower(), user.password, "" if user.username.lower() in made else "exists"
        )
        for user in users
    ]


def portions(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
