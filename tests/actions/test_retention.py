"""What is old goes, and everything that counts stays right."""

import io
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions.im_apps import change_app
from accounts.models import LoginFailure
from chat.actions import retention
from chat.actions.files import store_file
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered, mark_read
from chat.actions.room_members import add_members, remove_members
from chat.actions.rooms import destroy_room
from chat.domain.bodies import Body
from chat.domain.commands import (
    AddMembers,
    DestroyRoom,
    ListConversations,
    MarkDelivered,
    MarkRead,
    ReadHistory,
    RemoveMembers,
    SendMessage,
    Sync,
)
from chat.domain.entries import EntryKind
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from chat.models import (
    ConversationRow,
    ConversationState,
    DeviceCursor,
    EntryRow,
    GroupReceipt,
    HiddenEntry,
    ImportedEntry,
    Room,
    RoomMember,
    StoredFile,
    SweepLease,
    UserMute,
    WebhookDelivery,
    WebhookRule,
)
from chat.queries.conversations import list_conversations, offline_count, unread_total
from chat.queries.history import read_history, sync
from chat.store.clock import now_ms
from chat.store.expiry import remove_older

pytestmark = pytest.mark.django_db


def send(actor, target, number=0, **more):
    body = Body("txt", {"msg": str(number)})
    return post_message_now(actor, SendMessage(target, body, **more)).message_id


def sweep():
    return sum(retention.sweep())


@pytest.fixture
def later(monkeypatch):
    """Let retention run so many hours from now."""
    began = timezone.now()

    def at(hours):
        ahead = int(hours * retention.HOUR_MS)
        monkeypatch.setattr(retention, "now_ms", lambda: now_ms() + ahead)
        monkeypatch.setattr(timezone, "now", lambda: began + timedelta(hours=hours))

    return at


def test_counts_and_pages_stay_right_when_the_oldest_messages_go(app, acting, demo1, demo2, group):
    to_group = ToGroup(group.room_id)
    pair = [send(acting(demo1), ToUser("demo2"), n) for n in range(6)]
    shared = [send(acting(demo1 if n % 2 else demo2), to_group, n) for n in range(6)]
    mark_read(acting(demo2), MarkRead(ToUser("demo1"), pair[1]))
    assert unread_total(demo2.id) == 4 + 3
    while remove_older(app.id, shared[3]):
        pass
    # Of the pair all is gone; of the group numbers 3, 4 and 5 are left, two of them by demo1.
    assert unread_total(demo2.id) == 2
    [item] = list_conversations(acting(demo2), ListConversations()).items
    assert (item.place, item.unread) == (to_group, 2)
    page = read_history(acting(demo2), ReadHistory(to_group, limit=2))
    assert ([entry.id for entry in page.entries], page.end, page.total) == (shared[:3:-1], False, 3)
    page = read_history(acting(demo2), ReadHistory(to_group, shared[4], limit=2))
    assert ([entry.id for entry in page.entries], page.end) == ([shared[3]], True)
    assert read_history(acting(demo2), ReadHistory(ToUser("demo1"))).total == 0
    new = send(acting(demo1), ToUser("demo2"), 9)
    assert EntryRow.objects.get(id=new).seq > len(pair)
    assert unread_total(demo2.id) == 3
    entries = sync(acting(demo2, device="d"), Sync(ToUser("demo1"))).entries
    assert [entry.id for entry in entries if entry.kind is EntryKind.MESSAGE] == [new]
    assert mark_read(acting(demo2), MarkRead(ToUser("demo1"), pair[3])).unread == 1
    assert mark_read(acting(demo2), MarkRead(ToUser("demo1"), new)).unread == 0
    assert mark_read(acting(demo2), MarkRead(to_group, shared[4])).unread == 1
    assert offline_count(app, "demo3") == 3


def test_messages_go_after_the_apps_retention_only(app, acting, demo1, demo2, later):
    send(acting(demo1), ToUser("demo2"))
    later(7 * 24 - 1)
    sweep()
    assert EntryRow.objects.filter(kind=1).count() == 1
    change_app(app, settings=app.settings.changed(retention_days=0))
    later(10_000)
    sweep()
    assert EntryRow.objects.filter(kind=1).count() == 1
    change_app(app, settings=app.settings.changed(retention_days=7))
    later(7 * 24 + 1)
    sweep()
    assert not EntryRow.objects.exists()
    assert unread_total(demo2.id) == 0
    assert ConversationRow.objects.get(kind="pair").last_seq == 1, "the log goes on, not anew"


def test_what_was_online_only_goes_after_an_hour(acting, demo1, demo2, later):
    kept = send(acting(demo1), ToUser("demo2"), 1)
    send(acting(demo1), ToUser("demo2"), 2, online_only=True)
    last = send(acting(demo1), ToUser("demo2"), 3)
    later(0.9)
    sweep()
    assert EntryRow.objects.filter(kind=1).count() == 3
    later(1.1)
    sweep()
    assert list(EntryRow.objects.filter(kind=1).values_list("id", flat=True)) == [kept, last]
    assert unread_total(demo2.id) == 2
    assert SweepLease.objects.get().mark >= last
    sweep()


@pytest.mark.parametrize("keeps", [True, False])
def test_a_chatrooms_messages_go_after_an_hour_unless_kept(
    app, acting, demo1, chatroom, later, keeps
):
    change_app(app, settings=app.settings.changed(room_history=keeps))
    send(acting(demo1), ToChatroom(chatroom.room_id))
    later(1.1)
    sweep()
    left = EntryRow.objects.filter(conversation__kind="chatroom", kind=1)
    assert left.exists() is keeps


def test_rooms_stays_and_their_states_end_with_retention(app, acting, demo1, demo2, group, later):
    target = ToGroup(group.room_id)
    send(acting(demo2), target)
    remove_members(acting(), RemoveMembers(target, ("demo2",)))
    sweep()
    assert RoomMember.objects.filter(user=demo2.id).count() == 1
    later(7 * 24 + 1)
    sweep()
    assert not RoomMember.objects.filter(user=demo2.id).exists()
    assert not ConversationState.objects.filter(user=demo2.id).exists()
    assert Room.objects.filter(pk=group.row_id).exists()
    add_members(acting(), AddMembers(target, ("demo2",)))
    send(acting(demo1), target)
    assert unread_total(demo2.id) == 1
    destroy_room(acting(), DestroyRoom(target))
    sweep()
    assert Room.objects.filter(pk=group.row_id).exists()
    later(15 * 24)
    sweep()
    assert not Room.objects.filter(pk=group.row_id).exists()
    assert not ConversationRow.objects.filter(kind="group").exists()


def test_a_devices_cursors_go_together_after_a_week(acting, demo1, demo2, group, later):
    first = send(acting(demo1), ToUser("demo2"))
    second = send(acting(demo1), ToGroup(group.room_id))
    for device in ("old", "used"):
        mark_delivered(acting(demo2, device=device), MarkDelivered(ToUser("demo1"), first))
        mark_delivered(acting(demo2, device=device), MarkDelivered(ToGroup(group.room_id), second))
    weeks_ago = timezone.now() - timedelta(days=8)
    DeviceCursor.objects.filter(device="old").update(updated_at=weeks_ago)
    used = DeviceCursor.objects.filter(device="used", conversation__kind="pair")
    used.update(updated_at=weeks_ago)
    sweep()
    assert list(DeviceCursor.objects.values_list("device", flat=True)) == ["used", "used"]
    # Without cursors a device starts at what any device of the user has.
    assert sync(acting(demo2, device="old"), Sync()).entries == ()


def test_calls_hidden_marks_files_and_failures_go_too(app, acting, demo1, demo2, later):
    rule = WebhookRule.objects.create(app_id=app.id, name="r", kind="post", url="u", secret=b"")
    for number in range(3):
        WebhookDelivery.objects.create(
            rule=rule, app_id=app.id, call_id="c", selector="chat", entry_id=number, body={}
        )
    WebhookDelivery.objects.filter(entry_id__lt=2).update(
        created_at=timezone.now() - timedelta(days=8)
    )
    LoginFailure.objects.create(key_hash="k")
    LoginFailure.objects.update(at=timezone.now() - timedelta(days=1))
    message = send(acting(demo1), ToUser("demo2"))
    HiddenEntry.objects.create(user_id=demo2.id, entry_id=message)
    store_file(app, uploaded_by="demo1", filename="a", content_type="", content=io.BytesIO(b"x"))
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=8))
    sweep()
    assert WebhookDelivery.objects.count() == 1
    assert not LoginFailure.objects.exists()
    assert HiddenEntry.objects.exists()
    assert StoredFile.objects.get().file.name == ""
    later(8 * 24)
    sweep()
    assert not HiddenEntry.objects.exists()


def test_receipts_and_mutes_that_are_over_go_too(app, acting, demo1, demo2, later):
    message = send(acting(demo1), ToUser("demo2"))
    GroupReceipt.objects.create(user_id=demo2.id, entry_id=message)
    ImportedEntry.objects.create(app_id=app.id, entry_id=message, created_ms=1)
    UserMute.objects.create(app_id=app.id, user_id=demo1.id, kind="pair", until_ms=1)
    UserMute.objects.create(app_id=app.id, user_id=demo2.id, kind="pair", until_ms=1 << 52)
    sweep()
    assert GroupReceipt.objects.exists()
    assert ImportedEntry.objects.exists()
    assert UserMute.objects.get().user_id == demo2.id
    later(8 * 24)
    sweep()
    assert not GroupReceipt.objects.exists()
    assert not ImportedEntry.objects.exists()


def test_only_the_holder_of_the_lease_sweeps(app, acting, demo1, demo2, later, monkeypatch):
    monkeypatch.setattr(retention, "BREATH_S", 0)
    send(acting(demo1), ToUser("demo2"))
    one, other = retention.Sweeper(), retention.Sweeper()
    assert one.hold()
    later(8 * 24)
    SweepLease.objects.update(expires_ms=now_ms() + 9 * retention.DAY_MS)
    assert not other.hold()
    assert other.turn(threading.Event()) == retention.EVERY_S
    assert EntryRow.objects.exists()
    SweepLease.objects.update(expires_ms=0)
    other.turn(threading.Event())
    assert not EntryRow.objects.exists()
    assert not one.hold()


def test_a_round_ends_early_when_the_process_does(acting, demo1, demo2, later, monkeypatch):
    send(acting(demo1), ToUser("demo2"))
    later(8 * 24)
    stop = threading.Event()
    stop.set()
    retention.Sweeper().turn(stop)
    assert EntryRow.objects.exists()
