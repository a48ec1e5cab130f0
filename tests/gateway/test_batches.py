"""Questions that one piece of work answers together."""

import asyncio
import threading

import pytest

from chat.actions import handlers
from chat.actions.handlers import HANDLERS
from chat.domain.answers import SyncPage
from chat.domain.commands import Sync
from chat.gateway import process
from chat.gateway.completions import MAX_BATCH, Batches, Completions, Pool
from tests.gateway.engine import DEMO1

PAGE, ALONE = SyncPage((), "", more=False), SyncPage((), "alone", more=True)


@pytest.fixture
async def pool():
    made = Pool(Completions(asyncio.get_running_loop()))
    yield made
    made.stop()


async def test_what_is_asked_meanwhile_is_the_next_batch(pool):
    batches: list[list[int]] = []
    may_go_on = threading.Event()

    def work(questions):
        batches.append(list(questions))
        may_go_on.wait(10)
        return [-question for question in questions]

    asking: Batches[int, int] = Batches(pool, work)
    answers = [asking.ask(n) for n in range(1, 4)]
    await asyncio.sleep(0)  # the three were asked in one turn
    answers += [asking.ask(n) for n in range(4, MAX_BATCH + 5)]
    may_go_on.set()
    assert await asyncio.gather(*answers) == [-n for n in range(1, MAX_BATCH + 5)]
    assert [len(batch) for batch in batches] == [3, MAX_BATCH, 1]


async def test_an_exception_among_the_answers_is_for_its_question_alone(pool):
    asking: Batches[int, int] = Batches(
        pool, lambda numbers: [n if n else ValueError("zero") for n in numbers]
    )
    answers = [asking.ask(n) for n in (3, 0, 4)]
    told = await asyncio.gather(*answers, return_exceptions=True)
    assert [str(one) for one in told] == ["3", "zero", "4"]


async def test_work_that_fails_fails_its_batch_and_not_the_next(pool):
    fails = [True]

    def work(questions):
        if fails.pop() if fails else False:
            raise OSError("away")
        return list(questions)

    asking: Batches[int, int] = Batches(pool, work)
    first = asking.ask(1)
    await asyncio.sleep(0)
    second = asking.ask(2)
    with pytest.raises(OSError, match="away"):
        await first
    assert await second == 2


async def test_who_no_longer_waits_is_left_out(pool):
    asking: Batches[int, int] = Batches(pool, list)
    first, second = asking.ask(1), asking.ask(2)
    first.cancel()
    assert await second == 2


async def test_a_pool_that_stops_leaves_nobody_waiting(pool):
    may_end = threading.Event()
    for _ in range(8):  # every thread is busy
        pool.start(lambda: may_end.wait(60) and None)
    asking: Batches[int, int] = Batches(pool, list)
    first = asking.ask(1)
    await asyncio.sleep(0)
    second = asking.ask(2)
    stopping = asyncio.to_thread(pool.stop)
    task = asyncio.create_task(stopping)
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(asyncio.CancelledError):
        await second
    may_end.set()
    await task


async def test_a_pool_that_stopped_under_a_batch_answers_it_and_leaves_nobody_waiting(pool):
    release = threading.Event()

    def work(questions):
        release.wait(20)
        return questions

    asking: Batches[int, int] = Batches(pool, work)
    first = asking.ask(1)
    await asyncio.sleep(0)
    second = asking.ask(2)
    threading.Timer(0.1, release.set).start()
    pool.stop()  # waits for the batch under way, on the loop's thread
    assert await first == 1
    with pytest.raises(asyncio.CancelledError):
        await second
    with pytest.raises(asyncio.CancelledError):
        await asking.ask(3)


async def test_all_that_was_asked_can_be_waited_for(pool):
    asking: Batches[int, int] = Batches(pool, list)
    answers = [asking.ask(number) for number in range(5)]
    await asking.settled()
    assert [answer.result() for answer in answers] == [0, 1, 2, 3, 4]
    await asking.settled()


@pytest.mark.parametrize(
    ("pages", "command", "told"),
    [
        ([PAGE], Sync(), PAGE),
        ([None], Sync(), ALONE),  # it missed too much
        (OSError("away"), Sync(), ALONE),
        ([PAGE], Sync(after="1.2"), ALONE),  # not the first one
    ],
)
async def test_a_first_page_that_no_batch_reads_is_read_by_itself(
    monkeypatch, pages, command, told
):
    def read(asked):
        if isinstance(pages, Exception):
            raise pages
        return pages

    monkeypatch.setattr(process, "first_pages", read)
    monkeypatch.setattr(handlers, "settings_of", lambda _app_id: DEMO1.app.settings)
    monkeypatch.setitem(HANDLERS, Sync, lambda _actor, _command: ALONE)
    made = process.gateway()
    page = asyncio.get_running_loop().create_future()
    try:
        made.run(DEMO1, command, page.set_result)
        assert await asyncio.wait_for(page, 10) is told
    finally:
        await made.stop()
        process.forget_gateway()
