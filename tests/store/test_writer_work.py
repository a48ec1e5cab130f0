"""What the writer's thread does between its batches."""

import threading

from django.db import DatabaseError

from chat.store.leases import ProcessIds
from chat.store.writer import Writer

DEADLINE_S = 10


def test_other_work_is_done_when_asked_for_and_the_last_at_the_end():
    ran, ended = threading.Semaphore(0), threading.Semaphore(0)
    writer = Writer(ProcessIds(), last=(ended.release,))
    writer.call_later(0.01, ran.release)
    assert ran.acquire(timeout=DEADLINE_S)
    assert not ended.acquire(blocking=False)
    writer.stop(DEADLINE_S)
    assert ended.acquire(timeout=DEADLINE_S)
    assert not ran.acquire(blocking=False)


def test_a_writer_that_never_ran_does_the_last_work_too():
    ended = threading.Semaphore(0)
    Writer(ProcessIds(), last=(ended.release,)).stop(DEADLINE_S)
    assert ended.acquire(blocking=False)


def test_other_work_comes_sooner_when_somebody_needs_it_sooner():
    ran, later = threading.Semaphore(0), threading.Semaphore(0)
    writer = Writer(ProcessIds())
    writer.call_later(3600.0, later.release)
    writer.call_later(3600.0, ran.release)
    writer.call_later(0.0, ran.release)
    assert ran.acquire(timeout=DEADLINE_S)
    writer.stop(DEADLINE_S)
    assert not later.acquire(blocking=False)
    assert not ran.acquire(blocking=False)


def test_work_says_when_it_is_to_be_done_again():
    ran = threading.Semaphore(0)
    times = iter((0.01, 0.01, None))

    def work():
        ran.release()
        return next(times)

    writer = Writer(ProcessIds())
    writer.call_later(0.0, work)
    for _ in range(3):
        assert ran.acquire(timeout=DEADLINE_S)
    writer.stop(DEADLINE_S)
    assert not ran.acquire(blocking=False)


def test_work_that_fails_keeps_no_other_from_being_done():
    ran = threading.Semaphore(0)

    def fail():
        raise DatabaseError("no room")

    writer = Writer(ProcessIds(), last=(fail, ran.release))
    writer.call_later(0.0, fail)
    writer.call_later(0.0, ran.release)
    assert ran.acquire(timeout=DEADLINE_S)
    writer.stop(DEADLINE_S)
    assert ran.acquire(timeout=DEADLINE_S)
