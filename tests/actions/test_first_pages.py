"""The first pages of many devices, read together: what each is told, and what it costs."""

import random

import pytest

from chat.actions.messages import post_message_now
from chat.actions.own_history import hide_messages
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_delivered
from chat.actions.room_members import add_members, remove_members
from chat.domain.bodies import Body
from chat.domain.commands import (
    AddMembers,
    HideMessages,
    MarkDelivered,
    RecallMessage,
    RemoveMembers,
    SendMessage,
    Sync,
)
from chat.domain.entries import Entry
from chat.domain.targets import ToGroup, ToUser
from chat.models import DeviceCursor
from chat.queries.first_pages import first_pages
from chat.queries.history import sync

pytestmark = pytest.mark.django_db

NAMES = ("demo1", "demo2", "demo3")


def send(actor, target):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": "x"}))).message_id


def by_itself(actor) -> list[Entry]:
    """All that a device missed, one entry a page."""
    entries: list[Entry] = []
    after = ""
    for _ in range(1000):
        page = sync(actor, Sync(after=after, limit=1))
        entries += page.entries
        if not page.more:
            return entries
        assert page.next != after, page
        after = page.next
    raise AssertionError("it never ends")


def cursors_of(device):
    rows = DeviceCursor.objects.filter(device=device)
    return sorted(rows.values_list("user_id", "conversation_id", "seq"))


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(6))
def test_each_device_is_told_what_it_is_told_by_itself(
    app, other_app, acting, demo1, demo2, demo3, group, seed
):
    dice = random.Random(seed)
    people = dict(zip(NAMES, (demo1, demo2, demo3), strict=True))
    in_group = ToGroup(group.room_id)
    inside = set(NAMES)
    first = send(acting(demo1), ToUser("demo2"))
    mark_delivered(acting(demo2, device="known"), MarkDelivered(ToUser("demo1"), first))
    for _ in range(60):
        name, peer = dice.choice(NAMES), dice.choice(NAMES)
        target = in_group if name in inside and dice.random() < 0.5 else ToUser(peer)
        actor = acting(people[name], device=dice.choice(("known", "web")))
        sent = send(actor, target)
        match dice.randrange(6):
            case 0:
                recall_message(actor, RecallMessage(sent))
            case 1 if target == ToUser(peer):
                hide_messages(acting(people[peer]), HideMessages(ToUser(name), message_ids=(sent,)))
            case 2 if target == ToUser(peer) and peer != name:
                got = acting(people[peer], device="known")
                mark_delivered(got, MarkDelivered(ToUser(name), sent))
            case 3 if "demo3" in inside:
                remove_members(acting(), RemoveMembers(in_group, ("demo3",)))
                inside.discard("demo3")
            case 4 if "demo3" not in inside:
                add_members(acting(), AddMembers(in_group, ("demo3",)))
                inside.add("demo3")
    devices = [
        acting(people[name], device=device) for name in NAMES for device in ("known", "new", "")
    ]
    alone = [by_itself(actor) for actor in devices]
    assert sum(map(len, alone)) > 50
    kept = cursors_of("new")
    DeviceCursor.objects.filter(device="new").delete()
    pages = first_pages([(actor, Sync(limit=200)) for actor in devices])
    assert [list(page.entries) for page in pages if page is not None] == alone
    assert not any(page is None or page.more or page.next for page in pages)
    assert cursors_of("new") == kept
    assert kept


def test_many_devices_take_the_queries_of_one(
    acting, demo1, demo2, demo3, group, django_assert_num_queries
):
    people = (demo1, demo2, demo3)
    for name in NAMES[:2]:
        send(acting(demo3), ToUser(name))
        send(acting(demo1), ToGroup(group.room_id))
    for device in ("phone", "web"):
        with django_assert_num_queries(4):
            pages = first_pages([(acting(user, device=device), Sync()) for user in people])
        assert [len(page.entries) > 0 for page in pages if page] == [True, True, True]


def test_who_missed_more_than_a_page_is_left_to_be_read_alone(acting, demo1, demo2, demo3):
    for _ in range(3):
        send(acting(demo1), ToUser("demo2"))
    send(acting(demo1), ToUser("demo3"))
    much, little = acting(demo2, device="d"), acting(demo3, device="d")
    none, page = first_pages([(much, Sync(limit=2)), (little, Sync(limit=2))])
    assert none is None
    assert page is not None
    assert len(page.entries) == 1
    page = sync(much, Sync(limit=2))
    assert (len(page.entries), page.more) == (2, True)


def test_what_several_missed_is_one_entry(acting, demo1, demo2, group):
    send(acting(demo1, device="web"), ToGroup(group.room_id))
    pages = first_pages([(acting(user, device="d"), Sync()) for user in (demo1, demo2)])
    first, second = (page.entries[-1] for page in pages if page is not None)
    assert first is second
