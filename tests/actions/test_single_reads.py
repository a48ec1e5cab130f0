"""Single messages read above the cursor, which they join when nothing unread lies between."""

import pytest

from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_read
from chat.domain.bodies import Body
from chat.domain.commands import MarkRead, RecallMessage, SendMessage
from chat.domain.targets import ToGroup, ToUser
from chat.models import ConversationState
from chat.queries.conversations import unread_total
from chat.store.expiry import remove_older

pytestmark = pytest.mark.django_db


def send(actor, target):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": "x"}))).message_id


def test_one_message_read_leaves_those_before_it_unread(
    acting, demo1, demo2, published, on_commit_now
):
    ids = [send(acting(demo1), ToUser("demo2")) for _ in range(4)]
    peer, me = ToUser("demo1"), acting(demo2)
    published.clear()
    assert mark_read(me, MarkRead(peer, ids[2], only=True)).unread == 3
    assert mark_read(me, MarkRead(peer, ids[2], only=True)).unread == 3
    [(event, _)] = published
    assert (event.fact.up_to, event.fact.single) == (ids[2], True)
    own = send(me, peer)
    assert mark_read(me, MarkRead(peer, own, only=True)).unread == 3
    recall_message(acting(demo1), RecallMessage(ids[2]))
    assert unread_total(demo2.id) == 3, "read and recalled is subtracted once"
    assert mark_read(me, MarkRead(peer, ids[0], only=True)).unread == 2
    assert mark_read(me, MarkRead(peer, ids[1], only=True)).unread == 1
    state = ConversationState.objects.get(user=demo2.id)
    assert (state.read_seq, state.marks) == (3, [])
    assert mark_read(me, MarkRead(peer, ids[3])).unread == 0


def test_marks_in_a_group_fold_over_ones_own_messages(app, acting, demo1, demo2, group):
    target, me = ToGroup(group.room_id), acting(demo2)
    first, _, third = (send(actor, target) for actor in (acting(demo1), me, acting(demo1)))
    assert mark_read(me, MarkRead(target, third, only=True)).unread == 1
    assert mark_read(me, MarkRead(target, first, only=True)).unread == 0
    assert ConversationState.objects.get(user=demo2.id).marks == []
    last = send(acting(demo1), target)
    while remove_older(app.id, last):
        pass
    assert unread_total(demo2.id) == 1
    assert mark_read(me, MarkRead(target, last, only=True)).unread == 0
