"""Who may edit which message, what history shows then, and who is told."""

import pytest

from accounts.actions.im_apps import change_app
from chat.actions.blocks import block_users
from chat.actions.edits import edit_message
from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.room_moderation import mute_members
from chat.domain.bodies import Body
from chat.domain.commands import (
    BlockUsers,
    EditMessage,
    ListConversations,
    MuteMembers,
    ReadHistory,
    RecallMessage,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryState
from chat.domain.errors import (
    Blocked,
    EditDisabled,
    EditNotPermitted,
    EditTargetMissing,
    MessageTooLarge,
    Muted,
    NotEditable,
    TooManyEdits,
)
from chat.domain.events import Edit, MessageEdited, MessagePosted, fact_of
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.models import EntryRow
from chat.queries.conversations import list_conversations
from chat.queries.history import read_history, sync


def send(actor, target, text="old", ext=None):
    command = SendMessage(target, Body("txt", {"msg": text}), ext)
    return post_message_now(actor, command).message_id


def edit(actor, message_id, text="new", **more):
    return edit_message(actor, EditMessage(message_id, Body("txt", {"msg": text}), **more))


def test_an_edited_message_keeps_its_place_and_everyone_is_told(
    acting, demo1, demo2, published, on_commit_now
):
    mine = send(acting(demo1), ToUser("demo2"), ext={"a": 1, "b": 1})
    told = edit(acting(demo1), mine, ext={"b": 2})
    event, audience = published[-1]
    assert event.entry.id == told.id
    assert event.fact == MessageEdited(
        mine, Body("txt", {"msg": "new"}), {"a": 1, "b": 2}, 1, "demo1", event.fact.posted_ms
    )
    assert set(audience.topics) == {f"u.{demo1.id}", f"u.{demo2.id}"}
    [shown] = read_history(acting(demo2), ReadHistory(ToUser("demo1"))).entries
    assert (shown.id, shown.state) == (mine, EntryState.EDITED)
    posted = fact_of(shown)
    assert isinstance(posted, MessagePosted)
    assert posted.body.fields == {"msg": "new"}
    assert posted.edited == Edit(1, "demo1", told.created_ms)
    [item] = list_conversations(acting(demo2), ListConversations()).items
    assert item.last_message is not None
    assert (item.unread, item.last_message.id) == (1, mine)


def test_an_ext_is_merged_replaced_or_left(acting, demo1, demo2):
    mine = send(acting(demo1), ToUser("demo2"), ext={"a": 1})
    for more, shown in (
        ({}, {"a": 1}),
        ({"ext": {"b": 2}}, {"a": 1, "b": 2}),
        ({"ext": {"c": 3}, "merge_ext": False}, {"c": 3}),
    ):
        fact = fact_of(edit(acting(demo1), mine, **more))
        assert isinstance(fact, MessageEdited)
        assert fact.ext == shown


def test_a_device_that_was_away_syncs_the_new_text_and_the_edit(acting, demo1, demo2):
    mine = send(acting(demo1), ToUser("demo2"))
    edit(acting(demo1), mine)
    got = sync(acting(demo2), Sync()).entries
    assert [type(fact_of(entry)) for entry in got] == [MessagePosted, MessageEdited]


def test_what_edits_said_goes_with_a_recall(acting, demo1, demo2):
    mine = send(acting(demo1), ToUser("demo2"))
    edit(acting(demo1), mine, "secret")
    recall_message(acting(demo1), RecallMessage(mine))
    assert not EntryRow.objects.filter(payload__contains="secret").exists()
    with pytest.raises(EditTargetMissing):
        edit(acting(demo1), mine)
    assert "secret" not in str(sync(acting(demo2), Sync()).entries)


def test_who_may_edit(acting, demo1, demo2, demo3, stranger, group):
    pair = send(acting(demo1), ToUser("demo2"))
    with pytest.raises(EditNotPermitted):
        edit(acting(demo2), pair)
    with pytest.raises(EditNotPermitted):
        edit(acting(), pair, sender="demo2")
    with pytest.raises(EditTargetMissing):
        edit(acting(demo3), pair)
    edit(acting(), pair)
    edit(acting(), pair, sender="demo1")
    in_group = send(acting(demo2), ToGroup(group.room_id))
    with pytest.raises(EditNotPermitted):
        edit(acting(demo3), in_group)
    with pytest.raises(EditTargetMissing):
        edit(acting(stranger), in_group)
    assert edit(acting(demo1), in_group).sender == "demo1"
    with pytest.raises(EditTargetMissing):
        edit(acting(), in_group, target=ToUser("demo2"))


def test_who_may_not_write_may_not_rewrite(acting, demo1, demo2, group):
    pair = send(acting(demo1), ToUser("demo2"))
    block_users(acting(demo2), BlockUsers(("demo1",)))
    with pytest.raises(Blocked):
        edit(acting(demo1), pair)
    target = ToGroup(group.room_id)
    in_group = send(acting(demo2), target)
    mute_members(acting(), MuteMembers(target, ("demo2",), 60_000))
    with pytest.raises(Muted):
        edit(acting(demo2), in_group)


def test_what_cannot_be_edited(app, acting, demo1, demo2, chatroom):
    mine = send(acting(demo1), ToUser("demo2"))
    with pytest.raises(NotEditable):
        edit_message(acting(demo1), EditMessage(mine, Body("custom", {"customEvent": "x"})))
    place = SendMessage(ToUser("demo2"), Body("loc", {"lat": 1, "lng": 1, "addr": ""}))
    with pytest.raises(NotEditable):
        edit(acting(demo1), post_message_now(acting(demo1), place).message_id)
    in_room = send(acting(demo1), ToChatroom(chatroom.room_id))
    with pytest.raises(NotEditable):
        edit(acting(), in_room)
    edit(acting(demo1), in_room)
    with pytest.raises(EditTargetMissing):
        edit(acting(), 5)
    with pytest.raises(MessageTooLarge):
        edit(acting(demo1), mine, "x" * 6000)


def test_how_often_and_whether_is_the_apps_to_say(app, acting, demo1, demo2):
    mine = send(acting(demo1), ToUser("demo2"))
    for number in range(10):
        edit(acting(demo1), mine, str(number))
    with pytest.raises(TooManyEdits):
        edit(acting(demo1), mine)
    change_app(app, settings=app.settings.changed(edit_enabled=False))
    with pytest.raises(EditDisabled):
        edit(acting(), mine)
