"""Rows of a room's member list."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from accounts.queries.im_users import find_users
from chat.domain.affiliations import FOREVER_MS
from chat.domain.answers import MemberInfo


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


def member_rows(
    app: AppRef, members: Sequence[MemberInfo], online: Callable[[int, Iterable[int]], set[int]]
) -> list[MemberRow]:
    users = find_users(app, [member.username for member in members])
    ids = {name: user.id for name, user in users.items()}
    here = online(app.id, ids.values()) if ids else set()
    return [MemberRow(member, ids.get(member.username) in here) for member in members]
