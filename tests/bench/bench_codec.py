"""Processor time of one text on each wire, without sockets or a database.

    python -m tests.bench.bench_codec [texts]

A sender's session decodes the frame and makes the command (*up*), acknowledges it (*ack*), and a
receiver's session encodes the event (*down*). What stands between them, the action and the store,
is bench_store's. For MSYNC also the frame itself: the envelope and its parts, read and written.
"""

import statistics
import sys
import time
from collections.abc import Callable

from chat.domain.answers import LoggedIn, Sent
from chat.domain.bodies import Body
from chat.domain.commands import LogIn
from chat.domain.entries import Entry
from chat.domain.events import MessagePosted, logged, to_entry_parts
from chat.domain.targets import Conversation
from chat.wire.base import FrameCache, Run, Send, WireSession
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.native.session import NativeSession
from tests.wire.msync import sdk
from tests.wire.xmpp import cast

ROUNDS = 7
TEXT = "hello, this is a text of a usual length 你好"
MESSAGE_ID = 1234567890123456789
MADE_MS = 1_700_000_000_000
EXT = {"n": 1, "kind": "bench"}

NextFrame = Callable[[int], str | bytes]


def microseconds(work: Callable[[int], object], count: int) -> float:
    """Processor time of one call: the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for number in range(count):
            work(number)
        rounds.append((time.process_time() - began) / count * 1e6)
    return statistics.median(rounds)


def entry(seq: int, raw: bytes | None = None) -> Entry:
    kind, type_name, payload = to_entry_parts(MessagePosted(Body("txt", {"msg": TEXT}), EXT))
    return Entry(
        id=MESSAGE_ID, app_id=1, conversation=Conversation.pair("ann", "bob"), seq=seq, kind=kind,
        type=type_name, sender="ann", payload=payload, created_ms=MADE_MS, sender_device="phone",
        raw=raw,
    )  # fmt: skip


def whole(
    sender: WireSession,
    receiver: WireSession,
    frame: NextFrame,
    count: int,
    receipt: Callable[[str | bytes], str | bytes] | None = None,
    raw: bytes | None = None,
) -> Callable[[int], object]:
    """One text through both sessions, `count` times a round. `receipt` is the answer to a
    frame down, without which its session would keep everything. `raw` is what the sender's wire
    keeps of its own."""
    # Made before the clock runs; each is another, as a session hands an entry out once.
    events = [logged(entry(seq, raw)) for seq in range(1, ROUNDS * count + 1)]
    left = iter(events)
    sent = Sent(MESSAGE_ID, MADE_MS)

    def once(number: int) -> object:
        outputs = sender.receive(frame(number), 1.0)
        [run] = [output for output in outputs if isinstance(output, Run)]
        assert sender.answer(run.ref, sent)
        outputs = [*receiver.deliver(next(left), FrameCache()), *receiver.gathered()]
        [down] = [output for output in outputs if isinstance(output, Send)]
        return receiver.receive(receipt(down.frame), 1.0) if receipt else down

    return once


def native_session() -> NativeSession:
    session = NativeSession(lambda: MADE_MS)
    session.opened(0.0)
    login = '{"op":"login","ref":"1","appkey":"demo#app","token":"t"}'
    [run] = [output for output in session.receive(login, 0.0) if isinstance(output, Run)]
    assert isinstance(run.command, LogIn)
    session.answer(run.ref, LoggedIn("bob", 1, "one", MADE_MS, 0))
    return session


def native_frame(number: int) -> str:
    return (
        f'{{"op":"send","ref":"{number}","id":"c{number}","to":{{"type":"user","id":"ann"}},'
        f'"body":{{"type":"txt","msg":"{TEXT}"}},"ext":{{"n":1,"kind":"bench"}}}}'
    )


def xmpp_frame(number: int) -> str:
    said = (
        f'{{"from":"bob","to":"ann","bodies":[{{"type":"txt","msg":"{TEXT}"}}],'
        '"ext":{"n":1,"kind":"bench"}}'
    )
    to = f"type='chat' to='{cast.ANN}' id='c{number}'"
    return f"<message {cast.CLIENT} {to}><body>{said}</body></message>"


def msync_meta() -> pb.Meta:
    meta = sdk.message_up(TEXT)
    body = pb.MessageBody.FromString(meta.payload)
    body.ext.add(key="n", type=pb.KeyValue.INT, varint_value=1)
    body.ext.add(key="kind", type=pb.KeyValue.STRING, string_value="bench")
    meta.payload = body.SerializeToString()
    return meta


def msync_raw() -> bytes:
    return pb.Meta(payload=msync_meta().payload).SerializeToString()


def msync_device() -> sdk.Device:
    device = sdk.Device()
    device.log_in()
    return device


def msync_receipt(frame: str | bytes) -> bytes:
    _command, batch = sdk.down(frame)
    return sdk.sync_up(queue=batch.queue, key=batch.next_key)


def msync_codec(frame: bytes) -> Callable[[int], object]:
    """The protobuf alone: three messages inside each other, read and written again."""

    def once(_: int) -> object:
        message = pb.MSync.FromString(frame)
        sync = pb.CommSyncUL.FromString(message.payload)
        body = pb.MessageBody.FromString(sync.meta.payload)
        sync.meta.payload = body.SerializeToString()
        message.payload = sync.SerializeToString()
        return message.SerializeToString()

    return once


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    frame = sdk.sync_up(meta=msync_meta())
    works = {
        "native": whole(native_session(), native_session(), native_frame, count),
        "xmpp": whole(cast.available(), cast.available(), xmpp_frame, count),
        "msync": whole(
            msync_device().session,
            msync_device().session,
            lambda _: frame,
            count,
            msync_receipt,
            msync_raw(),
        ),
        "msync, codec alone": msync_codec(frame),
    }
    for name, work in works.items():
        sys.stdout.write(f"{name}: {microseconds(work, count):.1f} µs of processor a text\n")


if __name__ == "__main__":
    main()
