"""Presence: setting it, watching, who is told; typing."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.core.cache import cache
from django.utils import timezone

from chat.actions.blocks import block_users
from chat.actions.presence import (
    presence_of,
    set_presence,
    subscribe_presence,
    tell_presence,
    unsubscribe_presence,
)
from chat.actions.rooms import create_room
from chat.actions.typing import send_typing
from chat.domain.audience import Audience
from chat.domain.commands import (
    BlockUsers,
    CreateRoom,
    SendTyping,
    SetPresence,
    SubscribePresence,
    UnsubscribePresence,
)
from chat.domain.errors import (
    BatchTooLarge,
    GroupNotFound,
    IllegalArgument,
    OneselfRefused,
    PresenceDisabled,
    SenderNotMember,
)
from chat.domain.events import PresenceChanged, Typing
from chat.domain.targets import Conversation, ToGroup, ToUser
from chat.live import online
from chat.live.online import DeviceOnline
from chat.models import PresenceSubscription
from chat.queries.presence import watched_by


@pytest.fixture(autouse=True)
def _nobody_online():
    online.records.cache_clear()
    cache.clear()
    yield
    online.records.cache_clear()
    cache.clear()


def connect(user, device: str = "phone", since_ms: int = 1) -> None:
    online.records().put(
        [
            DeviceOnline(
                app_id=user.app_id,
                user_id=user.id,
                username=user.username,
                device=device,
                wire="native",
                client="web",
                address="",
                since_ms=since_ms,
                connection=device,
            )
        ]
    )


def told(published) -> list[tuple[PresenceChanged, Audience]]:
    return [(event, to) for event, to in published if isinstance(event, PresenceChanged)]


def test_watching_answers_what_is_shown_now_and_for_how_long(app, demo1, demo2, acting):
    connect(demo2)
    [seen] = subscribe_presence(acting(demo1), SubscribePresence(("demo2", "nobody"), 60))
    assert (seen.username, seen.online, seen.devices) == ("demo2", True, {"phone": "1"})
    assert seen.expires_ms > timezone.now().timestamp() * 1000
    assert watched_by(app, "Demo1") == ([("demo2", seen.expires_ms)], 1)


def test_watching_again_replaces_the_expiry(app, demo1, demo2, acting):
    for ttl_s in (60, 6000):
        subscribe_presence(acting(demo1), SubscribePresence(("demo2",), ttl_s))
    assert PresenceSubscription.objects.count() == 1
    assert PresenceSubscription.objects.get().expires_at > timezone.now() + timedelta(minutes=5)


def test_only_watchers_and_the_publisher_are_told_of_a_status(
    app, demo1, demo2, demo3, acting, published
):
    subscribe_presence(acting(demo1), SubscribePresence(("demo2",), 60))
    connect(demo2)
    set_presence(acting(demo2, device="phone"), SetPresence("100", "busy"))
    [(event, audience)] = told(published)
    assert audience == Audience.users(demo1.id, demo2.id)
    assert event == PresenceChanged("demo2", True, "100", "busy", {"phone": "100"})


def test_an_expired_or_ended_watch_hears_nothing(app, demo1, demo2, demo3, acting, published):
    for watcher in (demo1, demo3):
        subscribe_presence(acting(watcher), SubscribePresence(("demo2",), 60))
    unsubscribe_presence(acting(demo1), UnsubscribePresence(("demo2",)))
    PresenceSubscription.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tell_presence(app, demo2.id, "demo2")
    assert told(published) == []


def test_what_rest_sets_for_a_device_that_is_away_is_shown(app, demo1, acting):
    set_presence(acting(demo1, device="webim_1"), SetPresence("2", "away"))
    [seen] = presence_of(app, ["Demo1"])
    assert (seen.online, seen.devices, seen.ext) == (False, {"webim_1": "2"}, "away")


def test_nobody_shows_nothing(app, demo1):
    known, unknown = presence_of(app, ["demo1", "nobody"])
    assert (known.online, known.devices) == (False, {})
    assert (unknown.username, unknown.online, unknown.last_seen_ms) == ("nobody", False, 0)


def test_the_limits_of_watching(app, demo1, demo2, acting, monkeypatch):
    with pytest.raises(OneselfRefused):
        subscribe_presence(acting(demo1), SubscribePresence(("demo1",), 60))
    many = tuple(f"u{n}" for n in range(101))
    with pytest.raises(BatchTooLarge):
        subscribe_presence(acting(demo1), SubscribePresence(many, 60))
    with pytest.raises(BatchTooLarge):
        unsubscribe_presence(acting(demo1), UnsubscribePresence(many))
    with pytest.raises(IllegalArgument):
        set_presence(acting(demo1), SetPresence("1", "字" * 342))


def test_typing_reaches_the_peer(app, demo1, demo2, acting, published):
    send_typing(acting(demo1), SendTyping(ToUser("demo2")))
    pair = Conversation.pair("demo1", "demo2")
    assert published == [(Typing(pair, "demo1"), Audience.users(demo2.id))]


def test_typing_to_nobody_oneself_or_who_blocks_one_is_heard_by_none(
    app, demo1, demo2, acting, published
):
    block_users(acting(demo2), BlockUsers(("demo1",)))
    published.clear()
    for name in ("nobody", "demo1", "demo2"):
        send_typing(acting(demo1), SendTyping(ToUser(name)))
    assert published == []


def test_typing_in_a_group_reaches_its_members_but_oneself(app, demo1, demo2, acting, published):
    room = create_room(acting(demo1), CreateRoom("group", "g", members=("demo2",)))
    published.clear()
    send_typing(acting(demo1), SendTyping(ToGroup(room.room_id)))
    [(event, audience)] = published
    assert event == Typing(Conversation.room("group", room.room_id, room.row_id), "demo1")
    assert (audience.topics, audience.skip_user) == ((f"r.{room.row_id}",), demo1.id)


def test_typing_in_a_group_one_is_not_in_is_refused(app, demo1, demo2, acting):
    room = create_room(acting(demo1), CreateRoom("group", "g"))
    with pytest.raises(SenderNotMember):
        send_typing(acting(demo2), SendTyping(ToGroup(room.room_id)))
    with pytest.raises(GroupNotFound):
        send_typing(acting(demo2), SendTyping(ToGroup("1")))


def test_where_presence_is_off_nobody_watches_or_shows_anything(app, demo1, demo2, acting):
    off = replace(app, settings=app.settings.changed(presence_enabled=False))
    actor = replace(acting(demo1), app=off)
    for act in (
        partial(set_presence, actor, SetPresence("1", "x")),
        partial(subscribe_presence, actor, SubscribePresence(("demo2",), 60)),
        partial(unsubscribe_presence, actor, UnsubscribePresence(("demo2",))),
    ):
        with pytest.raises(PresenceDisabled):
            act()
    assert not PresenceSubscription.objects.exists()
