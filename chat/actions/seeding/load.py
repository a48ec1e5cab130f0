"""Fills an app with a large amount of data: all of it or nothing."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.actions.audit import note
from accounts.actions.passwords import check_password
from accounts.domain.actor import AppRef
from accounts.domain.errors import IllegalArgument
from accounts.models import ImUser
from chat.actions.seeding.people import make_people
from chat.actions.seeding.plan import Sizes, Times
from chat.actions.seeding.rooms import make_rooms
from chat.actions.seeding.talk import Talk
from chat.models import (
    ConversationRow,
    ConversationState,
    DeviceCursor,
    EntryRow,
    Room,
    RoomMember,
    RosterEntry,
    WebhookRule,
)
from chat.store.clock import now_ms

_SQLITE_CACHE_KIB = 400_000
_LOADED = (
    *(ImUser, RosterEntry, Room, RoomMember, ConversationRow, EntryRow),
    *(ConversationState, DeviceCursor),
)


def load_large(
    app: AppRef,
    sizes: Sizes,
    *,
    seed: int = 1,
    password: str = "123456",  # noqa: S107 (known on purpose, as the demo's)
    add: bool = False,
    at_ms: int = 0,
    tell: Callable[[str], None] = lambda said: None,
) -> None:
    """Make users, rooms and messages. The same seed and sizes give the same people and talk.

    Messages lie in the `days` before `at_ms` (0: now). Nobody is told, no webhook is asked, and
    limits of calls do not count; what is stored is what the actions would have stored. On SQLite
    it holds the only write lock until it is done.

    Raises:
        IllegalArgument: numbers that cannot be; the app has data and `add` is not set, or has
            webhooks, which would be told of every message.
    """
    sizes.check(app.settings)
    check_password(password)
    times = Times.before(at_ms or now_ms(), sizes.days)
    dice = random.Random(seed)  # noqa: S311 (no secret)
    with _large_cache(), transaction.atomic(), connection.cursor() as cursor:
        _demand_place(app, add=add)
        people = make_people(cursor, app, sizes, times, dice, password)
        tell(f"{len(people)} users, {len(people.friends)} friendships")
        rooms = make_rooms(cursor, app, sizes, times, dice, people)
        tell(f"{sizes.groups} groups, {sizes.chatrooms} chatrooms")
        Talk(app, people, rooms, times, dice).make(cursor, sizes.messages)
        tell(f"{sizes.messages} messages")
        made = {"users": sizes.users, "groups": sizes.groups, "chatrooms": sizes.chatrooms,
                "messages": sizes.messages}  # fmt: skip
        note("app.seed", app, "app", str(app.appkey), {k: [None, v] for k, v in made.items()})
    with connection.cursor() as cursor:
        _refresh_statistics(cursor)


def _demand_place(app: AppRef, *, add: bool) -> None:
    if WebhookRule.objects.filter(app_id=app.id).exists():
        raise IllegalArgument(detail="the app has webhooks: they would be told of every message")
    if not add and any(
        model.objects.filter(app_id=app.id).exists() for model in (ImUser, Room, ConversationRow)
    ):
        raise IllegalArgument(detail="the app has data; say so if more is to be added to it")


@contextmanager
def _large_cache() -> Iterator[None]:
    """Room for the indexes of a million entries, which are filled in no order."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        [before] = cursor.fetchone()
        cursor.execute(f"PRAGMA cache_size=-{_SQLITE_CACHE_KIB}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size={before}")


def _refresh_statistics(cursor: CursorWrapper) -> None:
    """PostgreSQL plans by what it knows of its tables; autovacuum would come minutes later."""
    if connection.vendor == "postgresql":
        for model in _LOADED:
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')
