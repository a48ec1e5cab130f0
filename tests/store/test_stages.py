"""Moments of watched messages: kept for those, and only for those."""

import pytest

from accounts.actions.im_apps import change_settings
from accounts.domain.actor import Actor
from accounts.queries.im_apps import app_by_id
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered, mark_read, note_received
from chat.actions.retention import DAY_MS, sweep
from chat.domain.bodies import Body
from chat.domain.commands import MarkDelivered, MarkRead, MarkReceived, SendMessage
from chat.domain.targets import ToUser
from chat.models import DeliveryMoment
from chat.queries.delivery import moments_of
from chat.queries.message_log import get_message
from chat.store import stages
from chat.store.clock import now_ms
from chat.store.rows import id_at


@pytest.fixture(autouse=True)
def nothing_waits(db):
    stages.flush()
    stages._open.clear()
    DeliveryMoment.objects.all().delete()


def send(app, *, is_watched=True, device=""):
    actor = Actor(app, "demo1", 0, device=device) if device else Actor(app)
    body = Body("txt", {"msg": "hello"})
    sent = post_message_now(
        actor, SendMessage(ToUser("demo2"), body, sender="demo1", is_watched=is_watched)
    )
    return get_message(app, sent.message_id)


def told(app, entry) -> list[tuple[int, str, str]]:
    stages.flush()
    moments = moments_of(app.id, [entry.id]).get(entry.id, [])
    assert [one.at_us for one in moments] == sorted(one.at_us for one in moments)
    return [(one.user_id, one.device, one.stage) for one in moments]


def test_stages_of_a_watched_message_come_in_order_with_their_device(app, demo1, demo2):
    entry = send(app)
    for device in ("phone", "web"):
        stages.written(entry, demo2.id, device)
        stages.written(entry, demo2.id, device)  # a sync that repeats it
    reader = Actor(app, "demo2", demo2.id, device="phone")
    mark_delivered(reader, MarkDelivered(ToUser("demo1"), entry.id))
    mark_delivered(reader, MarkDelivered(ToUser("demo1"), entry.id))
    web = Actor(app, "demo2", demo2.id, device="web")
    note_received(web, MarkReceived(entry.conversation, entry.seq))
    mark_read(web, MarkRead(ToUser("demo1"), entry.id))
    assert told(app, entry) == [
        (0, "", "accepted"),
        (0, "", "stored"),
        (demo2.id, "phone", "written"),
        (demo2.id, "web", "written"),
        (demo2.id, "phone", "confirmed"),
        (demo2.id, "web", "confirmed"),
        (demo2.id, "web", "read"),
    ]
    assert stages._open == {}


def test_nothing_is_kept_of_other_messages(app, demo1, demo2):
    entry = send(app, is_watched=False)
    assert not entry.is_recorded
    reader = Actor(app, "demo2", demo2.id, device="phone")
    mark_read(reader, MarkRead(ToUser("demo1"), entry.id))
    assert told(app, entry) == []


def test_console_clients_are_watched_by_their_device(app, demo1, demo2):
    sent = post_message_now(
        Actor(app, "demo1", demo1.id, device="console-7"),
        SendMessage(ToUser("demo2"), Body("txt", {"msg": "hello"})),
    )
    assert get_message(app, sent.message_id).is_recorded


@pytest.mark.parametrize(
    ("recording", "from_console", "from_elsewhere"),
    [("console", True, False), ("all", True, True), ("off", False, False)],
)
def test_app_says_of_which_messages_stages_are_kept(
    recording, from_console, from_elsewhere, app, demo1, demo2
):
    change_settings(app, {"delivery_recording": recording})
    now = app_by_id(app.id)
    assert bool(told(app, send(now))) is from_console
    assert bool(told(app, send(now, is_watched=False))) is from_elsewhere


def test_earlier_acknowledgement_confirms_nothing_later(app, demo1, demo2):
    first, second = send(app), send(app)
    for entry in (first, second):
        stages.written(entry, demo2.id, "phone")
    stages.confirmed(demo2.id, "phone", app.id, first.conversation.key, first.seq)
    assert (demo2.id, "phone", "confirmed") in told(app, first)
    assert (demo2.id, "phone", "confirmed") not in told(app, second)


def test_what_waits_and_what_is_open_is_bounded(app, demo2, monkeypatch):
    entry = send(app)
    monkeypatch.setattr(stages, "MAX_OPEN", 3)
    for user_id in range(10, 20):
        stages.written(entry, user_id, "phone")
    assert len(stages._open) == 3
    stages.flush()
    monkeypatch.setattr(stages, "MAX_WAITING", 2)
    for user_id in range(20, 30):
        stages.written(entry, user_id, "phone")
    before = DeliveryMoment.objects.count()
    stages.flush()
    assert DeliveryMoment.objects.count() == before + 2


def test_moments_are_kept_seven_days(app):
    old, new = (id_at(now_ms() - days * DAY_MS) for days in (8, 1))
    for message_id in (old, new):
        DeliveryMoment.objects.create(app_id=app.id, message_id=message_id, stage="stored", at_us=1)
    for _ in sweep():
        pass
    assert [row.message_id for row in DeliveryMoment.objects.all()] == [new]
