"""Threads: who hears what on which wire, who may speak, what history and sync bring."""

import json

import pytest

from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.room_members import remove_members
from chat.actions.room_moderation import mute_all, mute_members, unmute_members
from chat.actions.threads import (
    create_thread,
    destroy_thread,
    join_thread,
    leave_thread,
    rename_thread,
)
from chat.domain.bodies import Body
from chat.domain.commands import (
    ListConversations,
    MuteAll,
    MuteMembers,
    ReadHistory,
    RecallMessage,
    RemoveMembers,
    SendMessage,
    Sync,
    UnmuteMembers,
)
from chat.domain.errors import GroupNotFound, Muted, MutedAll, NotMember, SenderNotMember
from chat.domain.events import Logged, MessagePosted, RoomChange, RoomChanged
from chat.domain.targets import ThreadPlace, ToGroup, ToThread
from chat.domain.threads import (
    CreateThread,
    DestroyThread,
    JoinThread,
    LeaveThread,
    RenameThread,
    ThreadChange,
    ThreadChanged,
    ThreadMoved,
)
from chat.queries.conversations import list_conversations, offline_count, unread_total
from chat.queries.history import read_history, sync
from chat.webhooks.payloads import post_send_body
from chat.webhooks.rules import selector_of
from chat.wire.msync.metas import items_of
from chat.wire.msync.notify import Reader, thread_moved
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.native.events import event_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_commit_now")]


def text(words):
    return Body("txt", {"msg": words})


@pytest.fixture
def place(group):
    return ToGroup(group.room_id)


@pytest.fixture
def say(acting):
    def send(user, target, words, **more):
        return post_message_now(acting(user, **more), SendMessage(target, text(words))).message_id

    return send


@pytest.fixture
def parent(say, demo1, place):
    return say(demo1, place, "what about lunch")


@pytest.fixture
def thread(acting, demo2, group, parent):
    """Made by demo2 below demo1's message."""
    made = create_thread(acting(demo2), CreateThread(group.room_id, parent, "lunch"))
    return ToThread(made.thread_id)


def facts(published, kind):
    return [
        event
        for event, _ in published
        if isinstance(event, Logged) and isinstance(event.fact, kind)
    ]


def metas(event, me, device="other"):
    items = items_of(event, Reader("demo#app", me, device))
    return [pb.Meta.FromString(encoded) for _, encoded in items]


def test_the_group_hears_of_a_thread_and_its_maker_on_other_devices(
    acting, demo2, group, parent, published
):
    made = create_thread(
        acting(demo2, device="web_1", via="rest"), CreateThread(group.room_id, parent, "lunch")
    )
    (came,) = facts(published, RoomChanged)
    (told,) = facts(published, ThreadChanged)
    assert told.fact == ThreadChanged(ThreadChange.CREATED, made.thread_id, "lunch", parent)
    audience = next(to for event, to in published if event is told)
    assert (audience.topics, audience.skip_device) == ((f"r.{group.row_id}",), (demo2.id, "web_1"))

    (notice,) = metas(told, "demo3")
    assert json.loads(notice.payload) == {
        "type": "thread",
        "data": {
            "operation": "create",
            "id": made.thread_id,
            "name": "lunch",
            "muc_parent_id": group.room_id,
            "msg_parent_id": str(parent),
            "timestamp": told.entry.created_ms,
            "from": "demo2",
            "message_count": 0,
        },
    }
    (own,) = metas(came, "demo2")
    body = pb.MucBody.FromString(own.payload)
    assert (body.operation, body.is_thread) == (pb.MucBody.THREAD_CREATE, True)
    assert (body.muc_parent_id.name, body.muc_name) == (group.room_id, "lunch")
    assert metas(came, "demo3") == []
    native = event_json(told, "demo3")
    assert (native["ev"], native["kind"], native["group"]) == ("thread", "created", group.room_id)
    assert event_json(came, "demo3")["ev"] == "thread"


def test_a_webhook_is_told_of_the_thread_and_not_of_each_coming(
    app, thread, published, acting, demo2
):
    rename_thread(acting(demo2), RenameThread(thread.thread_id, "dinner"))
    (told,) = facts(published, ThreadChanged)
    assert selector_of(told.entry) == "notify"
    body = post_send_body(app.appkey, told.entry, offline=False, host="h")
    assert (body["chat_type"], body["payload"]["type"]) == ("notify", "thread")
    assert body["payload"]["data"]["operation"] == "update"
    assert body["payload"]["data"]["name"] == "dinner"
    (changed,) = facts(published, RoomChanged)
    assert selector_of(changed.entry) == ""


def test_a_message_says_its_thread_and_moves_it_for_the_group(
    acting, demo1, demo2, group, thread, parent, say, published
):
    said = say(demo2, thread, "noodles", device="web_1")
    (sent,) = facts(published, MessagePosted)
    assert sent.fact.thread == ThreadPlace(group.room_id, parent, "lunch")
    moved, audience = next((event, to) for event, to in published if isinstance(event, ThreadMoved))
    assert moved.last is not None
    assert (moved.messages, moved.last.id, moved.by) == (1, said, "demo2")
    assert (audience.topics, audience.skip_device) == ((f"r.{group.row_id}",), (demo2.id, "web_1"))
    notice = json.loads(thread_moved(moved, "demo#app"))["data"]
    assert (notice["operation"], notice["message_count"]) == ("update_msg", 1)
    assert notice["last_message"]["payload"]["bodies"][0]["msg"] == "noodles"

    (meta,) = metas(sent, "demo1")
    body = pb.MessageBody.FromString(meta.payload)
    assert (meta.to.name, body.type) == (thread.thread_id, pb.MessageBody.GROUP_CHAT)
    note = {
        "msg_parent_id": str(parent),
        "muc_parent_id": group.room_id,
        "thread_name": "lunch",
    }
    assert json.loads(body.meta) == {"thread": note}
    native = event_json(sent, "demo1")["message"]
    assert native["conversation"] == {"type": "thread", "id": thread.thread_id}
    assert native["thread"]["group"] == group.room_id
    last = event_json(moved, "demo1")
    assert (last["ev"], last["kind"], last["last"]["id"]) == ("thread", "moved", str(said))


def test_a_recall_takes_the_last_message_back_from_the_group(acting, demo2, thread, say, published):
    first, second = say(demo2, thread, "one"), say(demo2, thread, "two")
    for message_id, left in ((second, first), (first, None)):
        recall_message(acting(demo2), RecallMessage(message_id))
        moved = [event for event, _ in published if isinstance(event, ThreadMoved)][-1]
        assert (moved.last.id if moved.last else None) == left
        notice = json.loads(thread_moved(moved, "demo#app"))["data"]
        assert bool(notice["last_message"]) == bool(left)


def test_only_its_members_speak_in_a_thread(acting, demo1, demo3, thread, say):
    with pytest.raises(SenderNotMember):
        say(demo3, thread, "x")
    join_thread(acting(demo3), JoinThread(thread.thread_id))
    assert say(demo3, thread, "x")
    assert say(demo3, ToGroup(thread.thread_id), "named as older clients do")
    leave_thread(acting(demo3), LeaveThread(thread.thread_id))
    with pytest.raises(SenderNotMember):
        say(demo3, thread, "x")
    destroy_thread(acting(demo1), DestroyThread(thread.thread_id))
    for target in (thread, ToGroup(thread.thread_id)):
        with pytest.raises(GroupNotFound):
            say(demo1, target, "x")


def test_who_may_not_speak_in_the_group_may_not_in_its_threads(
    acting, demo1, demo2, demo3, place, thread, say, parent, group
):
    join_thread(acting(demo3), JoinThread(thread.thread_id))
    say(demo3, thread, "the thread's rights are remembered now")
    mute_members(acting(demo1), MuteMembers(place, ("demo3",), 60_000))
    with pytest.raises(Muted):
        say(demo3, thread, "x")
    with pytest.raises(Muted):
        create_thread(acting(demo3), CreateThread(group.room_id, say(demo1, place, "y"), "x"))
    unmute_members(acting(demo1), UnmuteMembers(place, ("demo3",)))
    assert say(demo3, thread, "x")
    mute_all(acting(demo1), MuteAll(place, on=True))
    with pytest.raises(MutedAll):
        say(demo3, thread, "x")
    join_thread(acting(demo1), JoinThread(thread.thread_id))
    assert say(demo1, thread, "the owner")
    mute_all(acting(demo1), MuteAll(place, on=False))
    assert say(demo3, thread, "x")


def test_who_is_removed_from_the_group_hears_it_of_the_thread_too(
    acting, demo1, demo3, place, thread, say, published
):
    join_thread(acting(demo3), JoinThread(thread.thread_id))
    published.clear()
    remove_members(acting(demo1), RemoveMembers(place, ("demo3",)))
    out_of = [event for event in facts(published, RoomChanged) if event.fact.kind == "thread"]
    assert [event.fact.change for event in out_of] == [RoomChange.MEMBERS_REMOVED]
    (kick,) = metas(out_of[0], "demo3")
    body = pb.MucBody.FromString(kick.payload)
    assert (body.operation, body.to[0].name) == (pb.MucBody.THREAD_KICK, "demo3")
    with pytest.raises(SenderNotMember):
        say(demo3, thread, "x")


def test_history_begins_with_the_thread_and_is_its_members(acting, demo2, demo3, thread, say):
    first = say(demo2, thread, "before demo3 came")
    with pytest.raises(NotMember):
        read_history(acting(demo3), ReadHistory(thread))
    join_thread(acting(demo3), JoinThread(thread.thread_id))
    assert [entry.id for entry in read_history(acting(demo3), ReadHistory(thread)).entries] == [
        first
    ]
    leave_thread(acting(demo3), LeaveThread(thread.thread_id))
    with pytest.raises(NotMember):
        read_history(acting(demo3), ReadHistory(thread))


def test_a_sync_brings_what_was_said_and_the_conversation_list_does_not(
    app, acting, demo2, demo3, thread, say
):
    join_thread(acting(demo3), JoinThread(thread.thread_id))
    before = unread_total(demo3.id)
    said = say(demo2, thread, "later")
    page = sync(acting(demo3, device="d"), Sync(limit=200))
    assert said in [entry.id for entry in page.entries]
    listed = list_conversations(acting(demo3), ListConversations(limit=50))
    assert thread not in [item.place for item in listed.items]
    assert unread_total(demo3.id) == before
    assert offline_count(app, "demo3") >= 1
