"""Receipts, recalls, history, sync and unread counts together, on the same logs."""

import random

import pytest

from accounts.actions.im_apps import change_app
from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_delivered, mark_read
from chat.actions.room_members import add_members, remove_members
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import (
    AddMembers,
    CreateRoom,
    ListConversations,
    MarkDelivered,
    MarkRead,
    ReadHistory,
    RecallMessage,
    RemoveMembers,
    SendMessage,
    Sync,
)
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.domain.errors import (
    IllegalArgument,
    MessageNotFound,
    NotItsTarget,
    NotMember,
    NotPermitted,
    NotRecallable,
    RecallDisabled,
    RecallTooLate,
)
from chat.domain.events import MessageOptions, MessageRecalled, ReceiptGiven
from chat.domain.targets import ToChatroom, ToGroup, ToSelf, ToUser
from chat.models import EntryRow
from chat.queries import rights
from chat.queries.conversations import list_conversations, offline_count, unread_total
from chat.queries.history import read_history, sync
from chat.queries.message_log import MessageFilter, find_messages, get_message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cold(db):
    rights.forget_everything()


@pytest.fixture
def group(acting, demo1, demo2):
    made = create_room(acting(), CreateRoom("group", "G", owner="demo1", members=("demo2",)))
    return ToGroup(made.room_id)


def text(number):
    return Body("txt", {"msg": str(number)})


def send(actor, target, number=0, **more):
    return post_message_now(actor, SendMessage(target, text(number), **more)).message_id


def texts(entries):
    return [e.payload["body"]["msg"] for e in entries if e.kind is EntryKind.MESSAGE]


def test_reading_tells_the_peer_once(acting, demo1, demo2, published, on_commit_now):
    last = [send(acting(demo1), ToUser("demo2"), n) for n in range(3)][-1]
    published.clear()
    for _ in range(2):
        assert mark_read(acting(demo2, device="d"), MarkRead(ToUser("demo1"), last)).unread == 0
    [(event, audience)] = published
    assert event.fact == ReceiptGiven("read", last)
    assert set(audience.topics) == {f"u.{demo1.id}", f"u.{demo2.id}"}
    assert audience.skip_device == (demo2.id, "d")
    [item] = list_conversations(acting(demo1), ListConversations()).items
    assert item.peer_read_up_to == last
    assert unread_total(demo2.id) == 0


def test_a_read_cursor_never_goes_back(acting, demo1, demo2):
    ids = [send(acting(demo1), ToUser("demo2"), n) for n in range(4)]
    assert mark_read(acting(demo2), MarkRead(ToUser("demo1"), ids[1])).unread == 2
    assert mark_read(acting(demo2), MarkRead(ToUser("demo1"), ids[0])).unread == 2
    assert mark_read(acting(demo2), MarkRead(ToUser("stranger"), 5)).unread == 0


def test_delivered_moves_the_device_and_makes_no_entry(app, acting, demo1, demo2):
    ids = [send(acting(demo1), ToUser("demo2"), n) for n in range(3)]
    device = acting(demo2, device="d")
    assert offline_count(app, "demo2") == 3
    before = EntryRow.objects.count()
    assert mark_delivered(device, MarkDelivered(ToUser("demo1"), ids[1])).unread == 3
    assert EntryRow.objects.count() == before
    assert texts(sync(device, Sync()).entries) == ["2"]
    assert offline_count(app, "demo2") == 1
    # A new device starts at what any device has; afterwards it keeps its own place.
    other = acting(demo2, device="new")
    assert texts(sync(other, Sync()).entries) == ["2"]
    mark_delivered(device, MarkDelivered(ToUser("demo1"), ids[2]))
    assert texts(sync(other, Sync()).entries) == ["2"]
    assert sync(device, Sync()).entries == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_a_sync_in_pages_brings_everything_once(acting, demo1, demo2, demo3, group, limit):
    for number in range(5):
        send(acting(demo1), ToUser("demo2"), number)
        send(acting(demo3), ToUser("demo2"), number)
        send(acting(demo1), group, number)
        send(acting(demo2, device="d"), group, 100 + number)
    device, after = acting(demo2, device="d"), ""
    got: list[Entry] = []
    while True:
        page = sync(device, Sync(after=after, limit=limit))
        got += page.entries
        assert len(page.entries) <= limit
        if not page.more:
            break
        after = page.next
    assert len({entry.id for entry in got}) == len(got)
    assert sorted(texts(got)) == sorted([str(n) for n in range(5)] * 3)
    assert sync(device, Sync(ToUser("demo1"), limit=2)).more


def test_a_page_may_end_with_a_former_stay(acting, demo1, demo2, group):
    remove_members(acting(demo1), RemoveMembers(group, ("demo2",)))
    add_members(acting(demo1), AddMembers(group, ("demo2",)))
    sent = send(acting(demo1), group)
    ids: list[int] = []
    after, more = "", True
    while more and len(ids) < 9:
        page = sync(acting(demo2, device="d"), Sync(after=after, limit=1))
        ids += [entry.id for entry in page.entries]
        after, more = page.next, page.more
    assert len(ids) == len(set(ids))
    assert ids[-1] == sent


def test_sync_leaves_out_what_is_not_for_this_device(acting, demo1, demo2, group):
    send(acting(demo1, device="a"), ToUser("demo2"), 1)
    send(acting(demo1), ToUser("demo2"), 2, online_only=True)
    send(acting(), ToUser("demo2"), 3, sender="demo1")
    send(acting(demo1), group, 4, only=("demo1",))
    assert texts(sync(acting(demo1, device="a"), Sync()).entries) == ["4"]
    assert sorted(texts(sync(acting(demo1, device="b"), Sync()).entries)) == ["1", "4"]
    assert texts(sync(acting(demo2, device="c"), Sync()).entries) == ["1", "3"]
    assert sync(acting(demo2), Sync(ToSelf())).more is False
    for bad in ("x", "1.", "5"):
        with pytest.raises(IllegalArgument):
            sync(acting(demo2), Sync(after=bad))


def test_a_removed_member_syncs_up_to_the_removal(acting, demo1, demo2, group):
    send(acting(demo1), group, 1)
    remove_members(acting(), RemoveMembers(group, ("demo2",)))
    send(acting(demo1), group, 2)
    entries = sync(acting(demo2, device="d"), Sync()).entries
    assert texts(entries) == ["1"]
    assert entries[-1].type == "members_removed"
    with pytest.raises(NotMember):
        read_history(acting(demo2), ReadHistory(group))
    assert unread_total(demo2.id) == 0


def test_history_pages_newest_first_and_knows_its_end(app, acting, demo1, demo2):
    for number in range(7):
        send(
            acting(demo1 if number % 2 else demo2),
            ToUser("demo2" if number % 2 else "demo1"),
            number,
        )
    seen, before, end = [], 0, False
    while not end:
        page = read_history(acting(demo1), ReadHistory(ToUser("demo2"), before, limit=3))
        assert page.total == 7
        seen += texts(page.entries)
        before, end = page.entries[-1].id, page.end
    assert seen == [str(n) for n in reversed(range(7))]
    assert read_history(acting(demo1), ReadHistory(ToUser("nobody"))).total == 0


def test_what_history_hides_from_a_user_leaves_no_short_page(acting, demo1, demo2):
    hides = MessageOptions(roam_ignore=("demo2",))
    ids = [
        send(acting(demo1), ToUser("demo2"), n, options=hides if n % 3 else MessageOptions())
        for n in range(10)
    ]
    first = read_history(acting(demo2), ReadHistory(ToUser("demo1"), limit=2))
    assert ([entry.id for entry in first.entries], first.end) == ([ids[9], ids[6]], False)
    last = read_history(acting(demo2), ReadHistory(ToUser("demo1"), ids[6], limit=2))
    assert ([entry.id for entry in last.entries], last.end) == ([ids[3], ids[0]], True)
    assert len(read_history(acting(demo1), ReadHistory(ToUser("demo2"), limit=20)).entries) == 10


def test_history_starts_at_the_join_unless_the_app_opens_it(app, acting, demo1, demo3, group):
    send(acting(demo1), group, 1)
    add_members(acting(), AddMembers(group, ("demo3",)))
    send(acting(demo1), group, 2)
    page = read_history(acting(demo3), ReadHistory(group))
    assert (texts(page.entries), page.total, unread_total(demo3.id)) == (["2"], 1, 1)
    change_app(app, settings=app.settings.changed(history_before_join=True))
    assert texts(read_history(acting(demo3), ReadHistory(group)).entries) == ["2", "1"]


def test_a_chatrooms_history_is_open_while_the_app_keeps_it(app, acting, demo1, stranger):
    room = create_room(acting(), CreateRoom("chatroom", "R", owner="demo1"))
    send(acting(demo1), ToChatroom(room.room_id), 1)
    place = ReadHistory(ToChatroom(room.room_id))
    assert texts(read_history(acting(stranger), place).entries) == ["1"]
    change_app(app, settings=app.settings.changed(room_history=False))
    assert read_history(acting(stranger), place).total == 0


def test_a_recalled_message_is_gone_and_everyone_is_told(
    app, acting, demo1, demo2, published, on_commit_now
):
    first = send(acting(demo1), ToUser("demo2"), 1)
    last = send(acting(demo1), ToUser("demo2"), "secret")
    recall_message(acting(demo1), RecallMessage(last, info="oops"))
    event, audience = published[-1]
    assert event.fact == MessageRecalled(last, "oops")
    assert set(audience.topics) == {f"u.{demo1.id}", f"u.{demo2.id}"}
    assert "secret" not in EntryRow.objects.get(id=last).payload
    assert get_message(app, last).state is EntryState.RECALLED
    page = read_history(acting(demo2), ReadHistory(ToUser("demo1")))
    assert ([e.id for e in page.entries], page.total) == ([first], 1)
    [item] = list_conversations(acting(demo2), ListConversations()).items
    assert item.last_message is not None
    assert (item.last_message.id, item.unread) == (first, 1)
    with pytest.raises(MessageNotFound):
        recall_message(acting(demo1), RecallMessage(last))


def test_who_may_recall(app, acting, demo1, demo2, demo3, group):
    pair = send(acting(demo1), ToUser("demo2"))
    with pytest.raises(NotPermitted):
        recall_message(acting(demo2), RecallMessage(pair))
    with pytest.raises(MessageNotFound):
        recall_message(acting(demo3), RecallMessage(pair))
    for wrong in (ToUser("demo3"), group):
        with pytest.raises(NotItsTarget):
            recall_message(acting(), RecallMessage(pair, wrong))
        with pytest.raises(MessageNotFound):
            recall_message(acting(demo1), RecallMessage(pair, wrong))
    recall_message(acting(), RecallMessage(pair, ToUser("demo2")))
    by_owner, by_member = send(acting(demo1), group), send(acting(demo2), group)
    with pytest.raises(NotPermitted):
        recall_message(acting(demo2), RecallMessage(by_owner))
    with pytest.raises(MessageNotFound):
        recall_message(acting(demo3), RecallMessage(by_owner))
    recall_message(acting(demo1), RecallMessage(by_member, group))


def test_when_a_recall_is_refused(app, acting, demo1, demo2):
    old = send(acting(demo1), ToUser("demo2"))
    EntryRow.objects.filter(id=old).update(created_ms=1)
    for actor in (acting(demo1), acting()):
        with pytest.raises(RecallTooLate):
            recall_message(actor, RecallMessage(old))
    with pytest.raises(RecallTooLate):  # only the app may force
        recall_message(acting(demo1), RecallMessage(old, force=True))
    recall_message(acting(), RecallMessage(old, force=True))
    recall_message(acting(), RecallMessage(5, force=True))
    with pytest.raises(MessageNotFound):
        recall_message(acting(), RecallMessage(5))
    cmd = SendMessage(ToUser("demo2"), Body("cmd", {"action": "x"}))
    with pytest.raises(NotRecallable):
        recall_message(acting(), RecallMessage(post_message_now(acting(), cmd).message_id))
    change_app(app, settings=app.settings.changed(recall_enabled=False))
    with pytest.raises(RecallDisabled):
        recall_message(acting(), RecallMessage(old))


def found(app, before=0, **wanted):
    return [
        entry.id for entry in find_messages(app, MessageFilter(**wanted), before=before).entries
    ]


def test_the_log_is_searched_inside_one_app(app, other_app, acting, demo1, demo2, group):
    ids = [send(acting(demo1), ToUser("demo2"), n) for n in range(3)]
    in_group = send(acting(demo1), group, 9)
    assert found(app, to="demo2") == ids[::-1]
    first = find_messages(app, MessageFilter(), limit=2)
    entries, before = first.entries, first.more
    assert [entry.id for entry in entries] == [in_group, ids[2]]
    assert found(app, before) == ids[1::-1]
    assert found(app, room_id=group.group_id) == [in_group]
    assert found(app, text='"9"', chat="group") == [in_group]
    assert found(app, to="demo1") == []
    assert found(other_app) == []
    with pytest.raises(MessageNotFound):
        get_message(other_app, ids[0])


@pytest.mark.parametrize("seed", range(12))
def test_unread_is_what_a_count_by_hand_says(acting, demo1, demo2, demo3, group, seed):
    """Random sends, reads, recalls, leaves and joins against a list that is counted."""
    dice = random.Random(seed)
    users = {"demo1": demo1, "demo2": demo2}
    posts: dict[object, list[list[object]]] = {"g": [], "p": []}  # [id, sender, recalled]
    read = {(name, place): 0 for name in users for place in "gp"}
    joined = True
    for step in range(60):
        place = dice.choice("gp")
        name = dice.choice(["demo1", "demo2"] if joined or place == "p" else ["demo1"])
        other = "demo2" if name == "demo1" else "demo1"
        target = group if place == "g" else ToUser(other)
        match dice.randrange(8):
            case 0 | 1 | 2 | 3:
                posts[place].append([send(acting(users[name]), target, step), name, False])
            case 4 | 5 if posts[place]:
                upto = dice.randrange(len(posts[place]))
                mark_read(acting(users[name]), MarkRead(target, int(str(posts[place][upto][0]))))
                read[name, place] = max(read[name, place], upto + 1)
            case 6 if posts[place]:
                post = dice.choice(posts[place])
                if not post[2]:
                    recall_message(acting(), RecallMessage(int(str(post[0]))))
                    post[2] = True
            case 7 if place == "g":
                if joined:
                    remove_members(acting(), RemoveMembers(group, ("demo2",)))
                else:
                    add_members(acting(), AddMembers(group, ("demo2",)))
                    read["demo2", "g"] = len(posts["g"])
                joined = not joined
        for user in users:
            places = "gp" if user == "demo1" or joined else "p"
            by_hand = sum(
                not gone and sender != user
                for where in places
                for _, sender, gone in posts[where][read[user, where] :]
            )
            assert unread_total(users[user].id) == by_hand, (step, user)
