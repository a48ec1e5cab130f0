"""History and sync under random interleavings: nothing twice, nothing missed."""

import random

import pytest

from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered, mark_read
from chat.domain.bodies import Body
from chat.domain.commands import MarkDelivered, MarkRead, ReadHistory, SendMessage, Sync
from chat.domain.entries import EntryKind
from chat.domain.targets import Place, ToGroup, ToUser
from chat.queries.conversations import unread_total
from chat.queries.history import read_history, sync
from chat.store.expiry import remove_older

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]


def send(actor, target):
    return post_message_now(actor, SendMessage(target, Body("txt", {"msg": "x"}))).message_id


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_through_history_never_repeats_or_misses(acting, demo1, demo2, seed):
    dice = random.Random(seed)
    there = [send(acting(demo1), ToUser("demo2")) for _ in range(dice.randrange(1, 25))]
    seen: list[int] = []
    before, end = 0, False
    while not end:
        page = read_history(
            acting(demo2), ReadHistory(ToUser("demo1"), before, limit=dice.randrange(1, 7))
        )
        seen += [entry.id for entry in page.entries]
        before, end = seen[-1], page.end
        for _ in range(dice.randrange(3)):
            send(acting(demo1), ToUser("demo2"))
    assert seen == there[::-1]


@pytest.mark.parametrize("seed", range(6))
def test_a_device_gets_each_message_exactly_once(acting, demo1, demo2, group, seed):
    dice = random.Random(seed)
    places: dict[str, Place] = {"p": ToUser("demo1"), "g": ToGroup(group.room_id)}
    device, sent, got = acting(demo2, device="d"), [], []
    after = ""
    for step in range(80):
        if step == 79 or dice.random() < 0.4:
            while True:
                page = sync(device, Sync(after=after, limit=dice.randrange(1, 6)))
                new = [entry for entry in page.entries if entry.kind is EntryKind.MESSAGE]
                got += [entry.id for entry in new]
                for entry in page.entries:
                    place = places["g" if entry.conversation.kind == "group" else "p"]
                    mark_delivered(device, MarkDelivered(place, entry.id))
                after = page.next if page.more else ""
                if step < 79 and dice.random() < 0.5:
                    after = ""  # it connected again: its cursors are the place
                    break
                if not page.more:
                    break
        else:
            target = ToUser("demo2") if dice.random() < 0.5 else places["g"]
            sent.append(send(acting(demo1), target))
    assert len(got) == len(set(got))
    assert sorted(got) == sent


@pytest.mark.parametrize("seed", range(8))
def test_unread_is_what_is_kept_and_not_read(app, acting, demo1, demo2, group, seed):
    dice = random.Random(seed)
    places: dict[str, Place] = {"p": ToUser("demo1"), "g": ToGroup(group.room_id)}
    posts: list[tuple[int, str, bool]] = []  # (id, place, by demo1)
    unread: set[int] = set()
    for step in range(60):
        where = dice.choice("pg")
        match dice.randrange(7):
            case 0 | 1 | 2:
                target = ToUser("demo2") if where == "p" else places["g"]
                posts.append((send(acting(demo1), target), where, True))
                unread.add(posts[-1][0])
            case 3:
                posts.append((send(acting(demo2), places[where]), where, False))
            case 4 if posts:
                upto, where, _ = dice.choice(posts)
                mark_read(acting(demo2), MarkRead(places[where], upto))
                unread -= {id_ for id_, place, _ in posts if place == where and id_ <= upto}
            case 5 if posts:
                one, where, _ = dice.choice(posts)
                mark_read(acting(demo2), MarkRead(places[where], one, only=True))
                unread.discard(one)
            case 6 if posts and step % 3 == 0:
                below = dice.choice(posts)[0]
                while remove_older(app.id, below):
                    pass
                unread = {id_ for id_ in unread if id_ >= below}
                posts = [post for post in posts if post[0] >= below]
        assert unread_total(demo2.id) == len(unread), step
