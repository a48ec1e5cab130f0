"""How many queries each call of the reference takes, and that lists take no more when they grow."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chat.rest.reference.book import CALLS
from chat.rest.reference.call import Call
from tests.rest.growth import NEW, grow
from tests.rest.living import World, each_call, whole_world, world

__all__ = ["whole_world", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

FILE = Path(__file__).with_name("query_counts.json")
IS_RECORDING = os.environ.get("IM_RECORD_REFERENCE") == "1"
MOST = 40  # nothing takes more, whatever is recorded…
CASCADES = {"DELETE /users/demo4": 60, "DELETE /users?limit=1": 110}  # …but a user's traces
MANY = (
    ("/users/batch/status", "usernames"),
    ("/metadata/user/get", "targets"),
    ("/users/demo1/presence", "usernames"),
)
_NO_QUERY = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


def queries_of(world: World, call: Call) -> list[str]:
    """What a call asks the database once everything that is remembered has been asked for."""
    with transaction.atomic():
        assert world.make(call).status == call.status, call.key
        transaction.set_rollback(True)
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        world.make(call)
        transaction.set_rollback(True)
    # The process's lease is prolonged by the clock, not by the call.
    asked = [one["sql"] for one in captured if "chat_processlease" not in one["sql"]]
    return [sql for sql in asked if not sql.startswith(_NO_QUERY)]


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, int]]:
    """The most that each call may take."""
    if not IS_RECORDING:
        yield json.loads(FILE.read_text())
        return
    made: dict[str, int] = {}
    yield made
    FILE.write_text(json.dumps({call.key: made[call.key] for call in CALLS}, indent=0) + "\n")


@each_call
def test_a_call_takes_no_more_queries_than_it_did(world, counts, call):
    asked = queries_of(world, call)
    if IS_RECORDING:
        counts[call.key] = len(asked)
    most = CASCADES.get(f"{call.method} {call.path}", MOST)
    assert len(asked) <= min(counts[call.key], most), asked


def longer(call: Call) -> Call:
    """The same call for a page of fifty, and for everybody in one body."""
    path = call.path
    for short in ("limit=2", "limit=10", "pagesize=10", "pageSize=10"):
        path = path.replace(short, f"{short.partition('=')[0]}=50")
    return replace(call, path=path.replace("pagesize=5&", "pagesize=20&"))


def test_lists_of_twenty_more_take_as_many_queries(world):
    lists = [longer(call) for call in CALLS if call.method == "GET" and call.status == 200]
    assert len(lists) > 60
    before = {call.key: queries_of(world, call) for call in lists}
    grow(world)
    grown = {}
    for call in lists:
        asked = queries_of(world, call)
        if len(asked) > len(before[call.key]):
            grown[call.key] = asked[len(before[call.key]) :][:3]
    assert grown == {}
    for path, field in MANY:
        few = queries_of(world, Call("", "POST", path, {field: NEW[:1]}))
        many = queries_of(world, Call("", "POST", path, {field: NEW}))
        assert len(many) == len(few), (path, many)
