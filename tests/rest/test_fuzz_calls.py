"""Every field of every body takes what no client should send: the answer is the JSON envelope,
never a 500, and a refused call leaves nothing half-written.

A run in CI gives each field a few of the values, another few to the next field; the soak gives
all of them.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from accounts.models import AuditEntry
from chat.models import ProcessLease
from chat.queries.rights import forget_everything
from chat.queries.user_mutes import mutes
from chat.rest.reference.book import CALLS
from chat.rest.reference.call import Call
from tests.rest.living import World, whole_world, world
from tests.rest.test_odd_input import is_sane

__all__ = ["whole_world", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]


def deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


MIB = "x" * (1 << 20)
VALUES: list[Any] = [
    *(None, True, 0, -1, 1.5, 1e300, 10**18, 2**63, 10**40, "", " ", "x", "NaN", "-1", "１"),
    *("\x00", "a\x00b", "\ud800", "a\udfff", "\u202e", "../..", "x" * 9000, MIB, [MIB]),
    *([], {}, [[]], [{}], [None], [""], ["\ud800"], ["\x00"], [10**40], list(range(3000))),
    *({"": None}, {"a": MIB}, {"\ud800": "\ud800"}, {"\x00": 1}, {"type": {}}, {"msg": []}),
    *(deep(40), deep(220), [deep(40)]),
]
A_FEW = 3
_VOLATILE = (AuditEntry, ProcessLease)  # a refusal may be audited; a lease is prolonged


def rows_of_all_tables() -> dict[str, str]:
    """A fingerprint of each table: whatever a call wrote changes one."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model not in _VOLATILE:
                cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
                rows = repr(sorted(map(repr, cursor.fetchall())))
                found[model._meta.db_table] = hashlib.sha256(rows.encode()).hexdigest()
    return found


def places_in(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The body itself and everything inside it."""
    yield path
    items: Any = body.items() if isinstance(body, dict) else ()
    for key, value in enumerate(body) if isinstance(body, list) else items:
        yield from places_in(value, (*path, key))


def with_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = list(body) if isinstance(body, list) else dict(body)
    copy[path[0]] = with_value(body[path[0]], path[1:], value)
    return copy


FUZZED = [call for call in CALLS if call.body is not None]
STARTS = {call.key: number * 7 for number, call in enumerate(FUZZED)}


def try_all(world: World, call: Call, few: int) -> None:
    """Each place of the body gets `few` of the values."""
    before = rows_of_all_tables()
    for number, place in enumerate(places_in(call.body)):
        start = STARTS[call.key] + number * few
        for turn in range(few):
            value = VALUES[(start + turn) % len(VALUES)]
            body = with_value(call.body, place, value)
            with transaction.atomic():
                answer = world.make(call, data=json.dumps(world.filled(body)).encode())
                is_sane(answer, (call.key, place, repr(value)[:100]))
                if answer.status < 400:  # what a refused call left stays, to be seen
                    transaction.set_rollback(True)
            forget_everything()
            mutes.forget_all()
    after = rows_of_all_tables()
    assert {name for name in after if after[name] != before[name]} == set()


@pytest.mark.parametrize("call", FUZZED, ids=lambda call: call.key)
def test_no_field_makes_it_fail_or_half_write(world, call):
    try_all(world, call, A_FEW)


@pytest.mark.soak
@pytest.mark.parametrize("call", FUZZED, ids=lambda call: call.key)
def test_no_value_makes_it_fail_or_half_write(world, call):
    try_all(world, call, len(VALUES))


def test_a_half_written_row_would_be_seen(world):
    before = rows_of_all_tables()
    world.say("PUT /users/demo1", {"nickname": "another"})
    after = rows_of_all_tables()
    assert {name for name in after if after[name] != before[name]} == {"accounts_imuser"}
