"""Cursors of devices reach the database through the writer's thread."""

import threading

import pytest

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
