"""Rows of a room's member list."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_users import find_users
from chat.domain.affiliations import FOREVER_MS
from chat.domain.answers import MemberInfo, RoomInfo
from chat.queries.tallies import messages_since
from chat.store.clock import now_ms

DAY_MS = 86_400_000
DAY_MOST = 1000  # of a room; more are not counted


@dataclass(frozen=True, slots=True)
class MemberRow:
    member: MemberInfo
    is_online: bool

    @property
    def rank(self) -> str:
        return self.member.affiliation.name.lower()

    @property
    def is_muted_for_ever(self) -> bool:
        return self.member.muted_until_ms >= FOREVER_MS


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room of the list, and its messages of the last 24 hours as text."""

    room: RoomInfo
    day: str


def with_day(app: AppRef, rooms: Sequence[RoomInfo]) -> list[RoomRow]:
    counts = messages_since(app, [room.row_id for room in rooms], now_ms() - DAY_MS, DAY_MOST)
    return [RoomRow(room, _at_most(counts.get(room.row_id, 0))) for room in rooms]


def _at_most(count: int) -> str:
    return str(count) if count < DAY_MOST else f"{DAY_MOST}+"


def member_rows(
    app: AppRef, members: Sequence[MemberInfo], online: Callable[[int, Iterable[int]], set[int]]
) -> list[MemberRow]:
    users = find_users(app, [member.username for member in members])
    ids = {name: user.id for name, user in users.items()}
    here = online(app.id, ids.values()) if ids else set()
    return [MemberRow(member, ids.get(member.username) in here) for member in members]
