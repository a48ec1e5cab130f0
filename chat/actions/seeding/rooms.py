"""Many groups and chatrooms with their members, as create_room would leave them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from accounts.domain.actor import AppRef
from chat.actions.seeding.people import People
from chat.actions.seeding.plan import Sizes, Times, moment, skewed, spread
from chat.domain.targets import RoomKind
from chat.models import Room, RoomMember
from chat.store.bulk import Row, load_rows

_TOPICS = ("研发", "产品", "Support", "客服", "Sales", "跑步", "Movies", "读书", "Family", "同学")
_NOUNS = {"group": ("群", "group"), "chatroom": ("直播间", "room")}
_ROOM_COLUMNS = (
    *("app_id", "kind", "room_id", "owner_id", "name", "description", "public", "members_only"),
    *("allow_invites", "max_members", "member_count", "extra", "created_at", "modified_at"),
)
_MEMBER_COLUMNS = (
    *("room_id", "user_id", "affiliation", "attributes", "joined_at", "joined_seq"),
    "never_present",
)
ADMINS_FROM = 20  # members


@dataclass(slots=True)
class SeededRoom:
    """`members` are numbers of people: the owner, the admins, then the others."""

    kind: RoomKind
    room_id: str
    name: str
    made_ms: int
    members: list[int]
    admins: int
    row_id: int = 0


def make_rooms(
    cursor: CursorWrapper,
    app: AppRef,
    sizes: Sizes,
    times: Times,
    dice: random.Random,
    people: People,
) -> list[SeededRoom]:
    """Groups first, then chatrooms, the largest of each first."""
    rooms = list(_planned(app, sizes, times, dice, people))
    load_rows(cursor, Room, _ROOM_COLUMNS, _room_rows(app, rooms, people, dice))
    ids = dict(Room.objects.filter(app_id=app.id).values_list("room_id", "id"))
    for room in rooms:
        room.row_id = ids[room.room_id]
    load_rows(cursor, RoomMember, _MEMBER_COLUMNS, _member_rows(rooms, people))
    return rooms


def _planned(
    app: AppRef, sizes: Sizes, times: Times, dice: random.Random, people: People
) -> Iterator[SeededRoom]:
    settings = app.settings
    taken = set(Room.objects.filter(app_id=app.id).values_list("room_id", flat=True))
    joined = [0] * len(people)
    total = sizes.groups + sizes.chatrooms
    for number in range(total):
        kind: RoomKind = "group" if number < sizes.groups else "chatroom"
        if kind == "group":
            size = sizes.group_size(number, settings.group_max_members)
            members = _members(dice, joined, size, settings.max_joined_groups)
        else:
            size = sizes.chatroom_size(number - sizes.groups, settings.room_max_members)
            members = dice.sample(range(len(people)), size)
        room_id = _free_id(dice, taken)
        one, other = _NOUNS[kind]
        noun = one if dice.random() < 0.5 else other
        yield SeededRoom(
            kind,
            room_id,
            f"{dice.choice(_TOPICS)} {noun} {number + 1}",
            spread(times.born, times.opened, number, total),
            members,
            admins=2 if len(members) >= ADMINS_FROM else 0,
        )


def _free_id(dice: random.Random, taken: set[str]) -> str:
    while (made := str(10**14 + dice.randrange(9 * 10**14))) in taken:
        pass
    taken.add(made)
    return made


def _members(dice: random.Random, joined: list[int], size: int, most: int) -> list[int]:
    """A tenth from the busiest, as long as they may join, the others from everybody."""
    count = len(joined)
    chosen: dict[int, None] = {}
    while len(chosen) < size:
        busy = len(chosen) <= size // 10 and dice.random() < 0.9
        number = skewed(dice, count) if busy else dice.randrange(count)
        if number not in chosen and joined[number] < most:
            chosen[number] = None
            joined[number] += 1
    return list(chosen)


def _room_rows(
    app: AppRef, rooms: list[SeededRoom], people: People, dice: random.Random
) -> Iterator[Row]:
    for room in rooms:
        is_public = room.kind == "chatroom" or dice.random() < 0.7
        invites = not is_public and dice.random() < 0.5
        size, made = len(room.members), moment(room.made_ms)
        settings = app.settings
        is_group = room.kind == "group"
        default = settings.group_default_members if is_group else settings.room_default_members
        yield (
            *(app.id, room.kind, room.room_id, people.ids[room.members[0]], room.name, ""),
            *(is_public, not is_public, invites, max(size, default), size),
            *({}, made, made),
        )


def _member_rows(rooms: list[SeededRoom], people: People) -> Iterator[Row]:
    for room in rooms:
        made, away = moment(room.made_ms), room.kind == "chatroom"
        for place, number in enumerate(room.members):
            if place == 0:
                rank = RoomMember.Rank.OWNER
            elif place <= room.admins:
                rank = RoomMember.Rank.ADMIN
            else:
                rank = RoomMember.Rank.MEMBER
            yield room.row_id, people.ids[number], int(rank), {}, made, 0, away
