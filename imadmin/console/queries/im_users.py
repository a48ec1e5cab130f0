"""Rows of the users list and what the user pages show beside the user itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_users import UserInfo
from chat.domain.answers import RosterItem
from chat.live.online import devices_of, devices_of_users, online_users
from chat.queries.tallies import UserTally, tallies_of
from chat.queries.user_mutes import muted_users
from chat.queries.waiting import Waiting, waiting_in


@dataclass(frozen=True, slots=True)
class UserRow:
    """`devices` are connected; `waiting` is how many of the app's latest messages wait for the
    user, as text: a number and + where the app has more messages than those."""

    user: UserInfo
    devices: int
    tally: UserTally
    is_muted: bool
    waiting: str


def user_rows(app: AppRef, users: Sequence[UserInfo]) -> list[UserRow]:
    ids = [user.id for user in users]
    devices = devices_of_users(app.id, ids) if ids else {}
    tallies, muted, queued = tallies_of(ids), muted_users(app), waiting_in(app)
    return [
        UserRow(user, len(devices.get(user.id, ())), tallies[user.id], user.id in muted,
                _waiting(queued, user.id))
        for user in users
    ]  # fmt: skip


def _waiting(queued: Waiting, user_id: int) -> str:
    count = queued.by_user.get(user_id, 0)
    if queued.is_whole:
        return str(count)
    return f"{count}+" if count else "—"


@dataclass(frozen=True, slots=True)
class RosterRow:
    item: RosterItem
    is_online: bool


def roster_rows(app: AppRef, items: Sequence[RosterItem]) -> list[RosterRow]:
    online = online_users(app.id, [item.user_id for item in items]) if items else set()
    return [RosterRow(item, item.user_id in online) for item in items]


def device_count(app: AppRef, user: UserInfo) -> int:
    return len(devices_of(app.id, user.id))
