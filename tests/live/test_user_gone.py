"""A user is deleted in one process: the others forget whom the name was."""

import asyncio
from typing import Any, cast

import pytest
from channels.layers import InMemoryChannelLayer

from accounts.actions.im_users import delete_user, register_user
from chat.actions.messages import post_message_now
from chat.domain.audience import Audience
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
from chat.live import fanout, listener
from chat.live.listener import Listener
from chat.queries import rights
from chat.queries.snapshots import Snapshots

DEADLINE_S = 5


class NoReader:
    def entries_after(self, app_id, conversation, seq, limit):
        return []

    def received(self, app_id, conversation, seq):
        return {}

    def seq_before(self, app_id, conversation, ms):
        return 0

    def recent_moves(self, ms):
        return []

    def arrivals(self, ms, logs):
        return []


async def call(read):
    return read()


async def test_the_other_processes_forget_a_deleted_user_once(monkeypatch):
    joined = asyncio.Event()

    class Layer(InMemoryChannelLayer):  # type: ignore[misc]  # channels is not typed
        async def group_add(self, group, channel):
            await super().group_add(group, channel)
            if len(self.groups[listener.EVERYBODY]) == 2:
                joined.set()

    layer = Layer()
    monkeypatch.setattr(listener, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(fanout, "inbox", fanout.Inbox())
    forgotten: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
    monkeypatch.setattr(fanout, "_forgetters", [lambda *gone: forgotten.put_nowait(gone)])
    here, there = (Listener(call, NoReader(), cast(Any, None)) for _ in range(2))
    there.start()
    here.start()  # the last one is this process's
    fanout.set_loop(asyncio.get_running_loop())
    try:
        async with asyncio.timeout(DEADLINE_S):
            await joined.wait()
            fanout.tell_user_gone(7, "demo1")
            assert await forgotten.get() == (7, "demo1")  # here
            assert await forgotten.get() == (7, "demo1")  # there
            fanout.tell_user_gone(7, "demo2")
            assert await forgotten.get() == (7, "demo2")
    finally:
        await here.stop()
        await there.stop()


@pytest.mark.django_db
def test_a_name_registered_again_gets_its_messages(
    app, acting, demo1, demo2, published, on_commit_now
):
    def told():
        published.clear()
        message = SendMessage(ToUser("demo2"), Body("txt", {"msg": "x"}))
        post_message_now(acting(demo1), message)
        post_message_now(acting(), message)
        return [audience.topics for _, audience in published]

    told()
    delete_user(app, "demo2")
    again = register_user(app, "demo2", "pw")
    assert again.id != demo2.id
    mine = Audience.users(again.id).topics[0]
    assert all(mine in topics for topics in told())
    assert rights.peek_pair(app.id, "demo1", "demo2") is not None


def test_a_snapshot_ends_after_its_seconds():
    lasting: Snapshots[str, int] = Snapshots(2)
    ended: Snapshots[str, int] = Snapshots(2, seconds=-1)
    for held in (lasting, ended):
        held.put("a", 1)
    assert lasting.get("a") == 1
    assert ended.get("a") is None
