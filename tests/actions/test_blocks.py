"""Personal block lists."""

from collections.abc import Callable
from functools import partial

import pytest

from accounts.actions.im_apps import change_settings
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import UserNotFound
from accounts.queries.im_users import UserInfo
from chat.actions.blocks import block_users, set_blocks, unblock_user
from chat.actions.edits import edit_message
from chat.actions.messages import post_message_now
from chat.actions.roster import add_contact, request_contact
from chat.actions.typing import send_typing
from chat.domain.audience import Audience, user_topic
from chat.domain.bodies import Body
from chat.domain.commands import (
    AddContact,
    BlockUsers,
    EditMessage,
    RequestContact,
    SendMessage,
    SendTyping,
    SetBlocks,
    UnblockUser,
)
from chat.domain.errors import Blocked, BlockLimit, IllegalArgument, OneselfRefused
from chat.domain.events import Event, Logged, RosterChange, RosterChanged
from chat.domain.targets import ToUser
from chat.queries.roster import list_blocks, list_roster, page_blocks, pair_rights

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


def changes(published: Published) -> list[RosterChanged]:
    facts = [event.fact for event, _ in published if isinstance(event, Logged)]
    return [fact for fact in facts if isinstance(fact, RosterChanged)]


def test_a_blocked_user_may_not_write_but_may_be_written_to(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting, on_commit_now: None
) -> None:
    before = pair_rights(app.id, "demo2", "demo1")
    assert block_users(acting(demo1), BlockUsers(("DEMO2",))) == ["demo2"]
    after = pair_rights(app.id, "demo2", "demo1")
    assert (after.blocked, after.epoch) == (True, before.epoch + 1)
    assert not pair_rights(app.id, "demo1", "demo2").blocked
    assert unblock_user(acting(demo1), UnblockUser("demo2"))
    assert not pair_rights(app.id, "demo2", "demo1").blocked


def test_names_blocked_before_are_answered_too_and_the_newest_is_first(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, demo3: UserInfo
) -> None:
    block_users(Actor(app), BlockUsers(("demo2",), owner="demo1"))
    names = block_users(Actor(app), BlockUsers(("demo3", "demo2", "demo3"), owner="demo1"))
    assert names == ["demo3", "demo2"]
    assert list_blocks(app, "demo1") == ["demo3", "demo2"]
    first, cursor = page_blocks(app, "demo1", limit=1)
    second, end = page_blocks(app, "demo1", after=cursor, limit=1)
    assert (first, second, end) == (["demo3"], ["demo2"], "")


def test_friendship_stays_and_only_ones_own_other_devices_are_told(
    app: AppRef,
    demo1: UserInfo,
    demo2: UserInfo,
    acting: Acting,
    published: Published,
    on_commit_now: None,
) -> None:
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    published.clear()
    for _ in range(2):  # said again, it tells nobody
        block_users(acting(demo1, device="phone"), BlockUsers(("demo2",)))
    assert [item.state for item in list_roster(app, "demo1")] == ["friends"]
    unblock_user(acting(demo1, device="phone"), UnblockUser("demo2"))
    assert changes(published) == [
        RosterChanged(change, "demo2", by_me=True)
        for change in (RosterChange.BLOCKED, RosterChange.UNBLOCKED)
    ]
    for _, audience in published:
        assert audience.topics == (user_topic(demo1.id),)
        assert audience.skip_device == (demo1.id, "phone")


def test_new_block_list_tells_what_came_and_what_went(
    app: AppRef,
    demo1: UserInfo,
    demo2: UserInfo,
    demo3: UserInfo,
    acting: Acting,
    published: Published,
    on_commit_now: None,
) -> None:
    set_blocks(acting(demo1), SetBlocks(("demo2",)))
    published.clear()
    set_blocks(acting(demo1), SetBlocks(("demo3",)))
    assert [(fact.change, fact.username) for fact in changes(published)] == [
        (RosterChange.UNBLOCKED, "demo2"),
        (RosterChange.BLOCKED, "demo3"),
    ]


def test_an_unknown_name_blocks_nobody(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    with pytest.raises(UserNotFound):
        block_users(acting(demo1), BlockUsers(("demo2", "nobody")))
    assert list_blocks(app, "demo1") == []
    with pytest.raises(UserNotFound):
        block_users(Actor(app), BlockUsers(("demo2",), owner="nobody"))
    with pytest.raises(UserNotFound):
        list_blocks(app, "nobody")


def test_oneself_nobody_and_too_many_are_refused(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, demo3: UserInfo, acting: Acting
) -> None:
    with pytest.raises(OneselfRefused):
        block_users(acting(demo1), BlockUsers(("demo1",)))
    with pytest.raises(IllegalArgument):
        block_users(acting(demo1), BlockUsers(()))
    small = AppRef(app.id, app.uuid, app.appkey, app.settings.changed(max_blocks=1))
    with pytest.raises(BlockLimit, match="user block number exceed limit"):
        block_users(Actor(small), BlockUsers(("demo2", "demo3"), owner="demo1"))


def test_unblocking_somebody_who_is_not_blocked_is_no_error(
    demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    assert not unblock_user(acting(demo1), UnblockUser("demo2"))


def test_where_block_lists_are_off_they_stop_nothing_and_are_kept(
    app: AppRef,
    demo1: UserInfo,
    demo2: UserInfo,
    acting: Acting,
    published: Published,
    on_commit_now: None,
) -> None:
    say, asked = SendMessage(ToUser("demo1"), Body("txt", {"msg": "x"})), RequestContact("demo1")
    sent = post_message_now(acting(demo2), say).message_id
    edit = EditMessage(sent, Body("txt", {"msg": "y"}))
    block_users(acting(demo1), BlockUsers(("demo2",)))

    def is_typing_told() -> bool:
        published.clear()
        send_typing(acting(demo2), SendTyping(ToUser("demo1")))
        return bool(published)

    for _ in range(2):
        change_settings(app, {"blocks_enabled": True})
        for work in (
            partial(post_message_now, acting(demo2), say),
            partial(edit_message, acting(demo2), edit),
            partial(request_contact, acting(demo2), asked),
        ):
            with pytest.raises(Blocked):
                work()
        assert not is_typing_told()
        change_settings(app, {"blocks_enabled": False})
        assert list_blocks(app, "demo1") == ["demo2"]
        assert post_message_now(acting(demo2), say).message_id
        assert edit_message(acting(demo2), edit).id
        assert is_typing_told()
    assert not request_contact(acting(demo2), asked)
