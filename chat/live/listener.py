"""What happens in other processes: relayed events in and out, and the repair of what got lost.

One layer channel a process; it is a member of the layer groups of the topics held here. What is
published in one loop turn, or while the last command is under way, to one topic is one layer
message, and all of them are one command. The layer is at most once, so every
POLL_S the logs that moved lately are compared with what was delivered; that also finds what a
management command wrote. Without a layer (one process) only the poll runs.
"""

import asyncio
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from channels.layers import get_channel_layer

from chat.domain.audience import Audience
from chat.domain.entries import Entry
from chat.domain.events import Event, Logged
from chat.domain.targets import Conversation
from chat.live import arrivals, fanout
from chat.live.handover import Handovers
from chat.live.layer_groups import follow, leave, send
from chat.live.ordering import RECENT_MS, Call, Reader, Sequencer
from chat.live.others import Others
from chat.live.packing import pack, pack_moved, unpack, unpack_moved
from chat.live.registry import registry
from chat.live.tasks import keep, spawn
from chat.metrics import RELAY_SECONDS

logger = logging.getLogger(__name__)

POLL_S = 5.0
IN_FLIGHT_S = 0.2  # a commit seen by the poll may be about to be published
LAYER_DEADLINE_S = 5.0
BEAT_S = 1.0
TIMED_EVERY_S = 0.01  # a sample: with several workers a metric is a write to a mapped file
LOST_AFTER_S = 4.0
RENEW_S = 3600.0  # channels-redis forgets group members after a day
MAX_REMEMBERED = 4096
MAX_CHANGES = 500  # of what is followed, in one call
EVERYBODY = "everybody"  # the layer group that each process is in


class Moves(Reader, Protocol):
    def recent_moves(self, ms: int) -> list[tuple[int, Conversation, int]]:
        """(app id, conversation, last seq) of the logs with an entry since a Unix time in ms."""

    def arrivals(self, ms: int, logs: Sequence[tuple[int, Conversation]]) -> list[Entry]:
        """Of rooms' logs, what brought somebody in since a Unix time in ms; in order."""


def window_ms(since_last_s: float) -> int:
    """How far back the poll looks: RECENT_MS, and further when the last looks failed (the database
    was away) or came late, so that nothing lies between two of them."""
    return RECENT_MS + max(0, int((since_last_s - POLL_S) * 1000))


class Listener:
    """Used on the loop only. `call` runs a blocking read outside of it."""

    def __init__(self, call: Call, reader: Moves, handovers: Handovers) -> None:
        self._call = call
        self._reader = reader
        self._handovers = handovers
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._me = os.urandom(8).hex()
        self._sequencer = Sequencer(registry, call, reader)
        self._tasks: list[asyncio.Task[None]] = []
        self._out: dict[str, list[bytes]] = {}
        self._is_sending = False
        self._others = Others()
        self._announced: list[str] = []  # since the last beat
        self._unfollowed: list[str] = []  # the layer failed: tried again at the next beat
        self._membership: asyncio.Queue[str | asyncio.Future[None]] = asyncio.Queue()
        self._heard: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._hearers: dict[str, Callable[[dict[str, Any]], None]] = {
            "relay": self._hear_relay,
            "beat": self._hear_beat,
            "gone": self._hear_gone,
            "follows": self._hear_follows,
            "moved": self._hear_moved,
            "hand_over": self._hear_hand_over,
            "handed_over": self._hear_handed_over,
        }
        self._timed_at = 0.0
        self._beat_at = time.monotonic()
        self._round_trip_ms: float | None = None

    @property
    def is_relaying(self) -> bool:
        return self._layer is not None

    @property
    def round_trip_ms(self) -> float | None:
        """How long the last message to ourselves took through the layer; None without a layer, and
        while it does not come back. From any thread."""
        is_silent = time.monotonic() - self._beat_at > LOST_AFTER_S
        return None if is_silent else self._round_trip_ms

    def start(self) -> None:
        """Hear what is published, here and elsewhere."""
        fanout.inbox.deliver = self.publish
        self._tasks.append(keep(self._poll(), "poll of moved logs"))
        if self._layer is not None:
            fanout.inbox.relay_gone = self.relay_gone
            registry.on_held = self._held
            registry.on_dropped = self._membership.put_nowait
            self._sequencer.on_first_member = self._began_to_hear
            self._tasks.append(keep(self._relay(), "relay listener"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def publish(self, event: Event, audience: Audience) -> None:
        """Tell the connections here, and, once this loop turn ends, the other processes."""
        self._sequencer.accept(event, audience)
        if self._layer is None:
            return
        names = self._others.topics_for(event, audience.topics)
        if not names:
            return
        if not self._is_sending:
            self._is_sending = True
            spawn(self._send(), "relay sender")
        packed = pack(event, audience)
        for name in names:
            self._out.setdefault(name, []).append(packed)

    def relay_gone(self, app_id: int, username: str) -> None:
        """Tell every other process that a user was deleted."""
        message = {"type": "gone", "by": self._me, "app": app_id, "username": username}
        spawn(self._tell_everybody(message), "relay of a deletion")

    async def _tell_everybody(self, message: dict[str, Any]) -> None:
        what = f"telling every process of {message['type']}"
        await self._try(self._layer.group_send(EVERYBODY, message), what)

    async def _tell(self, channel: str, message: dict[str, Any]) -> None:
        await self._try(
            self._layer.send(channel, message), f"telling a process of {message['type']}"
        )

    async def hand_over(self, node: str, user_id: int, device: str) -> None:
        """Wait until another process has written what a device acknowledged there; not for long."""
        if self._layer is not None and node != self._handovers.node:
            await self._handovers.ask(self._tell_everybody, node, user_id, device)

    async def settled(self) -> None:
        """Wait until the layer knows the topics held so far; gives up after LAYER_DEADLINE_S."""
        if self._layer is None:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._membership.put_nowait(done)
        try:
            await asyncio.wait_for(done, LAYER_DEADLINE_S)
        except TimeoutError:
            logger.warning("the relay did not confirm a topic; the poll stands in for it")

    # Out

    async def _send(self) -> None:
        """Send what is on its way out, then what gathered meanwhile: under load one command takes
        the events of many turns, and those of a topic are one message."""
        try:
            while self._out:
                out, self._out = self._out, {}
                messages = {name: self._message(events) for name, events in out.items()}
                await self._try(self._send_all(messages), "relaying")
        finally:
            self._is_sending = False

    def _message(self, events: list[bytes]) -> dict[str, Any]:
        return {"type": "relay", "by": self._me, "n": self._others.number(), "events": events,
                "at": time.time()}  # fmt: skip

    async def _send_all(self, messages: dict[str, dict[str, Any]]) -> None:
        for name, receivers in (await send(self._layer, messages)).items():
            self._others.sent(messages[name]["n"], name, receivers)

    async def _try(self, work: Awaitable[Any], what: str) -> bool:
        """A call to the layer, with a deadline; False (and a line) when it failed."""
        try:
            await asyncio.wait_for(work, LAYER_DEADLINE_S)
        except asyncio.CancelledError:
            raise
        except Exception as exc:  # noqa: BLE001 (whatever the layer's client raises)
            logger.warning("%s failed: %r; the poll will repair it", what, exc)
            return False
        return True

    # In

    async def _relay(self) -> None:
        """Open the channel, then listen, keep the memberships and the beat for ever."""
        while not self._channel:
            try:
                self._channel = await asyncio.wait_for(self._layer.new_channel(), LAYER_DEADLINE_S)
            except Exception as exc:  # noqa: BLE001 (Redis may come later)
                logger.warning("no relay yet: %r", exc)
                await asyncio.sleep(BEAT_S)
        await self._try(self._layer.group_add(EVERYBODY, self._channel), "following everybody")
        self._tasks.append(keep(self._keep_membership(), "relay membership"))
        self._tasks.append(keep(self._beat(), "relay beat"))
        self._tasks.append(keep(self._renew(), "relay renewal"))
        while True:
            self._heard_from_layer(await self._layer.receive(self._channel))

    def _heard_from_layer(self, message: dict[str, Any]) -> None:
        """What a newer version says besides is passed over."""
        kind, is_own = message.get("type"), message.get("by") == self._me
        if is_own and kind == "relay":
            self._others.came_back(message["n"])
        elif not is_own and (hear := self._hearers.get(str(kind))) is not None:
            try:
                hear(message)
            except Exception:
                logger.exception("a relayed %s was not understood", kind)

    def _hear_relay(self, message: dict[str, Any]) -> None:
        now = time.time()
        if abs(now - self._timed_at) >= TIMED_EVERY_S:
            self._timed_at = now
            RELAY_SECONDS.observe(max(0.0, now - message["at"]))
        for packed in message["events"]:
            try:
                event, audience = unpack(packed)
            except ValueError:
                logger.warning("an event of another version was not understood")
                continue
            if isinstance(event, Logged) or self._is_new(message["by"], packed):
                self._sequencer.accept(event, audience)

    def _hear_gone(self, message: dict[str, Any]) -> None:
        fanout.forget_user(message["app"], message["username"])

    def _hear_hand_over(self, message: dict[str, Any]) -> None:
        spawn(self._handovers.hear(self._tell_everybody, message), "handing a device over")

    def _hear_handed_over(self, message: dict[str, Any]) -> None:
        self._handovers.answered(message)

    def _hear_follows(self, message: dict[str, Any]) -> None:
        if moved := self._others.followed(message["names"]):
            told = {"type": "moved", "logs": pack_moved(moved)}
            spawn(self._tell(message["channel"], told), "telling what was not relayed")

    def _hear_moved(self, message: dict[str, Any]) -> None:
        """Of these, the first entry that was not relayed to us."""
        for app_id, conversation, first_seq in unpack_moved(message["logs"]):
            if self._sequencer.is_behind(app_id, conversation, first_seq):
                self._sequencer.catch_up(app_id, conversation, after=first_seq - 1)

    def _is_new(self, by: str, packed: bytes) -> bool:
        """An event to several topics comes once for each that is held here. Entries tell repeats
        by their seq; the others by their bytes within a short time."""
        key = by, hash(packed)
        if key in self._heard:
            return False
        self._heard[key] = None
        asyncio.get_running_loop().call_later(0.5, self._heard.pop, key, None)
        return True

    def _held(self, name: str) -> None:
        registry.unsure.add(name)
        self._membership.put_nowait(name)

    async def _keep_membership(self) -> None:
        """Follow the topics held here. What changed while the last changes were told is told with
        one call, and then whoever waits for it goes on."""
        while True:
            changed, settled = await self._changes()
            held = [name for name in changed if name in registry.topics]
            dropped = [name for name in changed if name not in registry.topics]
            if held:
                work = follow(self._layer, held, self._channel)
                if await self._try(work, f"following {_some(held)}"):
                    registry.unsure.difference_update(held)
                    await self._announce(held)
                    self._announced += held
                else:
                    self._unfollowed += held
            if dropped:
                work = leave(self._layer, dropped, self._channel)
                await self._try(work, f"leaving {_some(dropped)}")
                registry.unsure.difference_update(set(dropped) - registry.topics.keys())
            for one in settled:
                if not one.done():
                    one.set_result(None)

    async def _changes(self) -> tuple[dict[str, None], list[asyncio.Future[None]]]:
        """The topics that changed, and who waits for that; at least one thing."""
        changed: dict[str, None] = {}
        settled: list[asyncio.Future[None]] = []
        change: str | asyncio.Future[None] = await self._membership.get()
        while True:
            if isinstance(change, str):
                changed[change] = None
            else:
                settled.append(change)
            if self._membership.empty() or len(changed) >= MAX_CHANGES:
                return changed, settled
            change = self._membership.get_nowait()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._try(self._layer.group_add(EVERYBODY, self._channel), "following everybody")
            for name in list(registry.topics):
                self._membership.put_nowait(name)

    async def _announce(self, names: list[str]) -> None:
        """Other processes take care that we follow these, and since when."""
        held = {name: topic.since_ms for name in names if (topic := registry.topics.get(name))}
        message = {"type": "follows", "by": self._me, "channel": self._channel, "names": held}
        if held:
            await self._tell_everybody(message)

    # Repair

    def _began_to_hear(self, app_id: int, conversation: Conversation) -> None:
        """Until the layer knows the topic, what other processes publish on it passes unheard."""

        async def read_what_passed() -> None:
            await self.settled()
            self._sequencer.catch_up(app_id, conversation)

        spawn(read_what_passed(), f"reading what passed of {conversation.key}")

    async def _beat(self) -> None:
        """Hear ourselves through the layer: after a silence something may have been missed."""
        while True:
            self._others.tidy()
            while self._unfollowed:
                self._membership.put_nowait(self._unfollowed.pop())
            if self._announced:
                # Again: Redis may have read the first word before it knew that we follow them.
                names, self._announced = self._announced, []
                await self._announce(names)
            beat = {"type": "beat", "at": time.monotonic()}
            await self._tell(self._channel, beat)
            await asyncio.sleep(BEAT_S)

    def _hear_beat(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        self._round_trip_ms = (now - message["at"]) * 1000
        silence_s = now - self._beat_at
        self._beat_at = now
        if silence_s > LOST_AFTER_S:
            self._others.forget()
            logger.warning("the relay was silent for %.1f s: catching up", silence_s)
            window_ms = int(silence_s * 1000) + RECENT_MS
            spawn(self.catch_up(window_ms), "catching up after a silence")

    async def _poll(self) -> None:
        looked_at = time.monotonic()
        while True:
            await asyncio.sleep(POLL_S)
            now = time.monotonic()
            try:
                if len(registry):
                    await self.catch_up(window_ms(now - looked_at))
            except Exception:
                logger.exception("the poll of moved logs failed")
            else:
                looked_at = now

    async def catch_up(self, window_ms: int) -> None:
        """Deliver what was stored in the last `window_ms` and has not been seen here."""
        since_ms = time.time_ns() // 1_000_000 - window_ms
        moved: Any = await self._call(partial(self._reader.recent_moves, since_ms))
        behind = [move for move in moved if self._sequencer.is_behind(*move)]
        rooms = arrivals.unheard(moved, self._sequencer)
        read = partial(self._reader.arrivals, since_ms, rooms)
        came: Any = await self._call(read) if rooms else []
        if not behind and not came:
            return
        await asyncio.sleep(IN_FLIGHT_S)
        for app_id, conversation, last_seq in behind:
            if self._sequencer.is_behind(app_id, conversation, last_seq):
                self._sequencer.catch_up(app_id, conversation, window_ms)
        for entry in arrivals.missed(came, registry, self._sequencer):
            self._sequencer.catch_up(entry.app_id, entry.conversation, after=entry.seq - 1)


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
