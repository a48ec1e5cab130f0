"""Processor time of one MSYNC text from frame to frame, the action and the store included.

    DJANGO_SETTINGS_MODULE=tests.settings python -m tests.bench.bench_text [texts]

A sender's session reads the frame, the action checks the rights and hands the message to the
writer, which commits it; the sender is acknowledged, the receiver's session is told and its key
comes back. All threads of the process count. On a database of its own that it makes and removes;
`bench_codec` has the sessions alone.
"""

import sys
import time
from collections import deque
from collections.abc import Callable

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from accounts.actions.im_apps import create_app  # noqa: E402
from accounts.actions.im_users import register_user  # noqa: E402
from accounts.domain.actor import Actor  # noqa: E402
from accounts.domain.ids import Appkey  # noqa: E402
from chat.actions.handlers import start_send  # noqa: E402
from chat.domain.commands import SendMessage  # noqa: E402
from chat.domain.events import Event  # noqa: E402
from chat.store import close_store, get_store  # noqa: E402
from chat.store.direct import publish_through  # noqa: E402
from chat.wire.base import FrameCache, Run, Send  # noqa: E402
from tests.bench import bench_codec  # noqa: E402
from tests.wire.msync import sdk  # noqa: E402

WINDOW = 64  # as many as a connection may have in the writer
ROUNDS = 5


def at_once(work: Callable[[], None]) -> None:
    work()


class Talk:
    """alice writes to bob, each by a session."""

    def __init__(self) -> None:
        app = create_app(Appkey("demo", "app")).app
        users = [register_user(app, name, "123456") for name in ("alice", "bob")]
        self.actor = Actor(app, "alice", users[0].id, device="webim_web_2")
        self.sender = bench_codec.msync_device().session
        self.receiver = bench_codec.msync_device().session
        self.told: deque[Event] = deque()
        self.number = self.cold = 0
        publish_through(lambda event, _audience: self.told.append(event))

    def send(self, count: int) -> None:
        """Texts in one window, until the receiver has acknowledged the last."""
        waiting: list[tuple[str, list[object]]] = []
        for _ in range(count):
            self.number += 1
            meta = bench_codec.msync_meta()
            meta.id = self.number
            outputs = self.sender.receive(sdk.sync_up(meta=meta), 1.0)
            [run] = [output for output in outputs if isinstance(output, Run)]
            assert isinstance(run.command, SendMessage)
            outcome: list[object] = []
            self.cold += not start_send(self.actor, run.command, outcome.append, at_once)
            waiting.append((run.ref, outcome))
        assert get_store().flush(60)
        for ref, outcome in waiting:
            assert self.sender.answer(ref, outcome[0])
        while self.told:
            self.receiver.deliver(self.told.popleft(), FrameCache())
        heard = deque(self.receiver.gathered())
        while heard:
            output = heard.popleft()
            if isinstance(output, Send) and sdk.down(output.frame)[1].metas:
                heard += self.receiver.receive(bench_codec.msync_receipt(output.frame), 1.0)


def measure(talk: Talk, texts: int) -> float:
    """Microseconds of processor a text."""
    began = time.process_time()
    for _ in range(texts // WINDOW):
        talk.send(WINDOW)
    return (time.process_time() - began) / (texts // WINDOW * WINDOW) * 1e6


def main() -> None:
    texts = int(sys.argv[1]) if len(sys.argv) > 1 else 6400
    settings.ENTRY_STORE = "writer"
    databases = setup_databases(0, interactive=False)
    try:
        talk = Talk()
        talk.send(1)
        found = sorted(measure(talk, texts) for _ in range(ROUNDS))
        sys.stdout.write(f"msync, from frame to frame: {found[ROUNDS // 2]:.1f} µs of processor")
        sys.stdout.write(f" a text; {talk.cold} of {talk.number} were looked up\n")
        close_store(60)
    finally:
        teardown_databases(databases, 0)


if __name__ == "__main__":
    main()
