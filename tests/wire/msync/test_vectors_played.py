"""The vectors as a conversation: our session plays the server's side, our client the SDK's.

Source: specs/msync.md 12. `test_vectors.py` has the frames one by one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve

from chat.domain.answers import LoggedIn, Sent, SyncPage
from chat.domain.bodies import Body
from chat.domain.errors import Blocked, DeviceReplaced
from chat.domain.events import Kicked, MessagePosted
from chat.wire.base import Close, FrameCache, Run, Send
from chat.wire.msync.pb import msync_pb2 as pb
from imadmin.testclient.msync import MsyncClient
from imadmin.testclient.native import Refused
from tests.wire.msync.sdk import ME, NOW_MS, Device, entry_of, message_up, provision, sync_up
from tests.wire.msync.vectors import FRAMES

APP = "demo#app"
EXPIRY_MS = 1_800_000_000_000


def batch_of(frame: bytes) -> pb.CommSyncDL:
    return pb.CommSyncDL.FromString(pb.MSync.FromString(frame).payload)


class Server:
    """A session of ours; `says` gives its frames down, as bytes."""

    def __init__(self, *stored):
        self.session = Device().session
        self.runs: list[Run] = []
        [run] = self.session.receive(provision(), 1.0)
        assert isinstance(run, Run)
        accepted = LoggedIn(ME, 1, "d", NOW_MS, 0, EXPIRY_MS)
        self.first = self.says(self.session.answer(run.ref, accepted))
        [reading] = self.runs
        assert self.says(self.session.answer(reading.ref, SyncPage(stored, "", False))) == []

    def says(self, outputs):
        self.runs = [out for out in outputs if isinstance(out, Run)]
        self.closed = any(isinstance(out, Close) for out in outputs)
        return [out.frame for out in outputs if isinstance(out, Send)]

    def hears(self, frame):
        return self.says(self.session.receive(frame, 2.0))

    def answers(self, outcome):
        [run] = self.runs
        return self.says(self.session.answer(run.ref, outcome))


def same(frame: bytes, name: str) -> bool:
    """Whether a frame is the vector, but for the numbers that each server chooses."""
    got, wanted = batch_of(frame), batch_of(FRAMES[name])
    for batch in (got, wanted):
        batch.ClearField("next_key")
        batch.ClearField("server_id")
        for meta in batch.metas:
            meta.ClearField("meta")  # whether the receiver was online
            if meta.ns == pb.Meta.STATISTIC:
                meta.ClearField("id")
    return got.SerializeToString() == wanted.SerializeToString()


def test_the_session_hands_out_what_the_vectors_hold():
    [meta] = batch_of(FRAMES["D6"]).metas
    kept = pb.Meta(payload=meta.payload).SerializeToString()
    text = MessagePosted(Body("txt", {"msg": "hi"}), {"k": "v"})
    server = Server(entry_of(text, 1, id=meta.id, sender_device="webim_web_2", raw=kept))
    assert server.first == [FRAMES["D1"]]
    server.hears(FRAMES["U1"])
    [batch] = server.hears(FRAMES["U2"])
    assert same(batch, "D6")
    # 7 is no key of ours: it acknowledges nothing, and there is nothing more to hand out.
    assert server.hears(FRAMES["U3"]) == [FRAMES["D7"]]
    [batch] = server.hears(FRAMES["U2"])
    acknowledging = pb.CommSyncUL.FromString(pb.MSync.FromString(FRAMES["U3"]).payload)
    assert acknowledging.key == 7
    own = sync_up(queue=acknowledging.queue, key=batch_of(batch).next_key)
    assert server.hears(own) == [FRAMES["D7"]]
    assert server.hears(FRAMES["U1"]) == [FRAMES["D3"]]


def test_the_session_lists_two_unread():
    stored = [entry_of(MessagePosted(Body("txt", {"msg": "hi"})), seq) for seq in (1, 2)]
    assert Server(*stored).hears(FRAMES["U1"]) == [FRAMES["D4"]]


def test_the_session_acknowledges_refuses_and_kicks():
    server = Server()
    assert server.hears(FRAMES["U1"]) == [FRAMES["D3"]]
    assert server.hears(sync_up(meta=message_up(local_id=5))) == []
    assert server.answers(Sent(1_700_000_000_000_000_002, NOW_MS)) == [FRAMES["D8"]]
    server.hears(sync_up(meta=message_up(local_id=5)))
    [refused] = server.answers(Blocked())
    assert same(refused, "D9")
    [kick] = server.says(server.session.deliver(Kicked(DeviceReplaced()), FrameCache()))
    assert same(kick, "D10")
    assert server.closed


Script = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture
async def playing() -> AsyncIterator[Callable[[Script], Awaitable[MsyncClient]]]:
    """Makes a client of ours whose server does as the script says."""
    servers = []

    async def play(script: Script) -> MsyncClient:
        server = await serve(script, "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return MsyncClient(f"ws://127.0.0.1:{port}/websocket", APP, "alice", token="YWMt1")

    yield play
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_the_client_says_what_the_vectors_say(playing):
    heard: list[bytes] = []

    async def script(socket: ServerConnection) -> None:
        async def hears(*down: str) -> None:
            frame = await socket.recv()
            assert isinstance(frame, bytes)
            heard.append(frame)
            for name in down:
                await socket.send(FRAMES[name])

        await hears("D1")  # the provision
        await hears("D4")
        await hears("D6")
        await hears("D5")
        await hears("D6")
        await hears("D7")
        await hears("D8")
        await hears("D9", "D10")

    client = await playing(script)
    await client.connect()
    event = await client.expect("message", {"message.from": "bob"})
    assert event["message"]["body"] == {"type": "txt", "msg": "hi"}
    assert event["message"]["ext"] == {"k": "v"}
    sent = await client.send("bob", {"type": "txt", "msg": "hi"}, id=5)
    assert sent["id"] == "1700000000000000002"
    with pytest.raises(Refused) as refused:
        await client.send("bob", {"type": "txt", "msg": "hi"}, id=5)
    assert refused.value.code == "blocked"
    assert (await client.expect("kicked"))["code"]
    assert not [event for event in client.events if event["ev"] == "message"]  # D6 came twice
    await client.close()
    assert heard[1:6] == [FRAMES[name] for name in ("U1", "U2", "U3", "U2", "U3")]


async def test_the_client_is_refused_as_the_vector_says(playing):
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(FRAMES["D2"])

    client = await playing(script)
    with pytest.raises(Refused) as refused:
        await client.connect()
    assert refused.value.code == "Sorry, user not found"
    await client.close()
