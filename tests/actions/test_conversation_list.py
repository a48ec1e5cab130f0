"""The conversation list and the unread total: right, and cheap at log-in."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions.im_users import register_user
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_read
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, ListConversations, MarkRead, SendMessage
from chat.domain.targets import ToGroup, ToUser
from chat.queries.conversations import list_conversations, unread_total

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12


def send(actor, target, text="x"):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": text}))).message_id


def queries_of(call):
    with CaptureQueriesContext(connection) as captured:
        answer = call()
    return answer, len(captured)


def test_queries_do_not_grow_with_the_conversations(app, acting, demo1, demo2):
    counts = []
    for size in (2, 50):
        for number in range(size // 2):
            register_user(app, f"peer{size}x{number}", "pw")
            last = post_message_now(
                acting(),
                SendMessage(
                    ToUser("demo1"), Body("txt", {"msg": "x"}), sender=f"peer{size}x{number}"
                ),
            ).message_id
            made = create_room(
                acting(), CreateRoom("group", f"G{number}", owner="demo2", members=("demo1",))
            )
            group = ToGroup(made.room_id)
            send(acting(demo1), group)
            if number % 2:
                mark_read(acting(demo1), MarkRead(ToUser(f"peer{size}x{number}"), last))
                mark_read(acting(demo1), MarkRead(group, send(acting(demo2), group)))
            send(acting(demo2), group)
        page, listing = queries_of(
            lambda: list_conversations(acting(demo1), ListConversations(limit=100))
        )
        total, counting = queries_of(lambda: unread_total(demo1.id))
        assert total == sum(item.unread for item in page.items)
        assert {item.unread for item in page.items} <= {0, 1}
        counts.append((listing, counting))
    assert len(page.items) == 52
    assert counts[1] <= (MOST_QUERIES, MOST_QUERIES)
    assert counts[1][0] - counts[0][0] <= 2, counts  # marks and recalls may not be asked for
    assert counts[1][1] - counts[0][1] <= 2, counts
