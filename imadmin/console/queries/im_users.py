"""Rows of the users list and what the user pages show beside the user itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_users import UserInfo
from chat.domain.answers import RosterItem
from chat.live.online import devices_of, online_users
from chat.queries.tallies import UserTally, tallies_of


@dataclass(frozen=True, slots=True)
class UserRow:
    user: UserInfo
    is_online: bool
    tally: UserTally


def user_rows(app: AppRef, users: Sequence[UserInfo]) -> list[UserRow]:
    ids = [user.id for user in users]
    online = online_users(app.id, ids) if ids else set()
    tallies = tallies_of(ids)
    return [UserRow(user, user.id in online, tallies[user.id]) for user in users]


@dataclass(frozen=True, slots=True)
class RosterRow:
    item: RosterItem
    is_online: bool


def roster_rows(app: AppRef, items: Sequence[RosterItem]) -> list[RosterRow]:
    online = online_users(app.id, [item.user_id for item in items]) if items else set()
    return [RosterRow(item, item.user_id in online) for item in items]


def device_count(app: AppRef, user: UserInfo) -> int:
    return len(devices_of(app.id, user.id))
