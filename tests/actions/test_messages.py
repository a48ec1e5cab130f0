"""Sending: who may, what is stored, who is told."""

import queue
from typing import Any

import pytest
from django.db import OperationalError

from accounts.actions.im_apps import change_app
from accounts.domain.errors import IllegalUsername
from accounts.models import ImApp
from chat.actions import messages
from chat.actions.blocks import block_users
from chat.actions.messages import (
    post_message,
    post_message_looking_up,
    post_message_now,
    post_messages_now,
)
from chat.actions.room_members import remove_members
from chat.actions.room_moderation import disable_group, mute_all, mute_members, unmute_members
from chat.actions.rooms import create_room
from chat.domain.answers import Sent
from chat.domain.audience import Audience, user_topic
from chat.domain.bodies import Body
from chat.domain.commands import (
    BlockUsers,
    CreateRoom,
    DisableGroup,
    MuteAll,
    MuteMembers,
    RemoveMembers,
    SendMessage,
    UnmuteMembers,
)
from chat.domain.entries import EntryFlag
from chat.domain.errors import (
    Blocked,
    ChatroomNotFound,
    FriendsOnly,
    GroupDisabled,
    GroupNotFound,
    IllegalArgument,
    IllegalBody,
    MessageTooLarge,
    Muted,
    MutedAll,
    SenderNotMember,
    StoreUnavailable,
)
from chat.domain.events import MessagePosted
from chat.domain.targets import Conversation, ToChatroom, ToGroup, ToUser
from chat.live import fanout
from chat.models import EntryRow
from chat.queries import rights
from chat.store import close_store, get_store, get_writer
from chat.store.reading import entry_by_id
from chat.webhooks.book import enabled_rules

TEXT = Body("txt", {"msg": "hello"})
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cold(db):
    rights.forget_everything()


@pytest.fixture
def group(acting, demo1, demo2, demo3):
    return create_room(
        acting(),
        CreateRoom("group", "G", owner="demo1", members=("demo2", "demo3")),
    )


@pytest.fixture
def chatroom(acting, demo1, demo2):
    return create_room(acting(), CreateRoom("chatroom", "R", owner="demo1", members=("demo2",)))


def entry(app, sent):
    found = entry_by_id(app.id, sent.message_id)
    assert found is not None
    return found


def messages_in(published):
    return [(e, a) for e, a in published if isinstance(getattr(e, "fact", None), MessagePosted)]


def test_a_message_to_a_user_is_stored_and_both_are_told(
    app, acting, demo1, demo2, published, on_commit_now
):
    actor = acting(demo1, device="web")
    command = SendMessage(ToUser("Demo2"), TEXT, ext={"k": 1}, client_id="c1")
    sent = post_message_now(actor, command)
    stored = entry(app, sent)
    assert stored.conversation == Conversation.pair("demo1", "demo2")
    assert (stored.sender, stored.client_id, stored.sender_device) == ("demo1", "c1", "web")
    assert stored.payload == {"body": {"msg": "hello"}, "ext": {"k": 1}}
    assert stored.flags == EntryFlag.COUNTS
    [(event, audience)] = messages_in(published)
    assert event.entry == stored
    assert audience == Audience.users(demo1.id, demo2.id, skip_device=(demo1.id, "web"))


def test_a_retry_is_answered_with_the_first_id_and_not_told_again(
    acting, demo1, demo2, published, on_commit_now
):
    command = SendMessage(ToUser("demo2"), TEXT, client_id="c1")
    first = post_message_now(acting(demo1, device="web"), command)
    again = post_message_now(acting(demo1, device="web"), command)
    assert again == Sent(first.message_id, first.created_ms, duplicate=True)
    assert len(published) == 1


def test_a_user_who_does_not_exist_still_gets_an_id(app, acting, demo1, published, on_commit_now):
    sent = post_message_now(acting(demo1), SendMessage(ToUser("nobody"), TEXT))
    assert entry(app, sent).conversation == Conversation.pair("demo1", "nobody")
    assert published[0][1].topics == (f"u.{demo1.id}",)


def test_who_blocked_the_sender_gets_nothing(acting, demo1, demo2):
    block_users(acting(demo2), BlockUsers(("demo1",)))
    with pytest.raises(Blocked):
        post_message_now(acting(demo1), SendMessage(ToUser("demo2"), TEXT))
    post_message_now(acting(demo2), SendMessage(ToUser("demo1"), TEXT))
    post_message_now(acting(), SendMessage(ToUser("demo2"), TEXT, sender="demo1"))
    assert EntryRow.objects.filter(kind=1).count() == 2


def test_friends_only_holds_for_clients(app, acting, demo1, demo2):
    change_app(app, settings=app.settings.changed(friends_only=True))
    with pytest.raises(FriendsOnly):
        post_message_now(acting(demo1), SendMessage(ToUser("demo2"), TEXT))
    post_message_now(acting(demo1), SendMessage(ToUser("demo1"), TEXT))
    post_message_now(acting(), SendMessage(ToUser("demo2"), TEXT))


def test_the_app_sends_as_admin_and_its_sender_gets_no_copy(
    app, acting, demo1, demo2, published, on_commit_now
):
    as_admin = post_message_now(acting(), SendMessage(ToUser("demo2"), TEXT))
    assert entry(app, as_admin).sender == "admin"
    quiet = post_message_now(acting(), SendMessage(ToUser("demo2"), TEXT, sender="DEMO1"))
    assert entry(app, quiet).flags == EntryFlag.COUNTS | EntryFlag.NOT_FOR_SENDER
    copied = SendMessage(ToUser("demo2"), TEXT, sender="demo1", copy_to_sender=True)
    assert entry(app, post_message_now(acting(), copied)).flags == EntryFlag.COUNTS
    only_demo2, both = Audience.users(demo2.id), Audience.users(demo1.id, demo2.id)
    assert [audience for _, audience in published] == [only_demo2, only_demo2, both]


def test_a_note_to_oneself_reaches_oneself(app, acting, demo1, published, on_commit_now):
    command = SendMessage(ToUser("demo1"), TEXT, sender="demo1")
    assert entry(app, post_message_now(acting(), command)).flags == EntryFlag.COUNTS
    assert published[0][1] == Audience.users(demo1.id)


def test_a_member_speaks_to_the_group(app, acting, demo2, group, published, on_commit_now):
    sent = post_message_now(acting(demo2, device="d"), SendMessage(ToGroup(group.room_id), TEXT))
    assert entry(app, sent).conversation.room_id == group.room_id
    [(_, audience)] = messages_in(published)
    assert audience == Audience.room(group.row_id, skip_device=(demo2.id, "d"))


def test_who_is_no_member_may_not_speak(acting, stranger, group, chatroom):
    for target in (ToGroup(group.room_id), ToChatroom(chatroom.room_id)):
        with pytest.raises(SenderNotMember):
            post_message_now(acting(stranger), SendMessage(target, TEXT))


def test_the_muted_may_not_speak(acting, demo1, demo2, group):
    target = ToGroup(group.room_id)
    mute_members(acting(), MuteMembers(target, ("demo2",), -1))
    with pytest.raises(Muted):
        post_message_now(acting(demo2), SendMessage(target, TEXT))
    post_message_now(acting(), SendMessage(target, TEXT, sender="demo2"))
    post_message_now(acting(demo1), SendMessage(target, TEXT))


def test_while_all_are_muted_the_owner_speaks(acting, demo1, demo2, group):
    target = ToGroup(group.room_id)
    mute_all(acting(), MuteAll(target, on=True))
    with pytest.raises(MutedAll):
        post_message_now(acting(demo2), SendMessage(target, TEXT))
    post_message_now(acting(demo1), SendMessage(target, TEXT))


def test_a_disabled_group_takes_nothing_from_anybody(acting, demo1, group):
    target = ToGroup(group.room_id)
    disable_group(acting(), DisableGroup(target, disabled=True))
    for actor in (acting(), acting(demo1)):
        with pytest.raises(GroupDisabled):
            post_message_now(actor, SendMessage(target, TEXT))


def test_unknown_rooms(acting, demo1):
    for actor in (acting(), acting(demo1)):
        with pytest.raises(GroupNotFound):
            post_message_now(actor, SendMessage(ToGroup("1"), TEXT))
    with pytest.raises(ChatroomNotFound):
        post_message_now(acting(demo1), SendMessage(ToChatroom("1"), TEXT))
    sent = post_message_now(acting(), SendMessage(ToChatroom("1"), TEXT))
    assert sent.message_id > 0
    assert not EntryRow.objects.exists()


def test_a_removed_member_may_not_speak_even_if_remembered(acting, demo2, group):
    target = ToGroup(group.room_id)
    post_message_now(acting(demo2), SendMessage(target, TEXT))
    old = rights.peek_rights(acting().app.id, target)
    assert old is not None
    remove_members(acting(), RemoveMembers(target, ("demo2",)))
    rights.remember_rights(old)
    with pytest.raises(SenderNotMember):
        post_message_now(acting(demo2), SendMessage(target, TEXT))


def test_a_refusal_is_not_told_from_memory(acting, demo1, demo2, group):
    target = ToGroup(group.room_id)
    mute_members(acting(), MuteMembers(target, ("demo2",), -1))
    old = rights.rights_of(acting().app.id, target)
    unmute_members(acting(), UnmuteMembers(target, ("demo2",)))
    rights.remember_rights(old)
    assert post_message(acting(demo2), SendMessage(target, TEXT), fail) is False
    post_message_now(acting(demo2), SendMessage(target, TEXT))


def fail(outcome):
    pytest.fail(f"nobody may be told: {outcome}")


def test_a_cold_send_does_nothing_and_a_warm_one_asks_no_rights(
    acting, demo1, demo2, django_assert_num_queries
):
    command = SendMessage(ToUser("demo2"), TEXT)
    assert post_message(acting(demo1), command, fail) is False
    outcomes: list[Any] = []
    post_message_looking_up(acting(demo1), command, outcomes.append)
    with django_assert_num_queries(6):  # savepoint twice, lock, lease, insert, move: the store's
        assert post_message(acting(demo1), command, outcomes.append) is True
    assert [type(outcome) for outcome in outcomes] == [Sent, Sent]


def test_a_refusal_needs_no_look_up(acting, demo1, demo2):
    outcomes: list[Any] = []
    post_message_now(acting(demo1), SendMessage(ToUser("demo2"), TEXT))
    bad = SendMessage(ToUser("demo2"), TEXT, client_id="x" * 65)
    assert post_message(acting(demo1), bad, outcomes.append) is True
    assert isinstance(outcomes[0], IllegalArgument)
    post_message_looking_up(acting(demo1), bad, outcomes.append)
    assert isinstance(outcomes[1], IllegalArgument)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (SendMessage(ToUser("demo2"), Body("txt", {"msg": "x" * 5120})), MessageTooLarge),
        (SendMessage(ToUser("demo2"), TEXT, ext={"k": "汉" * 1800}), MessageTooLarge),
        (SendMessage(ToUser("demo2"), Body("x" * 33, {})), IllegalBody),
        (SendMessage(ToUser("demo2"), Body("a\0b", {})), IllegalBody),
        (SendMessage(ToUser("demo2"), Body("txt", {"msg": "\ud800"})), IllegalBody),
        (SendMessage(ToUser("a/b"), TEXT), IllegalUsername),
        (SendMessage(ToUser("demo2"), TEXT, client_id="a\0"), IllegalArgument),
        (SendMessage(ToGroup("1"), TEXT, only=("x",) * 21), IllegalArgument),
    ],
)
def test_what_cannot_be_stored_is_refused(acting, demo1, demo2, command, refusal):
    with pytest.raises(refusal):
        post_message_now(acting(demo1), command)
    assert not EntryRow.objects.exists()


def test_a_directed_message_reaches_the_named_and_the_sender(
    app, acting, demo1, group, published, on_commit_now
):
    target = ToGroup(group.room_id)
    sent = post_message_now(acting(demo1), SendMessage(target, TEXT, only=("Demo2",)))
    stored = entry(app, sent)
    assert stored.only == ("demo2",)
    assert stored.flags == EntryFlag.NOT_IN_HISTORY
    [(_, audience)] = messages_in(published)
    assert audience.only == ("demo2", "demo1")
    post_message_now(acting(), SendMessage(target, TEXT, only=("demo2",), sender="demo1"))
    assert messages_in(published)[1][1].skip_user == demo1.id


def test_commands_and_online_only_messages_do_not_count(app, acting, demo1, demo2):
    cmd = SendMessage(ToUser("demo2"), Body("cmd", {"action": "x"}))
    assert entry(app, post_message_now(acting(demo1), cmd)).flags == EntryFlag.NONE
    online = SendMessage(ToUser("demo2"), TEXT, online_only=True)
    assert entry(app, post_message_now(acting(demo1), online)).flags == EntryFlag.ONLINE_ONLY


def test_rooms_without_history_keep_nothing(app, acting, demo1, chatroom):
    target = ToChatroom(chatroom.room_id)
    kept = post_message_now(acting(demo1), SendMessage(target, TEXT))
    assert entry(app, kept).flags == EntryFlag.COUNTS
    change_app(app, settings=app.settings.changed(room_history=False))
    gone = post_message_now(acting(demo1), SendMessage(target, TEXT))
    assert entry(app, gone).flags == EntryFlag.ONLINE_ONLY


def test_several_are_posted_in_one_go_and_each_has_its_own_outcome(acting, demo1, demo2):
    outcomes = post_messages_now(
        acting(), [SendMessage(ToUser("demo2"), TEXT), SendMessage(ToGroup("1"), TEXT)]
    )
    assert isinstance(outcomes[0], Sent)
    assert isinstance(outcomes[1], GroupNotFound)


@pytest.mark.django_db(transaction=True)
def test_rights_that_change_before_the_commit_are_looked_at_again(
    acting, demo1, demo2, group, settings, monkeypatch
):
    settings.ENTRY_STORE = "writer"
    target = ToGroup(group.room_id)
    # What the send path only peeks at: no webhook wants to be asked, for longer than the test.
    monkeypatch.setattr("accounts.queries.momentary.FRESH_S", 60)
    enabled_rules.of(acting().app.id)
    post_message_now(acting(demo2), SendMessage(target, TEXT))
    old = rights.peek_rights(acting().app.id, target)
    assert old is not None
    mute_members(acting(), MuteMembers(target, ("demo3",), -1))  # moves the epoch
    rights.remember_rights(old)
    outcomes: queue.SimpleQueue[Any] = queue.SimpleQueue()
    command = SendMessage(target, TEXT)
    assert post_message(acting(demo2), command, outcomes.put)
    assert isinstance(outcomes.get(timeout=20), Sent)
    old = rights.rights_of(acting().app.id, target, fresh=True)
    remove_members(acting(), RemoveMembers(target, ("demo2",)))
    rights.forget_everything()
    rights.pair_rights(acting().app.id, "demo2", "demo1")
    rights.remember_rights(old)
    assert post_message(acting(demo2), command, outcomes.put)
    assert isinstance(outcomes.get(timeout=20), SenderNotMember)
    assert get_store().is_healthy()
    close_store(20)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "by-callback"])
def test_what_a_lost_commit_stored_reaches_its_readers_after_the_refusal(
    acting, demo1, demo2, settings, monkeypatch, waits
):
    settings.ENTRY_STORE = "writer"
    told: queue.SimpleQueue[Any] = queue.SimpleQueue()
    monkeypatch.setattr(fanout, "_outlet", lambda *one: told.put(one))
    monkeypatch.setattr("chat.store.writer.RETRY_FOR_S", 0.1)
    writer = get_writer()
    commits = [writer._insert]

    def lost(drafts, *, tried_since):
        if commits:
            commits.pop()(drafts, tried_since=tried_since)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(writer, "_insert", lost)
    command = SendMessage(ToUser("demo2"), TEXT)
    outcomes: queue.SimpleQueue[Any] = queue.SimpleQueue()
    if waits:
        [refused] = messages.post_messages_now(acting(demo1), [command])
    else:
        messages.post_message_looking_up(acting(demo1), command, outcomes.put)
        refused = outcomes.get(timeout=20)
    assert isinstance(refused, StoreUnavailable)
    _, audience = told.get(timeout=20)
    close_store(20)
    assert user_topic(demo2.id) in audience.topics
    assert (told.empty(), outcomes.empty()) == (True, True)


def test_a_store_that_fails_is_a_refusal_with_a_code(acting, demo1, demo2, monkeypatch):
    class Broken:
        def append(self, draft, then):
            then(RuntimeError("disk full"))

    monkeypatch.setattr(messages, "DirectStore", Broken)
    with pytest.raises(StoreUnavailable):
        post_message_now(acting(demo1), SendMessage(ToUser("demo2"), TEXT))
    assert ImApp.objects.exists()
