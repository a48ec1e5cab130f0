"""Every list and tab answers with at most 12 queries, however much there is to list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor, AppRef
from accounts.models import ImUser
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_read
from chat.actions.rooms import create_room
from chat.actions.roster import add_contact
from chat.domain.bodies import Body
from chat.domain.commands import AddContact, CreateRoom, MarkRead, SendMessage
from chat.domain.targets import ToGroup, ToUser
from tests.console.conftest import SignIn
from tests.console.pages import url

MOST = 12
MOST_BYTES = 60_000
LISTS = ("users", "groups", "rooms", "messages", "sessions", "audit", "webhooks", "deliveries",
         "scenarios", "send")  # fmt: skip
USER_TABS = ("detail", "roster", "groups", "rooms", "blocks", "sessions", "conversations", "queue",
             "messages")  # fmt: skip
ROOM_TABS = ("detail", "members", "admins", "mutes", "blocks", "allow", "announcement", "messages",
             "settings")  # fmt: skip
PAGES = (
    *((name, {}, {}) for name in LISTS),
    *((f"user_{tab}", {"u": "many"}, {}) for tab in USER_TABS),
    *((f"group_{tab}", {"rid": "g0"}, {}) for tab in ROOM_TABS),
    *((f"room_{tab}", {"rid": "c0"}, {}) for tab in ROOM_TABS),
    *(("messages", {}, {"since": "all", name: "many"}) for name in ("sender", "to")),
    ("messages", {}, {"since": "all", "room": "g0"}),
    ("users", {}, {"q": "peer"}),
)
PEERS = [f"peer{number}" for number in range(12)]


@pytest.fixture
def busy(app: AppRef) -> None:
    """A user with many friends, groups, conversations read and unread, and a queue."""
    users = {name: register_user(app, name, "123456") for name in ("many", *PEERS)}
    actor = Actor(app)
    for number, peer in enumerate(PEERS):
        add_contact(actor, AddContact(owner="many", username=peer))
        members = ("many", *PEERS[:number])
        create_room(actor, CreateRoom("group", "g", owner=peer, members=members,
                                      room_id=f"g{number}"))  # fmt: skip
        create_room(actor, CreateRoom("chatroom", "c", owner="many", room_id=f"c{number}"))
        for text in ("one", "two"):
            body = Body("txt", {"msg": text})
            sent = post_message_now(actor, SendMessage(ToUser("many"), body, sender=peer))
            post_message_now(actor, SendMessage(ToGroup(f"g{number}"), body, sender=peer))
            if number % 2 and text == "one":
                reader = Actor(app, "many", users["many"].id)
                mark_read(reader, MarkRead(ToUser(peer), sent.message_id))
        mine = SendMessage(ToGroup(f"g{number}"), Body("txt", {"msg": "mine"}))
        post_message_now(Actor(app, "many", users["many"].id), mine)


@contextmanager
def counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def count(execute: Any, sql: str, *args: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            asked.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(count):
        yield asked


def test_lists_and_tabs_take_at_most_twelve_queries(owner, busy, browse: SignIn):
    client: Client = browse(owner)
    over = {}
    for name, kwargs, query in PAGES:
        with counted() as asked:
            answer = client.get(url(name, **kwargs), query)
        if len(asked) > MOST:
            over[f"{name} {query}"] = [sql[:150] for sql in asked]
        assert answer.status_code == 200, f"{name} {answer.status_code}"
    told = [f"{name}: {len(asked)}" + "".join(f"\n  {sql}" for sql in asked)
            for name, asked in over.items()]  # fmt: skip
    assert not over, "\n".join(told)


def test_member_list_with_all_its_buttons_is_at_most_60_kb(owner, app, browse: SignIn):
    """However long the room is: a page of it (console.md §2)."""
    names = tuple(f"member-with-a-name-{number}" for number in range(30))
    ImUser.objects.bulk_create(ImUser(app_id=app.id, username=name, born_id=1) for name in names)
    create_room(
        Actor(app), CreateRoom("chatroom", "c", owner=names[0], members=names, room_id="9" * 15)
    )
    answer = browse(owner).get(url("room_members", rid="9" * 15))
    assert answer.content.count(b'data-test="member-row"') == 25
    assert len(answer.content) <= MOST_BYTES
