"""The browser client library in Node, against a real server."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.browser_client.client import Client, Refused
from tests.e2e.browser_client.cutting import CuttingProxy
from tests.e2e.people import APPKEY, PASSWORD, People
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e


class Clients:
    def __init__(self, server: Server, people: People) -> None:
        self.server = server
        self.people = people
        self.made: list[Client] = []

    def make(self, user: str, *, url: str = "", **options: object) -> Client:
        self.made.append(Client(url or self.server.ws_url, user, **options))
        return self.made[-1]

    async def pair(self) -> tuple[Client, Client]:
        one, two = (self.make(name) for name in self.people.take(2))
        return await one.connected(), await two.connected()


@pytest.fixture
async def clients(server: Server, people: People) -> AsyncIterator[Clients]:
    made = Clients(server, people)
    yield made
    for client in made.made:
        await client.kill()


def to(client: Client) -> dict[str, str]:
    return {"type": "user", "id": client.user}


async def test_text_with_ext_arrives_and_is_read(clients):
    one, two = await clients.pair()
    sent = await one.call("sendText", to(two), "héllo 😀", {"ext": {"a": [1]}, "id": "mine"})
    await two.wait(lambda: two.heard("message"))
    message = two.heard("message")[0]["message"]
    assert message["id"] == sent["id"]
    assert (message["body"]["msg"], message["ext"]) == ("héllo 😀", {"a": [1]})
    assert one.heard("ack") == [{"id": sent["id"], "time": sent["time"], "client_id": "mine"}]
    await one.wait(lambda: [r for r in one.heard("receipt") if r["kind"] == "delivered"])
    await two.call("read", to(one), sent["id"])
    await one.wait(lambda: [r for r in one.heard("receipt") if r["kind"] == "read"])
    page = await two.call("history", to(one))
    assert ([m["id"] for m in page["messages"]], page["end"]) == ([sent["id"]], True)


async def test_recall_typing_conversations_and_roster(clients):
    one, two = await clients.pair()
    sent = await one.call("sendText", to(two), "oops")
    await one.call("recall", sent["id"])
    await one.call("typing", to(two))
    await two.wait(lambda: two.heard("recalled") and two.heard("typing"))
    assert two.heard("recalled")[0]["message_id"] == sent["id"]
    await one.call("rosterAdd", two.user, "hi")
    await two.wait(lambda: two.heard("roster"))
    await two.call("rosterAccept", one.user)
    await one.wait(lambda: one.heard("roster"))
    assert [event["kind"] for event in one.heard("roster")] == ["added"]
    await one.call("sendText", to(two), "again")
    listed = await one.call("conversations")
    assert [item["conversation"]["id"] for item in listed["items"]] == [two.user]


async def test_group_of_its_making(clients):
    one, two = await clients.pair()
    made = await one.call("groupCreate", {"groupname": "g", "members": [two.user]})
    group = {"type": "group", "id": made["data"]["groupid"]}
    await one.call("sendText", group, "to all")
    await two.wait(lambda: two.heard("message"))
    assert two.heard("message")[0]["conversation"] == group
    await one.call("groupMute", group["id"], {"usernames": [two.user], "mute_duration": -1})
    with pytest.raises(Refused) as refused:
        await two.call("sendText", group, "muted")
    assert refused.value.code == "muted"
    await one.call("groupDestroy", group["id"])
    await two.wait(lambda: [g for g in two.heard("group") if g["kind"] == "destroyed"])


async def test_a_wrong_password_ends_for_good(clients):
    one = await clients.make(*clients.people.take(1), password="wrong").start()
    with pytest.raises(Refused) as refused:
        await one.call("connect")
    assert refused.value.code == "wrong_password"
    await one.wait(lambda: one.heard("close"))
    assert [(end["code"], end["final"]) for end in one.heard("close")] == [(4401, True)]


async def test_a_token_is_asked_for_at_each_log_in(clients, server, people):
    (name,) = people.take(1)
    keys = (people.client_id, people.client_secret)
    async with RestClient(server.base_url, APPKEY, *keys) as backend:
        token = await backend.user_token(name, PASSWORD)
        one = await clients.make(name, password="", tokens=[token]).connected()
        await backend.call("GET", f"/users/{name}/disconnect")
        await one.wait(lambda: one.heard("close"))
        assert one.heard("close")[0]["final"] is True
        assert one.heard("kicked")


async def test_a_send_in_a_dead_line_times_out_and_is_tried_again(clients, server):
    one, two = await clients.pair()
    await one.call("close")
    lost = one.begin("sendText", to(two), "late", {"id": "late"})
    with pytest.raises(Refused):  # there is no connection to wait for
        await one.call("ask", "ping")
    await one.call("connect")
    assert (await lost)["client_id"] == "late"
    with pytest.raises(Refused) as refused:
        await one.call("resend", "late")
    assert refused.value.code == "unknown_id"


async def test_a_hundred_sends_over_a_line_that_breaks_come_once_and_in_order(clients, server):
    """Cuts at random bytes, seeded: in a handshake, a log-in, a send or its answer."""
    chance = random.Random(20_261)
    cuts = itertools.chain([1200], (chance.randrange(900, 6000) for _ in range(7)))
    name_one, name_two = clients.people.take(2)
    async with CuttingProxy(server.port, cuts) as line:
        two = await clients.make(name_two).connected()
        one = await clients.make(name_one, url=line.url, sendTimeout=120_000).start()
        one.begin("connect").add_done_callback(lambda done: done.cancelled() or done.exception())
        sends = [one.begin("sendText", to(two), str(n), {"id": f"n{n}"}) for n in range(100)]
        async with asyncio.timeout(120):
            done = await asyncio.gather(*sends)
        assert line.ended >= 3
    assert [sent["client_id"] for sent in done] == [f"n{n}" for n in range(100)]
    await two.wait(lambda: len(two.heard("message")) >= 100)
    texts = [event["message"]["body"]["msg"] for event in two.heard("message")]
    assert texts == [str(n) for n in range(100)]
    stored, before = [], "-1"
    while True:
        page = await two.call("history", {"type": "user", "id": name_one}, before, 100)
        stored += page["messages"]
        if page["end"]:
            break
        before = page["messages"][-1]["id"]
    assert [m["body"]["msg"] for m in stored] == texts[::-1]


async def test_a_reader_on_a_line_that_breaks_is_given_each_message_once(clients, server):
    chance = random.Random(7)
    cuts = iter([chance.randrange(1500, 9000) for _ in range(5)])
    name_one, name_two = clients.people.take(2)
    async with CuttingProxy(server.port, cuts) as line:
        one = await clients.make(name_one).connected()
        two = await clients.make(name_two, url=line.url).start()
        two.begin("connect").add_done_callback(lambda done: done.cancelled() or done.exception())
        await two.wait(lambda: two.heard("open"))
        for n in range(100):
            await one.call("sendText", to(two), str(n))
        await two.wait(lambda: len(two.heard("message")) >= 100)
        await two.call("ask", "ping")
        texts = [event["message"]["body"]["msg"] for event in two.heard("message")]
        assert texts == [str(n) for n in range(100)]
        assert line.ended >= 2


@pytest.mark.parametrize("seed", [1, 4])
async def test_both_lines_break_at_any_byte_from_the_first(clients, server, seed):
    """Handshakes and log-ins are cut too, on both sides at once."""
    chance = random.Random(seed)
    name_one, name_two = clients.people.take(2)

    def cuts() -> Iterator[int]:
        return iter([chance.randint(1, 6000) for _ in range(4)])

    async with CuttingProxy(server.port, cuts()) as near, CuttingProxy(server.port, cuts()) as far:
        one = await clients.make(name_one, url=near.url, sendTimeout=120_000).start()
        two = await clients.make(name_two, url=far.url).start()
        for page in (one, two):
            page.begin("connect").add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )
        await two.wait(lambda: two.heard("open"))
        sends = [one.begin("sendText", to(two), str(n), {"id": f"n{n}"}) for n in range(200)]
        async with asyncio.timeout(100):
            await asyncio.gather(*sends)
        await two.wait(lambda: len(two.heard("message")) >= 200)
        assert near.ended >= 2
        assert far.ended >= 1
    texts = [event["message"]["body"]["msg"] for event in two.heard("message")]
    assert texts == [str(n) for n in range(200)]
