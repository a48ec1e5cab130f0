"""Making many users at once, in the app's portions, with what the batch form adds to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeVar

from django.db import transaction

from accounts.actions.audit import as_one, note
from accounts.actions.im_users import NewUser, register_users, with_hashes
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
    """Make users, all or nothing; names that exist are left alone.

    Raises:
        any refusal of register_users but UserExists, of add_contact and of add_members.
    """
    ready = with_hashes(actor.app, users)
    with transaction.atomic():
        names = _register_all(actor, ready, befriend=befriend, rooms=rooms)
    made = set(names)
    return [
        Made(
            user.username.lower(), user.password, "" if user.username.lower() in made else "exists"
        )
        for user in users
    ]


def _register_all(
    actor: Actor, users: Sequence[NewUser], *, befriend: bool, rooms: Sequence[RoomTarget]
) -> list[str]:
    """The names that were made."""
    with as_one():
        names = _register(actor, users)
        for one, other in combinations(names, 2) if befriend else ():
            add_contact(actor, AddContact(one, other))
    if names:
        diff: dict[str, list[Any]] = {"created": [0, len(names)], "befriended": [None, befriend]}
        note("user.batch", actor.app, "user", ",".join(names), diff)
    for target in rooms:
        for few in portions(names, actor.app.settings.max_batch_members):
            add_members(actor, AddMembers(target, tuple(few)))
    return names


def _register(actor: Actor, users: Sequence[NewUser]) -> list[str]:
    names: list[str] = []
    for part in portions(users, actor.app.settings.max_batch_users):
        try:
            names += [user.username for user in register_users(actor.app, part).created]
        except UserExists:
            continue  # all of the portion exist
    return names


def portions(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
