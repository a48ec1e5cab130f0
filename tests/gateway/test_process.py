"""What runs beside the connections of a process."""

import asyncio
from typing import Any, cast

from django.core.cache import cache

from chat.gateway import process
from chat.live import online


class Beside:
    """A gateway's part that `_rest` uses."""

    def __init__(self, count: int) -> None:
        self._present = dict.fromkeys(range(count))
        self.looks = 0

    async def _are_counters_watched(self) -> bool:
        self.looks += 1
        return online.are_counters_watched()


async def test_counters_are_refreshed_soon_while_somebody_looks(monkeypatch):
    monkeypatch.setattr(process, "LOOK_S", 0.001)
    monkeypatch.setattr(process, "REFRESH_S", 0.02)
    cache.clear()
    unseen = Beside(1)
    await process.Gateway._rest(cast(Any, unseen))
    assert unseen.looks == 20
    online.watch_counters()
    seen = Beside(1)
    async with asyncio.timeout(30):
        monkeypatch.setattr(process, "REFRESH_S", 1_000_000)
        await process.Gateway._rest(cast(Any, seen))
    assert seen.looks == 1
    cache.clear()
