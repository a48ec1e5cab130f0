"""Messages of the server that move no conversation list: they arrive, are read and are in history.

decisions/0019.
"""

import pytest

from accounts.actions.im_apps import change_settings
from chat.actions.conversations import remove_conversation
from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_read
from chat.domain.bodies import Body
from chat.domain.commands import (
    ListConversations,
    MarkRead,
    ReadHistory,
    RecallMessage,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryFlag, EntryKind
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.models import EntryRow
from chat.queries.conversations import (
    counts_of,
    list_conversations,
    offline_count,
    unread_total,
)
from chat.queries.history import read_history, sync
from chat.queries.log_views import reader_of, views_of
from chat.store.reading import entry_by_id

pytestmark = pytest.mark.django_db


def say(actor, target, text, **more):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": text}), **more))


def listed(actor):
    """(text of the last message, unread) of each conversation, the newest first."""
    items = list_conversations(actor, ListConversations()).items
    return [
        (one.last_message.payload["body"]["msg"] if one.last_message else "", one.unread)
        for one in items
    ]


def texts(actor, place):
    page = read_history(actor, ReadHistory(place, limit=50))
    assert page.total == len(page.entries)
    return [entry.payload["body"]["msg"] for entry in page.entries]


@pytest.fixture
def unlisted(app):
    change_settings(app, {"rest_messages_listed": False})


def test_while_it_is_on_a_message_of_the_server_is_like_any_other(acting, demo1, demo2):
    say(acting(), ToUser("demo2"), "from rest", sender="demo1")
    assert listed(acting(demo2)) == [("from rest", 1)]
    assert unread_total(demo2.id) == 1


def test_it_makes_no_line_and_is_in_no_total(app, unlisted, acting, demo1, demo2, group):
    to_pair, to_group = ToUser("demo2"), ToGroup(group.room_id)
    for target in (to_pair, to_group):
        say(acting(), target, "from rest", sender="demo1")
    me = acting(demo2, device="phone")
    assert listed(me) == listed(acting(demo1)) == []
    assert unread_total(demo2.id) == 0
    reader = reader_of(me)
    assert counts_of(app, reader, views_of(app.id, reader)).conversations == 0
    for place in (ToUser("demo1"), to_group):
        assert texts(me, place) == ["from rest"]
    assert offline_count(app, "demo2") == 2
    came = [entry.payload for entry in sync(me, Sync()).entries if entry.type == "txt"]
    assert [payload["body"]["msg"] for payload in came] == ["from rest"] * 2


def test_it_moves_no_line_and_is_unread_in_one_that_is_there(unlisted, acting, demo1, demo2, demo3):
    say(acting(demo1), ToUser("demo2"), "one")
    say(acting(demo3), ToUser("demo2"), "two")
    sent = say(acting(), ToUser("demo2"), "from rest", sender="demo1").message_id
    assert listed(acting(demo2)) == [("two", 1), ("one", 2)]
    assert unread_total(demo2.id) == 3
    assert mark_read(acting(demo2), MarkRead(ToUser("demo1"), sent)).unread == 0
    assert EntryRow.objects.get(kind=EntryKind.RECEIPT).sender == "demo2"
    assert listed(acting(demo2)) == [("two", 1), ("one", 0)]
    say(acting(demo1), ToUser("demo2"), "three")
    assert listed(acting(demo2)) == [("three", 1), ("two", 1)]


def test_it_does_not_bring_back_what_was_taken_off_the_list(app, unlisted, acting, demo1, demo2):
    me = acting(demo2)
    say(acting(demo1), ToUser("demo2"), "one")
    remove_conversation(me, ToUser("demo1"), history_too=False)
    say(acting(), ToUser("demo2"), "from rest", sender="demo1")
    assert (listed(me), unread_total(demo2.id)) == ([], 0)
    assert texts(me, ToUser("demo1")) == ["from rest", "one"]
    say(acting(demo1), ToUser("demo2"), "two")
    assert (listed(me), unread_total(demo2.id)) == ([("two", 2)], 2)


def test_a_recall_never_makes_it_the_last_message(unlisted, acting, demo1, demo2):
    say(acting(demo1), ToUser("demo2"), "one")
    say(acting(), ToUser("demo2"), "from rest", sender="demo1")
    last = say(acting(demo1), ToUser("demo2"), "two").message_id
    recall_message(acting(demo1), RecallMessage(last))
    assert listed(acting(demo2)) == [("one", 2)]


def test_clients_and_places_without_a_list_are_not_concerned(
    app, unlisted, acting, demo1, chatroom
):
    client = say(acting(demo1), ToUser("demo2"), "x").message_id
    in_room = say(acting(), ToChatroom(chatroom.room_id), "x").message_id
    command = say(acting(), ToUser("demo1"), "x", online_only=True).message_id
    for message_id in (client, in_room, command):
        entry = entry_by_id(app.id, message_id)
        assert entry is not None
        assert not entry.flags & EntryFlag.UNLISTED
    assert EntryRow.objects.filter(flags__gte=EntryFlag.UNLISTED).count() == 0
