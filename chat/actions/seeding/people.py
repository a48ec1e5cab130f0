"""Many users with profiles, friends and blocks."""

import random
import uuid
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.backends.utils import CursorWrapper

from accounts.actions.passwords import hash_password
from accounts.actions.profiles import count_profile_bytes
from accounts.domain.actor import AppRef
from accounts.domain.ids import newest_entry_id_before
from accounts.models import ImProfile, ImUser
from accounts.queries.profiles import profile_bytes
from chat.actions.seeding.plan import DAY_MS, Sizes, Times, moment, skewed, spread
from chat.models import BlockEntry, RosterEntry
from chat.store.bulk import Row, load_rows

FRIENDSHIPS_PER_USER = 3
MOST_FRIENDS = 2000
_SURNAMES = ("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴")
_GIVEN = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军", "杰", "娟")
_ENGLISH = ("Ann", "Bob", "Carol", "Dave", "Eve", "Frank", "Grace", "Heidi", "Ivan", "Judy")
_USER_COLUMNS = (
    *("app_id", "uuid", "username", "password_hash", "nickname", "born_id", "push"),
    *("created_at", "modified_at", "last_seen_at"),
)


@dataclass(slots=True)
class People:
    """Users by number, the busiest first. `friends` are pairs of numbers, each pair once."""

    ids: list[int]
    names: list[str]
    friends: list[tuple[int, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)


def make_people(
    cursor: CursorWrapper,
    app: AppRef,
    sizes: Sizes,
    times: Times,
    dice: random.Random,
    password: str,
) -> People:
    names = _free_names(app, sizes.users)
    load_rows(cursor, ImUser, _USER_COLUMNS, _users(app, names, times, dice, password))
    ids = dict(ImUser.objects.filter(app_id=app.id).values_list("username", "id"))
    people = People([ids[name] for name in names], names)
    profiles = list(_profiles(app, people, dice))
    load_rows(cursor, ImProfile, ("app_id", "username", "attributes"), profiles)
    count_profile_bytes(app, sum(profile_bytes(attributes) for *_, attributes in profiles))
    people.friends = _friendships(app, people, dice)
    _load_friends(cursor, app, people, times, dice)
    _load_blocks(cursor, app, people, times, dice)
    return people


def _free_names(app: AppRef, count: int) -> list[str]:
    """u000001 … without those that are taken."""
    taken = ImUser.objects.filter(app_id=app.id, username__startswith="u")
    used = set(taken.values_list("username", flat=True))
    names: list[str] = []
    number = 0
    while len(names) < count:
        number += 1
        if (name := f"u{number:06d}") not in used:
            names.append(name)
    return names


def _users(
    app: AppRef, names: list[str], times: Times, dice: random.Random, password: str
) -> Iterator[Row]:
    """One hash for all: hashing each would take 20 ms a user."""
    password_hash = hash_password(password)
    space = uuid.UUID(app.uuid)
    for number, name in enumerate(names):
        born = spread(times.born - 30 * DAY_MS, times.born, number, len(names))
        seen = moment(dice.randrange(times.born, times.until)) if dice.random() < 0.5 else None
        made = moment(born)
        yield (
            *(app.id, uuid.uuid5(space, name), name, password_hash, nickname(dice)),
            *(newest_entry_id_before(born), {}, made, made, seen),
        )


def nickname(dice: random.Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(_SURNAMES) + dice.choice(_GIVEN) + dice.choice(("", *_GIVEN))
    return f"{dice.choice(_ENGLISH)} {dice.choice(_ENGLISH)[0]}."


def _profiles(app: AppRef, people: People, dice: random.Random) -> Iterator[Row]:
    """Three users in ten have user attributes."""
    for name in people.names:
        if dice.random() < 0.3:
            yield app.id, name, {"nickname": nickname(dice), "gender": dice.choice("012")}


def _friendships(app: AppRef, people: People, dice: random.Random) -> list[tuple[int, int]]:
    """Three a user on average; the first users have many."""
    count = len(people)
    most = min(app.settings.max_contacts, MOST_FRIENDS)
    wanted = min(FRIENDSHIPS_PER_USER * count, count * (count - 1) // 4)
    degree = array("I", bytes(4 * count))
    made: dict[tuple[int, int], None] = {}
    for _ in range(4 * wanted):
        if len(made) >= wanted:
            break
        one = skewed(dice, count) if dice.random() < 0.3 else dice.randrange(count)
        other = dice.randrange(count)
        pair = (one, other) if one < other else (other, one)
        if one != other and pair not in made and degree[one] < most and degree[other] < most:
            made[pair] = None
            degree[one] += 1
            degree[other] += 1
    if not made and count > 1:
        made[0, 1] = None
    return list(made)


def _load_friends(
    cursor: CursorWrapper, app: AppRef, people: People, times: Times, dice: random.Random
) -> None:
    def rows() -> Iterator[Row]:
        for number, (one, other) in enumerate(people.friends):
            made = moment(spread(times.born, times.opened, number, len(people.friends)))
            for owner, contact in ((one, other), (other, one)):
                remark = nickname(dice) if dice.random() < 0.1 else ""
                yield app.id, people.ids[owner], people.ids[contact], "friends", remark, made

    columns = ("app_id", "owner_id", "contact_id", "state", "remark", "created_at")
    load_rows(cursor, RosterEntry, columns, rows())


def _load_blocks(
    cursor: CursorWrapper, app: AppRef, people: People, times: Times, dice: random.Random
) -> None:
    """One user in twenty blocks somebody who is no friend."""
    friends = set(people.friends)
    made: dict[tuple[int, int], None] = {}
    for _ in range(len(people) // 20):
        one, other = dice.randrange(len(people)), dice.randrange(len(people))
        if one != other and (min(one, other), max(one, other)) not in friends:
            made[one, other] = None
    rows = (
        (app.id, people.ids[one], people.ids[other], moment(times.opened)) for one, other in made
    )
    load_rows(cursor, BlockEntry, ("app_id", "owner_id", "blocked_id", "created_at"), rows)
