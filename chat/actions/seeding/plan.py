"""How much is made, when it happened, and how what happens is spread over who is there."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import IllegalArgument

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LEAST_ROOM = 3  # members


@dataclass(frozen=True, slots=True)
class Sizes:
    """`days`: over how many the messages are spread; retention removes what is older."""

    users: int = 100_000
    groups: int = 10_000
    chatrooms: int = 100
    messages: int = 1_000_000
    days: int = 6

    def check(self, settings: AppSettings) -> None:
        """Raises IllegalArgument: a number that cannot be."""
        if min(self.users, self.days) < 1 or min(self.groups, self.chatrooms, self.messages) < 0:
            raise IllegalArgument(detail="numbers are positive, and there is at least one user")
        if (self.groups or self.chatrooms) and self.users < LEAST_ROOM:
            raise IllegalArgument(detail=f"a room needs {LEAST_ROOM} users")
        most = settings.group_max_members
        places = sum(self.group_size(number, most) for number in range(self.groups))
        if places * 2 > self.users * settings.max_joined_groups:
            raise IllegalArgument(detail="too many groups for so few users")
        if self.messages and not (self.users > 1 or self.groups or self.chatrooms):
            raise IllegalArgument(detail="nobody is there to send messages to")

    def group_size(self, number: int, most: int) -> int:
        """Few large ones, a long tail of three: 2,000, 1,231, 927 … 3, about 10 on average."""
        return _falling(min(most, self.users, 2000), number, 0.7)

    def chatroom_size(self, number: int, most: int) -> int:
        return _falling(min(most, max(LEAST_ROOM, self.users // 4), 3000), number, 0.5)


def _falling(largest: int, number: int, power: float) -> int:
    return max(min(LEAST_ROOM, largest), int(largest / (number + 1) ** power))


@dataclass(frozen=True, slots=True)
class Times:
    """Unix ms: users register before `born`, rooms are made from then to `opened`, and messages
    follow until `until`, which is over."""

    born: int
    opened: int
    until: int

    @classmethod
    def before(cls, now_ms: int, days: int) -> "Times":
        until = now_ms - 60_000
        born = until - days * DAY_MS
        return cls(born, born + HOUR_MS, until)


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def spread(start: int, end: int, number: int, of: int) -> int:
    """The ms of the `number`th of `of` things that come evenly between two times."""
    return start + (end - start) * number // max(1, of)


def skewed(dice: random.Random, count: int) -> int:
    """An index below `count`, the first ones far more often: as 1, 1/2, 1/3 …"""
    return min(count - 1, int((count + 1) ** dice.random()) - 1)
