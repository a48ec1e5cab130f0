"""A client's delivered receipt: told once, for the peer's messages only."""

import pytest

from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered
from chat.domain.bodies import Body
from chat.domain.commands import MarkDelivered, SendMessage
from chat.domain.events import Logged, ReceiptGiven
from chat.domain.targets import ToUser


@pytest.fixture
def receipts(published, on_commit_now):
    return lambda: [
        (event.entry.sender, event.fact.kind, event.fact.up_to, audience.topics)
        for event, audience in published
        if isinstance(event, Logged) and isinstance(event.fact, ReceiptGiven)
    ]


def send(actor) -> int:
    text = Body("txt", {"msg": "x"})
    return post_message_now(actor, SendMessage(ToUser("demo2"), text)).message_id


def test_the_peer_is_told_once_of_what_arrived(demo1, demo2, acting, receipts):
    sender, reader = acting(demo1, device="a"), acting(demo2, device="b")
    first, last = send(sender), send(sender)
    for up_to in (last, last, first):
        mark_delivered(reader, MarkDelivered(ToUser("demo1"), up_to, receipt=True))
    topics = (f"u.{demo2.id}", f"u.{demo1.id}")
    assert receipts() == [("demo2", "delivered", last, topics)]


def test_a_transport_s_acknowledgement_tells_nobody(demo1, demo2, acting, receipts):
    last = send(acting(demo1))
    mark_delivered(acting(demo2, device="b"), MarkDelivered(ToUser("demo1"), last))
    assert receipts() == []


def test_a_receipt_is_not_answered_with_a_receipt(demo1, demo2, acting, receipts, published):
    sender, reader = acting(demo1, device="a"), acting(demo2, device="b")
    last = send(sender)
    mark_delivered(reader, MarkDelivered(ToUser("demo1"), last, receipt=True))
    [told] = [
        event for event, _ in published if isinstance(getattr(event, "fact", 0), ReceiptGiven)
    ]
    mark_delivered(sender, MarkDelivered(ToUser("demo2"), told.entry.id, receipt=True))
    assert len(receipts()) == 1
