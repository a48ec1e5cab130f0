"""The client's side of the MSYNC wire, as the SDKs speak it, and a session to speak with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat.domain.answers import LoggedIn, SyncPage
from chat.domain.bodies import Body
from chat.domain.commands import LogIn, MarkReceived, Sync
from chat.domain.entries import Entry
from chat.domain.events import Event, Fact, Logged, MessagePosted, logged, to_entry_parts
from chat.domain.ids import EPOCH_MS, TIME_SHIFT
from chat.domain.targets import Conversation
from chat.wire.base import GATHER, Close, FrameCache, Output, Run, Send, Told
from chat.wire.msync.pb import msync_pb2 as pb
from chat.wire.msync.session import MsyncSession

NOW_MS = 1_700_000_000_000
ME, DEVICE = "alice", "webim_web_1"
PAIR = Conversation.pair("alice", "bob")
GROUP = Conversation.room("group", "123456789012345", 7)


def up(command: int, payload: bytes = b"", **fields: Any) -> bytes:
    made = pb.MSync(version=pb.MSync.MSYNC_V1, command=command, **fields)  # type: ignore[arg-type]
    if payload:
        made.payload = payload
    return made.SerializeToString()


def provision(name: str = ME, resource: str = DEVICE) -> bytes:
    asked = pb.Provision(resource=resource, version="4.21.1", os_type=pb.Provision.OS_OTHER)
    jid = pb.Jid(app_key="demo#app", name=name, domain="easemob.com")
    return up(pb.MSync.PROVISION, asked.SerializeToString(), guid=jid, auth="$t$YWMt1")


def sync_up(**fields: Any) -> bytes:
    return up(pb.MSync.SYNC, pb.CommSyncUL(**fields).SerializeToString())


def message_up(text: str = "hi", to: str = "bob", local_id: int = 5, **fields: Any) -> pb.Meta:
    body = pb.MessageBody(type=pb.MessageBody.SINGLE_CHAT)
    body.contents.add(type=pb.MessageBody.Content.TEXT, text=text)
    meta = pb.Meta(id=local_id, ns=pb.Meta.CHAT, payload=body.SerializeToString(), **fields)
    meta.to.name, meta.to.domain = to, "easemob.com"
    return meta


def entry_of(
    fact: Fact, seq: int, conversation: Conversation = PAIR, sender: str = "bob", **fields: Any
) -> Entry:
    kind, type_name, payload = to_entry_parts(fact)
    entry_id = ((NOW_MS - EPOCH_MS + seq) << TIME_SHIFT) | (3 << 12)
    made: dict[str, Any] = {
        "id": entry_id, "app_id": 1, "conversation": conversation, "seq": seq, "kind": kind,
        "type": type_name, "sender": sender, "payload": payload, "created_ms": NOW_MS,
        "sender_device": "phone",
    }  # fmt: skip
    return Entry(**(made | fields))


def down(frame: object) -> tuple[int, Any]:
    """A frame down: its command, and the payload as its message."""
    assert isinstance(frame, bytes)
    message = pb.MSync.FromString(frame)
    kinds: dict[int, Callable[[bytes], Any]] = {
        pb.MSync.SYNC: pb.CommSyncDL.FromString,
        pb.MSync.UNREAD: pb.CommUnreadDL.FromString,
        pb.MSync.PROVISION: pb.Provision.FromString,
        pb.MSync.LOGOUT: pb.Logout.FromString,
    }
    return message.command, kinds[message.command](message.payload)


@dataclass
class Heard:
    """What came out of a session."""

    frames: list[Any] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    closes: list[Close] = field(default_factory=list)
    told: list[int] = field(default_factory=list)  # seqs of recorded entries that went out

    @property
    def marks(self) -> list[tuple[str, int]]:
        return [
            (run.command.conversation.key, run.command.seq)
            for run in self.runs
            if isinstance(run.command, MarkReceived)
        ]

    @property
    def batches(self) -> list[pb.CommSyncDL]:
        return [
            payload
            for command, payload in self.frames
            if command == pb.MSync.SYNC and payload.HasField("queue")
        ]


def hear(outputs: list[Output]) -> Heard:
    heard = Heard()
    for output in outputs:
        match output:
            case Send(frame):
                heard.frames.append(down(frame))
            case Run():
                heard.runs.append(output)
            case Close():
                heard.closes.append(output)
            case Told(entries):
                heard.told += [entry.seq for entry in entries]
    return heard


class Device:
    """A session with the process around it played by the test."""

    def __init__(self) -> None:
        self.session = MsyncSession(lambda: NOW_MS)
        self.session.opened(0.0)
        self.now = 1.0

    def say(self, frame: bytes) -> Heard:
        return self._end_turn(self.session.receive(frame, self.now))

    def answer(self, run: Run, outcome: object) -> Heard:
        return self._end_turn(self.session.answer(run.ref, outcome))

    def tell(self, *events: Event) -> Heard:
        """All of them in one turn of the loop."""
        outputs = [self.session.deliver(event, FrameCache()) for event in events]
        return self._end_turn([one for some in outputs for one in some])

    def tick(self, now: float) -> Heard:
        self.now = now
        return self._end_turn(self.session.tick(now))

    def _end_turn(self, outputs: list[Output]) -> Heard:
        """Gathered once, however often it was announced."""
        assert outputs.count(GATHER) <= 1
        return hear([*outputs, *(self.session.gathered() if GATHER in outputs else [])])

    def log_in(self, *stored: Entry, next_page: str = "", reads: bool = True) -> Heard:
        """Logged in, with what was stored while it was away; `reads`: UNREAD was sent."""
        [run] = self.say(provision()).runs
        assert isinstance(run.command, LogIn)
        heard = self.answer(run, LoggedIn(ME, 1, DEVICE, NOW_MS, 0))
        [reading] = [one for one in heard.runs if isinstance(one.command, Sync)]
        heard = self.answer(reading, SyncPage(stored, next_page, bool(next_page)))
        return self.say(up(pb.MSync.UNREAD)) if reads else heard


def posted(seq: int, text: str = "hi", **fields: Any) -> Logged:
    return logged(entry_of(MessagePosted(Body("txt", {"msg": text})), seq, **fields))


def bob() -> pb.Jid:
    return pb.Jid(app_key="demo#app", name="bob", domain="easemob.com")
