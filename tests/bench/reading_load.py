"""Conversation lists and history under load: READERS clients, each with one question on its way."""

import asyncio
import itertools
import time
from typing import Any

from imadmin.testclient.native import NativeClient
from tests.bench.workloads import WARM_UP_S, Json, cpu_s

READERS = 4
PLACES, PAGES, PAGE = 5, 5, 20  # of a user's conversations, of each, messages


async def reading(plan: Json) -> Json:
    """Each reader logs in as one of the plan's readers after the other, lists the conversations and
    pages back in the newest of them. "p50_ms" and "p99_ms" are of a page of history."""
    users = itertools.cycle(plan["readers"])
    until = time.perf_counter() + WARM_UP_S + plan["seconds"]
    spans: dict[str, list[float]] = {"history": [], "conversations": []}

    async def timed(what: str, call: Any) -> Any:
        began = time.perf_counter()
        answer = await call
        if began >= until - plan["seconds"]:
            spans[what].append((time.perf_counter() - began) * 1e3)
        return answer

    async def reader() -> None:
        while time.perf_counter() < until:
            user, token = next(users)
            where = plan["where"]
            url = f"ws://{where['host']}:{where['port']}{where['path']}"
            client = NativeClient(url, where["appkey"], user, token=token)
            await client.connect()
            listed = await timed("conversations", client.conversations())
            for talk in listed[:PLACES]:
                before = "-1"
                for _ in range(PAGES):
                    asked = client.history(talk["conversation"], before, PAGE)
                    page = await timed("history", asked)
                    if page["end"]:
                        break
                    before = page["messages"][-1]["id"]
            await client.close()

    began, used = time.perf_counter(), cpu_s(plan["roots"])
    await asyncio.gather(*(reader() for _ in range(READERS)))
    took, used = time.perf_counter() - began, cpu_s(plan["roots"]) - used
    pages, lists = spans["history"], spans["conversations"]
    return {
        "per_s": round(len(pages) / plan["seconds"]),
        "cpu_pct": round(used / took * 100),
        "p50_ms": _at(pages, 50), "p99_ms": _at(pages, 99),
        "lists": len(lists), "lists_p50_ms": _at(lists, 50), "lists_p99_ms": _at(lists, 99),
    }  # fmt: skip


def _at(spans: list[float], percent: int) -> float:
    ordered = sorted(spans) or [0.0]
    return round(ordered[len(ordered) * percent // 100], 2)
