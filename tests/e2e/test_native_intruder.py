"""A stranger tries every operation on what is not theirs, with odd values between: nothing leaks.

Seeded, on a real server. What two people and their group said holds a mark; no frame that the
stranger gets may hold it, and the server must answer or end every request without a bug.
"""

import asyncio
import json
import random
from typing import Any

import pytest

from imadmin.testclient.native import Lost, NativeClient, Refused
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server
from tests.wire.native.exchanges import EXCHANGES
from tests.wire.native.room_exchanges import ROOM_EXCHANGES
from tests.wire.native.thread_exchanges import THREAD_EXCHANGES

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
MARK = "between-us-only"
ROUNDS = 400


async def client(server: Server, user: str, frames: list[str]) -> NativeClient:
    def tap(way: str, frame: str) -> None:
        if way == "in":
            frames.append(frame)

    made = NativeClient(f"{server.ws_url}/ws/native/", APPKEY, user, password=PASSWORD, tap=tap)
    await made.connect()
    return made


async def secrets_of(one: NativeClient, two: NativeClient) -> dict[str, list[Any]]:
    """Two people talk; values by the name of the field in which a stranger may try them."""
    peer = {"type": "user", "id": two.user}
    said = await one.ask("send", to=peer, body={"type": "txt", "msg": MARK}, ext={"x": MARK})
    fields = {"groupname": "g", "members": [two.user], "public": False, "custom": MARK}
    made = await one.ask("group.create", **fields)
    group = {"type": "group", "id": made["data"]["groupid"]}
    await one.ask("group.update", id=group["id"], announcement=MARK)
    also = await one.ask("send", to=group, body={"type": "txt", "msg": MARK})
    await one.ask("roster.add", user=two.user, message=MARK)
    below = {"group_id": group["id"], "msg_id": also["id"]}
    thread = (await one.ask("thread.create", name=MARK, **below))["data"]["thread_id"]
    await one.ask("send", to={"type": "thread", "id": thread}, body={"type": "txt", "msg": MARK})
    places = [peer, {"type": "user", "id": one.user}, group, {**group, "type": "chatroom"},
              {"type": "personal", "id": one.user}, {"type": "thread", "id": thread}]  # fmt: skip
    ids = [said["id"], also["id"], str(int(said["id"]) - 1), group["id"], thread]
    names = [one.user, two.user]
    return {
        "conversation": places, "to": places, "id": ids, "after": ids, "before": ids, "up_to": ids,
        "group_id": ids, "msg_id": ids,
        "user": names, "users": [names], "usernames": [names], "newowner": names,
    }  # fmt: skip


def attempts(known: dict[str, list[Any]], chance: random.Random) -> list[Json]:
    base = [exchange[0] for exchange in [*EXCHANGES, *ROOM_EXCHANGES, *THREAD_EXCHANGES]]
    odd: list[Any] = [
        None,
        "",
        "-1",
        "0",
        "9" * 30,
        2**70,
        -1,
        [],
        {},
        {"type": "user"},
        True,
        "𝕏" * 70,
    ]
    made = []
    for _ in range(ROUNDS):
        request = dict(chance.choice(base))
        for key in [*request, "id", "conversation"]:
            if key in known and chance.random() < 0.8:
                request[key] = chance.choice(known[key])
            elif key != "op" and chance.random() < 0.1:
                request[key] = chance.choice(odd)
        made.append(request)
    return made


@pytest.mark.parametrize("seed", [3])
async def test_a_stranger_learns_nothing(server: Server, people: People, seed: int):
    chance = random.Random(seed)
    names = people.take(3)
    frames: list[str] = []
    log_before = len(server.log())
    one, two = [await client(server, name, []) for name in names[:2]]
    stranger = await client(server, names[2], frames)
    known = await secrets_of(one, two)
    refused = 0
    for request in attempts(known, chance):
        op, fields = request["op"], {k: v for k, v in request.items() if k not in {"op", "ref"}}
        try:
            await stranger.ask(op, **fields)
        except Refused:
            refused += 1
        except Lost:
            await stranger.connect()
    for place in known["conversation"][:3:2]:  # they themselves read it
        assert MARK in json.dumps(await one.ask("history", conversation=place))
    await asyncio.gather(*(user.close() for user in (one, two, stranger)))
    assert refused > ROUNDS / 4
    assert [frame for frame in frames if MARK in frame] == []
    codes = {json.loads(frame).get("error", {}).get("code") for frame in frames}
    assert "error" not in codes  # what a bug is told as
    said = server.log()[log_before:]
    assert "Traceback" not in said, said[-3000:]
