"""The gateway of this process: its connections, and what they need from the world around them."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.conf import settings
from msgspec import structs
from redis import RedisError

from accounts.actions.im_users import touch_last_seen
from accounts.domain.actor import Actor
from chat import metrics
from chat.actions.handlers import HANDLERS, handle, start_send
from chat.actions.login import check_log_ins, log_outs, settle_log_ins
from chat.actions.receipts import note_received
from chat.actions.room_presence import sweep_chatrooms
from chat.actions.user_status import StatusReason, may_be_told, tell_user_status
from chat.domain.answers import SyncPage
from chat.domain.commands import Command, LogIn, MarkReceived, SendMessage, Sync
from chat.domain.entries import Entry
from chat.domain.errors import ImError, UnknownOperation
from chat.domain.targets import Conversation, ToUser
from chat.gateway.completions import Batches, Completions, Pool
from chat.gateway.connection import PROCESS_NAME, Connection, State, Then
from chat.gateway.heartbeat import beat
from chat.gateway.login import log_in
from chat.live import fanout, online
from chat.live.handover import Handovers
from chat.live.listener import Listener
from chat.live.online import LOOK_S, REFRESH_S, DeviceOnline
from chat.live.registry import Received, registry
from chat.live.tasks import keep, spawn
from chat.queries.first_pages import first_pages, is_first
from chat.queries.rooms import rooms_of_users
from chat.store import cursors, observed, reading
from chat.store.clock import now_ms
from chat.store.rows import id_at
from chat.wire.base import FrameCache

logger = logging.getLogger(__name__)

MOVES_LIMIT = 10_000
LAST_SEEN_S = 5.0
SWEEP_S = 10.0
MOST_WATCHED = 2000  # connections of a process, whose counters are kept fresh while somebody looks
ENDING_TURNS = 50  # of 10 ms, that a connection may take to end whose device went elsewhere
LEAVING_S = 2.0  # that the last log-outs may take at the end


class StoreReader:
    """What the listener reads: chat.live does not know the store."""

    def entries_after(
        self, app_id: int, conversation: Conversation, seq: int, limit: int
    ) -> list[Entry]:
        return reading.entries_after(app_id, conversation, seq, limit)

    def seq_before(self, app_id: int, conversation: Conversation, ms: int) -> int:
        return reading.seq_before(app_id, conversation, ms)

    def received(self, app_id: int, conversation: Conversation, seq: int) -> Received:
        return reading.received(app_id, conversation, seq)

    def recent_moves(self, ms: int) -> list[tuple[int, Conversation, int]]:
        return reading.moved_since(id_at(ms), MOVES_LIMIT)

    def arrivals(self, ms: int, logs: Sequence[tuple[int, Conversation]]) -> list[Entry]:
        return reading.arrivals_since(id_at(ms), logs)


class Gateway:
    """Made by the process's first connection or request, on its event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.completions = Completions(loop)
        self.pool = Pool(self.completions)
        self.proofs = Batches(self.pool, check_log_ins)
        self.settling = Batches(self.pool, settle_log_ins)
        self.rooms = Batches(self.pool, _rooms_of)
        self._first_pages = Batches(self.pool, first_pages)
        self._leaving = Batches(self.pool, log_outs)
        self.connections: dict[Connection, None] = {}
        self.is_draining = False
        self._drops_chat: bool = settings.TEST_DROP_CHAT
        self.is_empty = asyncio.Event()
        self.is_empty.set()
        handovers = Handovers(PROCESS_NAME, self._write_acknowledged)
        self.listener = Listener(self.pool.call, StoreReader(), handovers)
        self._present: dict[Connection, DeviceOnline] = {}
        self._seen: set[int] = set()
        self._told: set[Connection] = set()  # webhooks know of their log-in
        registry.new_cache = FrameCache
        fanout.set_loop(loop)
        self._tasks = [
            keep(beat(lambda: self.connections), "gateway heartbeat"),
            keep(self._refresh(), "online records"),
            keep(self._note_last_seen(), "last seen"),
            keep(self._sweep_chatrooms(), "chatroom grace"),
        ]
        self.listener.start()

    # Connections come and go

    def opened(self, connection: Connection) -> None:
        self.connections[connection] = None
        metrics.CONNECTIONS.labels(connection.wire).inc()
        self.is_empty.clear()

    def closed(self, connection: Connection) -> None:
        if connection in self.connections:
            del self.connections[connection]
            metrics.CONNECTIONS.labels(connection.wire).dec()
        if not self.connections:
            self.is_empty.set()

    def present(self, connection: Connection) -> None:
        """It is proven who this is: let the connection hear its user's topic."""
        registry.add(connection)
        self._present[connection] = self.record_of(connection)
        self._seen.add(connection.user_id)

    def logged_in(self, connection: Connection) -> None:
        """All is read: the log-in holds, unless the connection is gone meanwhile."""
        if connection in self._present:
            self._told.add(connection)
            self._tell_status(connection, self._present[connection], "login")

    def gone(self, connection: Connection) -> None:
        registry.remove(connection)
        record = self._present.pop(connection, None)
        if record is not None and connection.actor is not None:
            self._seen.add(connection.user_id)
            _remember_end(connection, record)
            self.log_out(connection, record)
            if connection in self._told:
                self._told.remove(connection)
                reason: StatusReason = "replaced" if connection.was_kicked else "logout"
                self._tell_status(connection, record, reason)

    def log_out(self, connection: Connection, record: DeviceOnline) -> None:
        """Have the connection's device forgotten among those that are online."""
        if connection.actor is not None:
            self._leaving.ask((connection.actor, record)).add_done_callback(_logged_out)

    async def _write_acknowledged(self, user_id: int, device: str) -> None:
        """A device is with another process now. Its socket here may hold what it said last: it is
        read until the connection ends, which the other log-in has asked for."""
        for _ in range(ENDING_TURNS):
            if not any(one.device == device for one in registry.connections_of(user_id)):
                break
            await asyncio.sleep(0.01)
        await self._quietly(partial(cursors.flush))

    def _tell_status(
        self, connection: Connection, record: DeviceOnline, reason: StatusReason
    ) -> None:
        if connection.actor is not None:
            app = connection.actor.app
            if may_be_told(app.id, reason):
                work = partial(tell_user_status, app, record, reason, now_ms())
                self.pool.submit(work, _told)

    def record_of(self, connection: Connection) -> DeviceOnline:
        return DeviceOnline(
            app_id=connection.app_id,
            user_id=connection.user_id,
            username=connection.username,
            device=connection.device,
            wire=connection.wire,
            client=connection.client.type,
            address=connection.address,
            since_ms=connection.since_ms,
            connection=connection.name,
            sdk=connection.client.sdk,
            version=connection.client.version,
            signed_by=connection.signed_by,
            token_expires_ms=connection.token_expires_ms,
            ready_ms=max(0, connection.since_ms - connection.opened_ms),
        )

    # What a connection asks for

    def log_in(self, connection: Connection, command: LogIn, then: Then) -> None:
        async def run() -> None:
            then(await log_in(self, connection, command))

        spawn(run(), f"log-in of #{connection.id}")

    def send(self, actor: Actor, command: SendMessage, then: Then) -> bool:
        if self._drops_chat and isinstance(command.target, ToUser):
            # Acknowledged, and astray.
            command = structs.replace(command, target=ToUser(actor.username))
        return start_send(actor, command, partial(self.completions.put, then), self.pool.start)

    def received(self, actor: Actor, command: MarkReceived) -> None:
        note_received(actor, command)

    def run(self, actor: Actor, command: Command, then: Then) -> None:
        handler = HANDLERS.get(type(command))
        if handler is None:
            self.completions.put(then, UnknownOperation(op=type(command).__name__))
            return
        work = partial(handle, handler, actor, command)
        if isinstance(command, Sync) and is_first(command):
            page = self._first_pages.ask((actor, command))
            page.add_done_callback(partial(self._first_page_read, work, then))
        else:
            self.pool.submit(work, then)

    def _first_page_read(
        self, by_itself: partial[object], then: Then, done: "asyncio.Future[SyncPage | None]"
    ) -> None:
        if done.cancelled():
            return  # the process stops
        page = None if done.exception() is not None else done.result()
        if page is not None:
            then(page)
        else:
            self.pool.submit(by_itself, then)

    # What runs beside

    async def _refresh(self) -> None:
        """Keep this process's devices online in the shared records."""
        while True:
            await self._rest()
            current = [
                replace(
                    record,
                    heard_ms=connection.heard_ms,
                    frames_in=connection.frames_in,
                    frames_out=connection.frames_out,
                    bytes_in=connection.bytes_in,
                    bytes_out=connection.bytes_out,
                    unacked=connection.session.unacked,
                )
                for connection, record in self._present.items()
                if connection.state is State.ACTIVE
            ]
            await self._quietly(partial(online.refresh, current))

    async def _rest(self) -> None:
        """Until the records must be refreshed, or somebody wants their counters. Of many
        connections that would cost too much."""
        for _ in range(int(REFRESH_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if 0 < len(self._present) <= MOST_WATCHED and await self._are_counters_watched():
                return

    async def _are_counters_watched(self) -> bool:
        try:
            return bool(await self.pool.call(online.are_counters_watched))
        except RedisError:
            return False

    async def _note_last_seen(self) -> None:
        while True:
            await asyncio.sleep(LAST_SEEN_S)
            await self.flush_last_seen()

    async def _sweep_chatrooms(self) -> None:
        """Members of chatrooms who stay away leave (the app's grace)."""
        while True:
            await asyncio.sleep(SWEEP_S)
            await self._quietly(partial(sweep_chatrooms, online.online_users))

    async def flush_last_seen(self) -> None:
        seen, self._seen = self._seen, set()
        if seen:
            await self._quietly(partial(touch_last_seen, seen))

    async def _quietly(self, work: partial[Any]) -> None:
        """What is tried again anyway must not end its loop."""
        try:
            await self.pool.call(work)
        except Exception:
            logger.exception("%s failed", work.func.__name__)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.listener.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVING_S):
                await self._leaving.settled()
        self.pool.stop()


def _remember_end(connection: Connection, record: DeviceOnline) -> None:
    observed.ended(
        app_id=record.app_id,
        user_id=record.user_id,
        username=record.username,
        device=record.device[:128],
        wire=record.wire,
        client=record.client[:32],
        sdk=record.sdk[:64],
        version=record.version[:64],
        address=record.address[:64],
        since_ms=record.since_ms,
        until_ms=now_ms(),
        code=max(0, connection.close_code),
        reason="kicked" if connection.was_kicked else connection.close_reason[:120],
    )


def _rooms_of(user_ids: Sequence[int]) -> list[tuple[int, ...]]:
    found = rooms_of_users(set(user_ids))
    return [found.get(user_id, ()) for user_id in user_ids]


def _told(outcome: object) -> None:
    if isinstance(outcome, ImError):
        logger.info("a log-in or log-out is not told: %s", outcome.code)


def _logged_out(done: "asyncio.Future[None]") -> None:
    if not done.cancelled() and (failure := done.exception()) is not None:
        logger.error("a log-out failed: %r", failure, exc_info=failure)


_gateways: dict[asyncio.AbstractEventLoop, Gateway] = {}


def gateway() -> Gateway:
    """The gateway of the running loop, made at its first use."""
    loop = asyncio.get_running_loop()
    made = _gateways.get(loop)
    if made is None:
        made = _gateways[loop] = Gateway(loop)
    return made


def running_gateway() -> Gateway | None:
    """The running loop's gateway, if anything has made it."""
    return _gateways.get(asyncio.get_running_loop())


def gateways() -> list[Gateway]:
    """This process's: one, once it has had a connection or request. From any thread."""
    return list(_gateways.values())


def forget_gateway() -> None:
    """After stop(): the next use on this loop makes a new one."""
    _gateways.pop(asyncio.get_running_loop(), None)
