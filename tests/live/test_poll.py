"""The poll that repairs a lost relay: how far it looks back, also after looks that failed."""

import asyncio
import itertools
from types import SimpleNamespace
from typing import Any, cast

from chat.live import listener
from chat.live.listener import POLL_S, Listener, window_ms
from chat.live.ordering import RECENT_MS


def test_it_looks_back_further_when_it_comes_late():
    assert window_ms(POLL_S) == RECENT_MS
    assert window_ms(0.0) == RECENT_MS
    assert window_ms(POLL_S + 20) == RECENT_MS + 20_000


async def test_what_lay_between_failed_looks_is_looked_at_afterwards(monkeypatch, caplog):
    windows: list[int] = []
    is_enough = asyncio.Event()

    async def catch_up(recent_ms: int) -> None:
        windows.append(recent_ms)
        if len(windows) == 4:
            is_enough.set()
        if len(windows) in {2, 3}:
            raise ConnectionError("the database is away")

    polling = Listener(cast(Any, None), cast(Any, None), cast(Any, None))
    monkeypatch.setattr(polling, "catch_up", catch_up)
    seconds = itertools.count(0, 10)  # each look comes ten seconds after the one before
    monkeypatch.setattr(listener, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(listener, "POLL_S", 0)
    monkeypatch.setattr(listener, "registry", ["somebody"])
    task = asyncio.create_task(polling._poll())
    await asyncio.wait_for(is_enough.wait(), 10)
    task.cancel()
    assert [window - RECENT_MS for window in windows[:4]] == [10_000, 10_000, 20_000, 30_000]
    assert caplog.text.count("the poll of moved logs failed") == 2
