"""Cursors of devices reach the database through the writer's thread."""

import threading
from contextlib import closing

import pytest
from django.db import connection

from chat.models import ConversationRow, ConversationState, DeviceCursor
from chat.store import cursors
from chat.store.leases import ProcessIds
from chat.store.writer import Writer

DEADLINE_S = 10


@pytest.mark.django_db(transaction=True)
def test_the_writers_thread_stores_the_furthest_moves(settings, monkeypatch, demo1, demo2):
    settings.ENTRY_STORE = "writer"
    flushed, by = threading.Event(), []

    def housekeeping():
        cursors.flush()
        by.append(threading.current_thread())
        if DeviceCursor.objects.filter(seq=9).exists():
            flushed.set()

    writer = Writer(ProcessIds(), housekeeping=housekeeping)
    monkeypatch.setattr(cursors, "_wake", writer.wake_later)
    log = ConversationRow.objects.create(app_id=demo1.app_id, key="p:a:b", kind="pair")
    try:
        for seq in (3, 9, 5):
            cursors.move(demo1.id, "phone", log.pk, seq)
        cursors.move(demo1.id, "", log.pk, 10)
        cursors.move(demo2.id + 1000, "phone", log.pk, 1)  # deleted meanwhile
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
        cursors.move(demo1.id, "phone", log.pk, 9)
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
    with_rows = cursors._with_rows

    def slowly(*moves):
        taken.set()
        assert goes_on.wait(DEADLINE_S)
        return with_rows(*moves)

    monkeypatch.setattr(cursors, "_with_rows", slowly)

    def write():
        with closing(connection):
            cursors.flush()

    def log_in_again():
        with closing(connection):
            cursors.flush()
            found.extend(DeviceCursor.objects.values_list("seq", flat=True))

    cursors.move(demo1.id, "phone", log.pk, 9)
    threads = [threading.Thread(target=write), threading.Thread(target=log_in_again)]
    threads[0].start()
    assert taken.wait(DEADLINE_S)
    threads[1].start()
    threads[1].join(0.1)  # one that does not wait is done by now
    goes_on.set()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert found == [9]
