"""The log of messages where no index knows what is wanted: a page looks at so many entries, says
so, and the next one goes on there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.domain.answers import RoomInfo
from chat.domain.bodies import Body
from chat.domain.commands import RecallMessage, SendMessage
from chat.domain.targets import Target, ToGroup, ToUser
from chat.queries import message_log
from chat.queries.message_log import MessageFilter, find_messages

LOOKED_AT = 4


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_log, "MOST_LOOKED_AT", LOOKED_AT)
    monkeypatch.setattr(message_log, "LOOK_AT", {"read": LOOKED_AT})


def pages(app: AppRef, wanted: MessageFilter, limit: int = 3) -> list[tuple[list[int], bool]]:
    """The ids of each page, and whether it ended early."""
    made, before = [], 0
    while True:
        found = find_messages(app, wanted, before=before, limit=limit)
        made.append(([entry.id for entry in found.entries], found.is_partial))
        before = found.more
        if not before:
            return made


@pytest.fixture
def log(
    app: AppRef, acting: Callable[..., Actor], demo1: UserInfo, demo2: UserInfo, group: RoomInfo
) -> dict[str, list[int]]:
    """Ids by type, the newest first: one of eleven is a place."""
    ids: dict[str, list[int]] = {"txt": [], "loc": []}
    places: tuple[tuple[UserInfo, Target], ...] = (
        (demo1, ToUser("demo2")), (demo2, ToUser("demo1")), (demo1, ToGroup(group.room_id)),
    )  # fmt: skip
    for number in range(33):
        who, where = places[number % 3]
        is_place = number % 11 == 5
        body = Body("loc", {"lat": 1, "lng": 2, "addr": "x"}) if is_place else None
        sent = post_message_now(
            acting(who), SendMessage(where, body or Body("txt", {"msg": str(number)}))
        )
        ids["loc" if is_place else "txt"].insert(0, sent.message_id)
    return ids


def test_rare_type_is_found_a_part_at_a_time(app: AppRef, log: dict[str, list[int]]):
    made = pages(app, MessageFilter(type="loc"))
    assert [one for ids, _ in made for one in ids] == log["loc"]
    assert made[0] == ([], True)  # nothing there, and not the end
    assert made[-1][1] is False
    assert len(made) > len(log["loc"])


def test_common_type_fills_its_pages(app: AppRef, log: dict[str, list[int]]):
    made = pages(app, MessageFilter(type="txt"), limit=2)
    assert [one for ids, _ in made for one in ids] == log["txt"]
    assert all(len(ids) == 2 for ids, is_partial in made[:-1] if not is_partial)


@pytest.mark.parametrize("who", [{"sender": "demo1"}, {"to": "demo2"}, {"room_id": "group"}])
@pytest.mark.parametrize("read_whole", [0, 5000])
def test_filters_of_people_and_places_have_parts_too(
    who: dict[str, str], read_whole: int, app: AppRef, log: dict[str, list[int]],
    group: RoomInfo, acting: Callable[..., Actor], demo1: UserInfo, demo3: UserInfo,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    for text in "ab":  # a second log of demo2
        post_message_now(acting(demo3), SendMessage(ToUser("demo2"), Body("txt", {"msg": text})))
    monkeypatch.setattr(message_log, "READ_WHOLE", read_whole)
    wanted = MessageFilter(
        sender=who.get("sender", ""),
        to=who.get("to", ""),
        room_id=group.room_id if "room_id" in who else "",
    )
    everything = [one for ids, _ in pages(app, wanted) for one in ids]
    assert everything
    made = pages(app, replace(wanted, type="loc"))
    assert [one for ids, _ in made for one in ids] == [
        one for one in everything if one in log["loc"]
    ]
    is_read_whole = "to" in who and read_whole
    assert any(is_partial for _, is_partial in made) is not bool(is_read_whole)


def test_what_an_index_knows_is_looked_for_in_all(app: AppRef, log: dict[str, list[int]]):
    for wanted in (
        MessageFilter(), MessageFilter(sender="demo1"), MessageFilter(party="demo1"),
        MessageFilter(message_id=log["txt"][-1]), MessageFilter(state="recalled"),
    ):  # fmt: skip
        assert not any(is_partial for _, is_partial in pages(app, wanted)), wanted


def test_range_bounds_what_is_looked_at(app: AppRef, log: dict[str, list[int]]):
    """Nothing is older: the whole range was looked at."""
    last_ms = find_messages(app, MessageFilter(), limit=1).entries[0].created_ms
    found = find_messages(app, MessageFilter(type="custom", since_ms=last_ms + 60_000))
    assert (found.entries, found.more, found.is_partial) == ([], 0, False)


def test_recalled_messages_are_found_by_their_index(
    app: AppRef, log: dict[str, list[int]], acting: Callable[..., Actor]
):
    recall_message(acting(), RecallMessage(log["txt"][-1], force=True))
    asked: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(keep):
        found = find_messages(app, MessageFilter(state="recalled"))
    assert [entry.id for entry in found.entries] == [log["txt"][-1]]
    if connection.vendor == "sqlite":
        [(sql, params)] = asked  # with its marks: a value that is bound proves no index's condition
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            assert "USING INDEX recalled_of_app" in str(cursor.fetchall())
