"""Two server processes over one PostgreSQL and one Redis: a message crosses, and nothing is lost
when the relay is, or when a process dies."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import redis

from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import Lost, NativeClient
from tests.e2e.backends import scaled_out
from tests.e2e.people import APPKEY, PASSWORD, People, make_people
from tests.e2e.servers import Server

pytestmark = [pytest.mark.e2e, pytest.mark.redis, pytest.mark.postgres]

REPAIR_S = 20.0  # the poll runs every 5 s, on a machine that may be busy


@dataclass
class Pair:
    """Two processes with the same secret key, database and Redis."""

    one: Server
    other: Server
    people: People
    redis_url: str


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    env = scaled_out(tmp_path_factory.mktemp("redis"))
    env["IM_SECRET_KEY"] = "two-processes-" + "x" * 50
    one = Server(tmp_path_factory.mktemp("one") / "data", env)
    other = Server(tmp_path_factory.mktemp("other") / "data", env)
    people = make_people(one, users=60, rooms=2)
    one.start()
    other.start()
    yield Pair(one, other, people, env["REDIS_URL"])
    one.stop()
    other.stop()


@dataclass
class Two:
    pair: Pair
    clients: list[NativeClient]

    async def online(self, server: Server, user: str, device: str = "") -> NativeClient:
        made = NativeClient(
            f"{server.ws_url}/ws/native/", APPKEY, user, password=PASSWORD, device=device
        )
        self.clients.append(made)
        await made.connect()
        return made


@pytest.fixture
async def two(pair: Pair) -> AsyncIterator[Two]:
    for server in (pair.one, pair.other):
        if server.process is None or server.process.poll() is not None:
            server.start()
    made = Two(pair, [])
    yield made
    for client in made.clients:
        await client.close()


async def test_a_message_crosses_and_so_does_the_answer(two):
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    demo2 = await two.online(two.pair.other, name2)
    await demo1.send_text(name2, "hello")
    await demo2.expect_texts(["hello"])
    await demo2.send_text(name1, "hello yourself")
    await demo1.expect_texts(["hello yourself"])


async def test_a_burst_crosses_in_order_from_both_sides(two):
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    demo2 = await two.online(two.pair.other, name2)
    g = await demo1.create_group("g", [name2])
    to = {"type": "group", "id": g}
    await demo2.expect("group", {"kind": "members_added"})
    sends = [
        client.start("send", to=to, body={"type": "txt", "msg": f"{client.user} {n}"})
        for n in range(100)
        for client in (demo1, demo2)
    ]
    await asyncio.gather(*sends)
    page = await demo1.history(to, limit=100)
    stored = page["messages"]
    more = await demo1.history(to, stored[-1]["id"], limit=100)
    in_order = [m["id"] for m in reversed(stored + more["messages"])]
    assert len(in_order) == 200
    by_peer = {m["id"] for m in stored + more["messages"] if m["from"] == name1}
    expected = [one for one in in_order if one in by_peer]
    assert [(await demo2.expect("message"))["id"] for _ in expected] == expected


async def test_a_removed_member_on_the_other_process_hears_nothing_later(two):
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    demo2 = await two.online(two.pair.other, name2)
    g = await demo1.create_group("g", [name2])
    await demo1.group("remove", g, usernames=[name2])
    await demo1.send_text({"type": "group", "id": g}, "secret")
    await demo2.expect("group", {"kind": "members_removed"})
    await demo1.send_text(name2, "last")
    await demo2.expect_texts(["last"])


async def test_the_same_device_is_displaced_across_processes(two):
    [name] = two.pair.people.take(1)
    first = await two.online(two.pair.one, name, "phone")
    second = await two.online(two.pair.other, name, "phone")
    assert await first.closed() == 4409
    await second.ping()


async def test_presence_and_devices_are_known_across_processes(two):
    name1, name2 = two.pair.people.take(2)
    watcher = await two.online(two.pair.one, name1)
    await watcher.ask("presence.subscribe", users=[name2])
    demo2 = await two.online(two.pair.other, name2, "phone")
    event = await watcher.expect("presence", {"online": True})
    assert event["devices"] == {"phone": "1"}
    await demo2.close()
    await watcher.expect("presence", {"online": False})


_POST = """
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
actor = Actor(get_app(Appkey.parse("demo#app")))
body = Body("txt", {{"msg": "{text}"}})
post_message_now(actor, SendMessage(ToUser("{to}"), body, sender="admin"))
"""


async def test_what_a_command_stored_without_a_word_is_found_by_the_poll(two):
    """A management command has no loop and relays nothing: as if the relay had lost it."""
    [name] = two.pair.people.take(1)
    demo1 = await two.online(two.pair.other, name)
    code = _POST.format(to=name, text="unheard")
    await asyncio.to_thread(two.pair.one.manage, "shell", "-v0", "-c", code)
    event = await demo1.expect("message", timeout_s=REPAIR_S)
    assert event["message"]["body"]["msg"] == "unheard"


_ADD = """
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.actions.room_members import add_members
from chat.domain.commands import AddMembers
from chat.domain.targets import ToGroup
add_members(Actor(get_app(Appkey.parse("demo#app"))), AddMembers(ToGroup("{group}"), ("{name}",)))
"""


async def test_who_was_added_without_a_word_hears_the_group_after_the_poll(two):
    """Nobody of the process hears the group till then."""
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    demo2 = await two.online(two.pair.other, name2)
    group = await demo1.create_group("g", [])
    code = _ADD.format(group=group, name=name2)
    await asyncio.to_thread(two.pair.one.manage, "shell", "-v0", "-c", code)
    await demo1.send_text({"type": "group", "id": group}, "before the poll")
    await demo2.expect("group", {"kind": "members_added"}, timeout_s=REPAIR_S)
    await demo2.expect_texts(["before the poll"])
    await demo1.send_text({"type": "group", "id": group}, "after it")
    await demo2.expect_texts(["after it"])


async def test_who_goes_from_one_process_to_the_other_and_back_hears_each_message_once(two):
    """While only one process follows a user, the other is not told of what goes to them."""
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    stays = asyncio.Event()
    texts = [f"before {n}" for n in range(200)]

    async def write() -> None:
        for text in texts:
            await demo1.send_text(name2, text)
        stays.set()
        await demo1.send_text(name2, "last")

    async def hop() -> list[str]:
        heard: list[str] = []
        for server in itertools.cycle((two.pair.other, two.pair.one)):
            url = f"{server.ws_url}/websocket"
            demo2 = MsyncClient(url, APPKEY, name2, password=PASSWORD)
            await demo2.connect()
            count = len(texts) if stays.is_set() else min(len(texts), len(heard) + 10)
            while len(heard) < count:
                heard.append((await demo2.expect("message", timeout_s=REPAIR_S))["message"]["id"])
            if stays.is_set():
                await demo2.expect("message", {"message.body.msg": "last"}, timeout_s=REPAIR_S)
                assert [event for event in demo2.events if event["ev"] == "message"] == []
                await demo2.close()
                return heard
            demo2.acknowledges = False  # what comes now comes again
            heard += [e["message"]["id"] for e in demo2.events if e["ev"] == "message"]
            await demo2.ping()  # the server has read what was confirmed
            await demo2.drop()
        raise AssertionError

    _, heard = await asyncio.gather(write(), hop())
    assert len(set(heard)) == len(heard) == len(texts)


async def test_a_cut_relay_is_repaired(two):
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    demo2 = await two.online(two.pair.other, name2)
    server = redis.Redis.from_url(two.pair.redis_url)
    texts = [str(n) for n in range(60)]
    for n, text in enumerate(texts):
        if n % 20 == 10:
            server.client_kill_filter(_type="pubsub")
        await demo1.send_text(name2, text)
    await demo2.expect_texts(texts, timeout_s=REPAIR_S)
    await demo1.send_text(name2, "after")
    await demo2.expect_texts(["after"], timeout_s=REPAIR_S)


async def test_when_a_process_is_killed_the_other_s_clients_miss_nothing_that_was_stored(two):
    name1, name2 = two.pair.people.take(2)
    demo1 = await two.online(two.pair.one, name1)
    demo2 = await two.online(two.pair.other, name2)
    to = {"type": "user", "id": name2}
    sends = [
        demo1.start("send", to=to, body={"type": "txt", "msg": str(n)}, id=f"c{n}")
        for n in range(400)
    ]
    await sends[50]
    two.pair.one.kill()
    answers = await asyncio.gather(*sends, return_exceptions=True)
    acked = [answer["id"] for answer in answers if isinstance(answer, dict)]
    assert len(acked) >= 50
    assert all(isinstance(answer, dict | Lost) for answer in answers)
    heard: list[str] = []
    with contextlib.suppress(AssertionError):
        while True:  # until nothing more came for longer than a poll takes
            heard.append((await demo2.expect("message", timeout_s=REPAIR_S / 2))["id"])
    stored: list[str] = []
    page = {"messages": [], "end": False}
    while not page["end"]:
        before = stored[-1] if stored else "-1"
        page = await demo2.history(name1, before, limit=100)
        stored += [message["id"] for message in page["messages"]]
    assert heard == stored[::-1]
    assert set(acked) <= set(stored)
