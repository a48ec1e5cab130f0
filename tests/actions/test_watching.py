"""Whose messages are watched for ten minutes: theirs and those to them, nobody else's."""

import pytest

from accounts.actions.im_apps import change_settings
from accounts.domain.actor import Actor
from accounts.domain.errors import UserNotFound
from chat.actions.messages import post_message, post_message_now
from chat.actions.watching import WATCHED_S, stop_watching, watch_user
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.entries import EntryFlag
from chat.domain.targets import ToGroup, ToUser
from chat.models import EntryRow, WatchedUser
from chat.queries import watching
from chat.queries.watching import watched_until_ms
from chat.store.clock import now_ms
from chat.webhooks.book import enabled_rules

pytestmark = pytest.mark.django_db
TEXT = Body("txt", {"msg": "x"})


def recorded(actor, target):
    sent = post_message_now(actor, SendMessage(target, TEXT))
    return bool(EntryRow.objects.get(id=sent.message_id).flags & EntryFlag.RECORDED)


@pytest.fixture
def watched(acting, demo1, demo2, demo3, on_commit_now):
    watch_user(acting(), "Demo1")
    return demo1


def test_messages_from_and_to_who_is_watched_are_recorded(acting, watched, demo2, demo3):
    assert recorded(acting(watched), ToUser("demo2"))
    assert recorded(acting(demo2), ToUser("demo1"))
    assert not recorded(acting(demo2), ToUser("demo3"))
    assert recorded(acting(), ToUser("demo1"))


def test_in_a_group_it_is_who_speaks(acting, watched, demo2, group):
    assert recorded(acting(watched), ToGroup(group.room_id))
    assert not recorded(acting(demo2), ToGroup(group.room_id))


def test_it_ends_by_itself_and_by_hand(acting, watched, demo2, monkeypatch):
    until = watched_until_ms(watched.id)
    assert 0 < until - now_ms() <= WATCHED_S * 1000
    WatchedUser.objects.update(until_ms=now_ms() - 1)
    watching.watched.of(acting().app.id)
    assert watched_until_ms(watched.id) == 0
    watch_user(acting(), "demo1")
    stop_watching(acting(), "demo1")
    assert not recorded(acting(watched), ToUser("demo2"))


def test_a_snapshot_that_is_read_does_not_outlive_the_ten_minutes(acting, watched, demo2):
    watching.watched.of(acting().app.id)
    later = now_ms() + WATCHED_S * 1000 + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chat.actions.message_rules.now_ms", lambda: later)
        assert not recorded(acting(watched), ToUser("demo2"))


def test_the_same_name_in_another_app_is_not_watched(watched, other_app):
    assert not recorded(Actor(other_app), ToUser("demo1"))
    with pytest.raises(UserNotFound):
        watch_user(Actor(other_app), "demo2")


def test_an_app_that_keeps_no_times_keeps_none(acting, watched, demo2, app):
    change_settings(app, {"delivery_recording": "off"})
    assert not recorded(acting(watched), ToUser("demo2"))


def test_a_send_that_does_not_know_who_is_watched_looks_it_up(acting, watched, demo2):
    command = SendMessage(ToUser("demo2"), TEXT)
    enabled_rules.of(acting().app.id)
    post_message_now(acting(watched), command)
    told: list[object] = []
    assert post_message(acting(watched), command, told.append)
    stop_watching(acting(), "demo1")
    assert not post_message(acting(watched), command, told.append)
    assert len(told) == 1
