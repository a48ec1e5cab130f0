"""Lists cost the same at any depth: cursors are looked up in an index, without OFFSET."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.rest.api import Api
from tests.rest.test_chatrooms import make_room
from tests.rest.test_groups import make_group

pytestmark = pytest.mark.django_db

MOST_QUERIES = 8

LISTS = {
    "users": "/users?limit=1",
    "groups": "/chatgroups?limit=1",
    "chatrooms": "/chatrooms?limit=1",
    "contacts": "/users/demo1/contacts?limit=1",
    "blocks": "/users/demo1/blocks/users?pageSize=1",
    "members": "/chatgroups/{group}/users?version=v3&limit=1",
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


def plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [str(row[3]) for row in cursor.fetchall()]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
@pytest.mark.parametrize("name", LISTS)
def test_a_page_after_a_cursor_is_found_in_an_index(api, group, name):
    first = LISTS[name].format(group=group)
    address = f"{first}&cursor={api.get(first).json['cursor']}"
    with CaptureQueriesContext(connection) as captured:
        page = api.get(address)
    assert (page.status, page.json["count"]) == (200, 1)
    selects = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert 0 < len(selects) <= MOST_QUERIES, selects
    for sql in selects:
        assert " OFFSET " not in sql, sql
        for step in plan_of(sql):
            assert not step.startswith("SCAN"), (step, sql)
            assert "TEMP B-TREE" not in step, (step, sql)
