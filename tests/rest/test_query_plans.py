"""Lists cost the same at any depth: cursors are looked up in an index, without OFFSET."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.e2e.backends import database
from tests.requirements import need_postgres
from tests.rest.api import Api, Json
from tests.rest.test_chatrooms import make_room
from tests.rest.test_groups import make_group
from tests.rest.test_threads import make_thread

pytestmark = pytest.mark.django_db

MOST_QUERIES = 8

LISTS = {
    "users": "/users?limit=1",
    "groups": "/chatgroups?limit=1",
    "chatrooms": "/chatrooms?limit=1",
    "contacts": "/users/demo1/contacts?limit=1",
    "blocks": "/users/demo1/blocks/users?pageSize=1",
    "members": "/chatgroups/{group}/users?version=v3&limit=1",
    "threads": "/thread?limit=1",
    "threads, oldest first": "/thread?sort=asc&limit=1",
    "threads of a group": "/threads/chatgroups/{group}?limit=1",
    "joined threads": "/threads/user/demo1?limit=1",
    "joined threads of a group": "/threads/chatgroups/{group}/user/demo1?limit=1",
    "thread members": "/thread/{thread}/users?limit=1",
}


@pytest.fixture
def group(api: Api) -> str:
    for name in ("demo2", "demo3", "stranger"):
        api.post(f"/users/demo1/contacts/users/{name}")
    api.post("/users/demo1/blocks/users", {"usernames": ["demo2", "demo3", "stranger"]})
    made = make_group(api, members=["demo2", "demo3", "stranger"])
    for _ in range(2):
        make_group(api)
    for _ in range(3):
        make_room(api)
    return made


@pytest.fixture
def thread(api: Api, group: str) -> str:
    """One of three in the group, with four members."""
    for _ in range(3):
        made = make_thread(api, group)
    members = {"usernames": ["demo2", "demo3", "stranger"]}
    assert api.post(f"/thread/{made}/users", members).status == 200
    return str(made)


def plan_of(sql: str) -> list[str]:
    """What the database does, one step a line."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return [str(row[3]) for row in cursor.fetchall()]
        # Where the tables are small, reading and sorting all of one is cheaper than an index.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        [(found,)] = cursor.fetchall()
        plan = json.loads(found) if isinstance(found, str) else found
        return list(_steps(plan[0]["Plan"]))


def _steps(node: Json) -> Iterator[str]:
    yield f"{node['Node Type']} {node.get('Relation Name', '')}".strip()
    for below in node.get("Plans", ()):
        yield from _steps(below)


# What reads a whole table, or brings it in order first.
TOO_MUCH = ("SCAN", "USE TEMP B-TREE", "Seq Scan", "Sort", "Incremental Sort")


def cursor_in(answer: Json) -> str:
    return str(answer.get("cursor") or answer["properties"]["cursor"])


@pytest.mark.parametrize("name", LISTS)
def test_a_page_after_a_cursor_is_found_in_an_index(api, group, thread, name):
    first = LISTS[name].format(group=group, thread=thread)
    address = f"{first}&cursor={cursor_in(api.get(first).json)}"
    with CaptureQueriesContext(connection) as captured:
        page = api.get(address)
    assert (page.status, page.json["count"]) == (200, 1)
    selects = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert 0 < len(selects) <= MOST_QUERIES, selects
    for sql in selects:
        assert " OFFSET " not in sql, sql
        for step in plan_of(sql):
            assert not step.startswith(TOO_MUCH), (step, sql)


@pytest.mark.postgres
def test_postgresql_finds_them_in_an_index_too():
    """The same lists in a child process, whose database is PostgreSQL."""
    with database(need_postgres(), f"plans_{uuid.uuid4().hex[:12]}") as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__,
             "-k", "test_a_page_after_a_cursor"],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"{len(LISTS)} passed" in done.stdout
