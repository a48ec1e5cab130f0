"""Cursors of devices reach the database through the writer's thread."""

import threading
import time
from contextlib import closing

import pytest
from django.db import DatabaseError, connection

from chat.models import ConversationRow, ConversationState, DeviceCursor
from chat.store import cursors, sql_states
from chat.store.leases import ProcessIds
from chat.store.writer import Writer

DEADLINE_S = 10


@pytest.mark.django_db(transaction=True)
def test_the_writers_thread_stores_the_furthest_moves(settings, monkeypatch, demo1, demo2):
    settings.ENTRY_STORE = "writer"
    flushed, by = threading.Event(), []

    def flush_due():
        again_s = cursors.flush_due()
        by.append(threading.current_thread())
        if ConversationState.objects.filter(delivered_seq=10).exists():
            flushed.set()
        return again_s

    writer = Writer(ProcessIds())
    monkeypatch.setattr(cursors, "_wake", lambda after_s: writer.call_later(after_s, flush_due))
    log = ConversationRow.objects.create(app_id=demo1.app_id, key="p:a:b", kind="pair")
    try:
        for seq in (3, 9, 5):
            cursors.move(demo1.id, "phone", demo1.app_id, log.key, seq)
        cursors.move(demo1.id, "", demo1.app_id, log.key, 10)
        cursors.move(demo2.id + 1000, "phone", demo1.app_id, log.key, 1)  # deleted meanwhile
        assert flushed.wait(DEADLINE_S)
    finally:
        writer.stop(DEADLINE_S)
    assert threading.main_thread() not in by
    assert list(DeviceCursor.objects.values_list("device", "seq")) == [("phone", 9)]
    assert ConversationState.objects.get().delivered_seq == 10


@pytest.mark.django_db(transaction=True)
def test_a_log_that_was_removed_keeps_nobody_else_s_moves_from_being_written(
    settings, monkeypatch, demo1
):
    settings.ENTRY_STORE = "writer"
    monkeypatch.setattr(cursors, "_wake", lambda _after_s: None)
    gone, stays = [
        ConversationRow.objects.create(app_id=demo1.app_id, key=key, kind="pair")
        for key in ("p:a:b", "p:a:c")
    ]
    for log in (gone, stays):
        cursors.move(demo1.id, "phone", demo1.app_id, log.key, 9)
    starts = [(demo1.id, "pad", log.pk, 9) for log in (gone, stays)]
    gone.delete()
    cursors.flush()
    cursors.begin(starts)
    assert set(DeviceCursor.objects.values_list("device", "conversation")) == {
        ("phone", stays.pk),
        ("pad", stays.pk),
    }
    assert ConversationState.objects.get().conversation_id == stays.pk


@pytest.mark.django_db(transaction=True)
def test_who_flushes_while_another_thread_writes_finds_it_written(settings, monkeypatch, demo1):
    settings.ENTRY_STORE = "writer"
    monkeypatch.setattr(cursors, "_wake", lambda _after_s: None)
    log = ConversationRow.objects.create(app_id=demo1.app_id, key="p:a:b", kind="pair")
    taken, goes_on = threading.Event(), threading.Event()
    found: list[int] = []
    write_moves = cursors._write

    def slowly(moves):
        taken.set()
        assert goes_on.wait(DEADLINE_S)
        write_moves(moves)

    monkeypatch.setattr(cursors, "_write", slowly)

    def write():
        with closing(connection):
            cursors.flush()

    def log_in_again():
        with closing(connection):
            cursors.flush()
            found.extend(DeviceCursor.objects.values_list("seq", flat=True))

    cursors.move(demo1.id, "phone", demo1.app_id, log.key, 9)
    threads = [threading.Thread(target=write), threading.Thread(target=log_in_again)]
    threads[0].start()
    assert taken.wait(DEADLINE_S)
    threads[1].start()
    threads[1].join(0.1)  # one that does not wait is done by now
    goes_on.set()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert found == [9]


@pytest.fixture
def waiting(settings, monkeypatch, demo1):
    """Moves of nine devices that waited a second, then one that has not; gives how to
    make more, and the seconds that the writer was asked for."""
    settings.ENTRY_STORE = "writer"
    asked: list[float] = []
    now = [100.0]
    monkeypatch.setattr(cursors, "_wake", asked.append)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(cursors, "SLICE", 4)
    log = ConversationRow.objects.create(app_id=demo1.app_id, key="p:a:b", kind="pair")

    def move(device, seq=1):
        cursors.note(demo1.id, device, demo1.app_id, log.key, seq)

    for number in range(9):
        move(f"old{number}")
    now[0] += cursors.KEPT_S
    move("new")
    assert asked == [cursors.KEPT_S]
    yield move, asked
    cursors.flush()


def written() -> list[str]:
    return sorted(DeviceCursor.objects.values_list("device", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("waiting")
def test_what_waited_long_enough_is_written_some_at_a_time():
    for number, again_s in ((4, cursors.SLICE_S), (8, cursors.SLICE_S), (9, cursors.KEPT_S)):
        assert cursors.flush_due() == again_s
        assert len(written()) == number
    assert "new" not in written()


@pytest.mark.django_db(transaction=True)
def test_who_moves_on_does_not_wait_longer(waiting):
    move, _ = waiting
    move("old0", 5)
    cursors.flush_due()
    assert DeviceCursor.objects.get(device="old0").seq == 5


@pytest.mark.django_db(transaction=True)
def test_many_are_written_within_a_second_all_the_same(waiting, monkeypatch):
    monkeypatch.setattr(cursors, "SLICE", 1)
    monkeypatch.setattr(cursors, "SLICE_S", cursors.KEPT_S / 2)
    cursors.flush_due()
    assert len(written()) == 5  # a half of ten


@pytest.mark.django_db(transaction=True)
def test_all_are_written_when_a_device_goes(waiting):
    _, asked = waiting
    cursors.flush_soon()
    assert asked[1:] == [0.0]
    assert cursors.flush_due() is None
    assert len(written()) == 10


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_kept_and_tried_again(waiting, monkeypatch):
    move, asked = waiting
    with monkeypatch.context() as broken:
        broken.setattr(sql_states, "move_devices", _refuse)
        move("old1", 3)
        with pytest.raises(DatabaseError):
            cursors.flush_due()
    assert not ConversationState.objects.exists()  # the statement before was undone
    assert asked[1:] == [cursors.KEPT_S]
    move("old1", 2)
    cursors.flush()
    assert len(written()) == 10
    assert DeviceCursor.objects.get(device="old1").seq == 3


def _refuse(*_arguments):
    raise DatabaseError("no room")
