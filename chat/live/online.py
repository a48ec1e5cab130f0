"""Who is online anywhere: one record a connected device, shared by all processes.

A record expires unless the process that holds the connection refreshes it, so a killed process
leaves nobody online for long. With Redis the records are hashes (a field a device); without it a
dict of this process, which then is the only one. Callable from any thread; with Redis every call
is a round trip, so never from the event loop.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from functools import cache as cached
from typing import Any, Protocol, TypeVar

import msgspec
import redis
from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

T = TypeVar("T")
EXPIRES_S = 60
REFRESH_S = 20
LOOK_S = 2  # whether somebody watches the counters
WATCHED_S = 6
_WATCHED = "online.counters.watched"
REDIS_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class DeviceOnline:
    """A connected device. `connection` is unique over all processes; `status` is its presence;
    `ready_ms` is from the opened socket to the proof of who it is, `signed_by` token, dynamic
    (a token that a backend made) or password; `unacked` -1: its wire does not say."""

    app_id: int
    user_id: int
    username: str
    device: str
    wire: str
    client: str
    address: str
    since_ms: int
    connection: str = ""
    sdk: str = ""
    version: str = ""
    status: str = ""
    ext: str = ""
    heard_ms: int = 0
    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    ready_ms: int = 0
    signed_by: str = ""
    token_expires_ms: int = 0  # 0: never, or no token
    unacked: int = -1

    @property
    def node(self) -> str:
        """The process that holds the connection."""
        return self.connection.partition(".")[0]


def watch_counters() -> None:
    """Somebody looks: for the next seconds every process keeps its records' counters fresh."""
    with suppress(redis.RedisError):
        cache.set(_WATCHED, True, WATCHED_S)


def are_counters_watched() -> bool:
    return cache.get(_WATCHED) is not None


class Records(Protocol):
    def put(self, records: Iterable[DeviceOnline]) -> None: ...

    def enter(self, records: Sequence[DeviceOnline]) -> dict[int, list[DeviceOnline]]:
        """Put records, and tell what their users had until then. No two calls are at once: of
        log-ins at the same moment in two processes, the later one is told of the earlier."""

    def drop(self, *records: DeviceOnline) -> None:
        """Forget the devices, but those that another connection has taken over."""

    def of_user(self, app_id: int, user_id: int) -> list[DeviceOnline]: ...

    def of_users(self, app_id: int, user_ids: Iterable[int]) -> dict[int, list[DeviceOnline]]: ...

    def of_app(self, app_id: int) -> list[DeviceOnline]: ...


@dataclass(slots=True)
class Reads:
    """Whether who is online could be read."""

    failed: bool = False


_tolerant: ContextVar[Reads | None] = ContextVar("tolerant_reads", default=None)


@contextmanager
def tolerating() -> Iterator[Reads]:
    """Within: while Redis is away nobody is online, instead of an error; the answer says so. For
    pages that show more than that; never for what acts upon who is online."""
    reads = Reads()
    token = _tolerant.set(reads)
    try:
        yield reads
    finally:
        _tolerant.reset(token)


def _read(ask: Callable[[], T], nobody: T) -> T:
    reads = _tolerant.get()
    if reads is None:
        return ask()
    if reads.failed:
        return nobody  # asked once: it may take seconds
    try:
        return ask()
    except redis.RedisError as exc:
        logger.warning("who is online cannot be read: %s", exc)
        reads.failed = True
        return nobody


def devices_of(app_id: int, user_id: int) -> list[DeviceOnline]:
    """A user's connected devices, the oldest log-in first."""
    found = _read(lambda: records().of_user(app_id, user_id), list[DeviceOnline]())
    return sorted(found, key=lambda d: (d.since_ms, d.connection))


def online_users(app_id: int, user_ids: Iterable[int]) -> set[int]:
    """Those of `user_ids` with at least one live connection."""
    return {user for user, devices in devices_of_users(app_id, user_ids).items() if devices}


def devices_of_users(app_id: int, user_ids: Iterable[int]) -> dict[int, list[DeviceOnline]]:
    return _read(lambda: records().of_users(app_id, user_ids), dict[int, list[DeviceOnline]]())


def connections(app_id: int) -> list[DeviceOnline]:
    """Every connection of an app, over all processes, the oldest first."""
    found = _read(lambda: records().of_app(app_id), list[DeviceOnline]())
    return sorted(found, key=lambda d: (d.since_ms, d.connection))


def refresh(current: list[DeviceOnline]) -> None:
    """Keep this process's devices from expiring; a status set since stays, and a device that
    another connection took over is left to it."""
    by_app: dict[int, list[DeviceOnline]] = {}
    for record in current:
        by_app.setdefault(record.app_id, []).append(record)
    for app_id, held in by_app.items():
        stored = records().of_users(app_id, [record.user_id for record in held])
        records().put(
            kept for record in held if (kept := _kept(record, stored[record.user_id])) is not None
        )


def _kept(record: DeviceOnline, stored: list[DeviceOnline]) -> DeviceOnline | None:
    known = next((one for one in stored if one.device == record.device), None)
    if known is None:
        return record
    if known.connection != record.connection and known.since_ms >= record.since_ms:
        return None
    return replace(record, status=known.status, ext=known.ext)


@cached
def records() -> Records:
    return RedisRecords(settings.REDIS_URL) if settings.IS_SCALED_OUT else LocalRecords()


class LocalRecords:
    """The records of the one process there is; they live as long as their connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apps: dict[int, dict[int, dict[str, DeviceOnline]]] = {}

    def put(self, records: Iterable[DeviceOnline]) -> None:
        with self._lock:
            self._put(records)

    def _put(self, records: Iterable[DeviceOnline]) -> None:
        for record in records:
            users = self._apps.setdefault(record.app_id, {})
            users.setdefault(record.user_id, {})[record.device] = record

    def enter(self, records: Sequence[DeviceOnline]) -> dict[int, list[DeviceOnline]]:
        with self._lock:
            before = {one.user_id: self._of(one.app_id, one.user_id) for one in records}
            self._put(records)
            return before

    def _of(self, app_id: int, user_id: int) -> list[DeviceOnline]:
        return list(self._apps.get(app_id, {}).get(user_id, {}).values())

    def drop(self, *records: DeviceOnline) -> None:
        with self._lock:
            for record in records:
                self._drop(record)

    def _drop(self, record: DeviceOnline) -> None:
        users = self._apps.get(record.app_id, {})
        devices = users.get(record.user_id, {})
        held = devices.get(record.device)
        if held is None or held.connection != record.connection:
            return
        del devices[record.device]
        if not devices:
            del users[record.user_id]

    def of_user(self, app_id: int, user_id: int) -> list[DeviceOnline]:
        with self._lock:
            return self._of(app_id, user_id)

    def of_users(self, app_id: int, user_ids: Iterable[int]) -> dict[int, list[DeviceOnline]]:
        with self._lock:
            return {user_id: self._of(app_id, user_id) for user_id in user_ids}

    def of_app(self, app_id: int) -> list[DeviceOnline]:
        with self._lock:
            return [d for devices in self._apps.get(app_id, {}).values() for d in devices.values()]


# KEYS[1] hash, ARGV: device, connection. Deletes the field only if it is still this connection's.
_DROP = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and string.find(held, ARGV[2], 1, true) then redis.call('HDEL', KEYS[1], ARGV[1]) end
return redis.call('HLEN', KEYS[1])
"""


class RedisRecords:
    """`imadmin:online:<app>:<user>`: device → record; `imadmin:online:<app>`: users by expiry."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            url,
            max_connections=64,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
        )
        self._drop: Any = self._redis.register_script(_DROP)

    def put(self, records: Iterable[DeviceOnline]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        self._put(pipe, records)
        pipe.execute()

    def enter(self, records: Sequence[DeviceOnline]) -> dict[int, list[DeviceOnline]]:
        apps = {record.user_id: record.app_id for record in records}
        pipe = self._redis.pipeline(transaction=True)
        for user_id, app_id in apps.items():
            pipe.hvals(_key(app_id, user_id))
        self._put(pipe, records)
        answers = pipe.execute()
        return {user_id: _fresh(held) for user_id, held in zip(apps, answers, strict=False)}

    def _put(self, pipe: Any, records: Iterable[DeviceOnline]) -> None:
        expires_ms = _now_ms() + EXPIRES_S * 1000
        for record in records:
            key = _key(record.app_id, record.user_id)
            stored = msgspec.json.encode(asdict(record) | {"expires_ms": expires_ms})
            pipe.hset(key, record.device, stored)
            pipe.expire(key, EXPIRES_S)
            pipe.zadd(_key(record.app_id), {str(record.user_id): expires_ms})
            pipe.expire(_key(record.app_id), EXPIRES_S)

    def drop(self, *records: DeviceOnline) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for record in records:
            key = _key(record.app_id, record.user_id)
            self._drop(keys=[key], args=[record.device, record.connection], client=pipe)
        counts = pipe.execute()
        for record, left in zip(records, counts, strict=True):
            if not left:
                pipe.zrem(_key(record.app_id), str(record.user_id))
        pipe.execute()

    def of_user(self, app_id: int, user_id: int) -> list[DeviceOnline]:
        return _fresh(self._redis.hvals(_key(app_id, user_id)))

    def of_users(self, app_id: int, user_ids: Iterable[int]) -> dict[int, list[DeviceOnline]]:
        asked = list(dict.fromkeys(user_ids))
        pipe = self._redis.pipeline(transaction=False)
        for user_id in asked:
            pipe.hvals(_key(app_id, user_id))
        return {
            user_id: _fresh(stored)
            for user_id, stored in zip(asked, pipe.execute() if asked else [], strict=True)
        }

    def of_app(self, app_id: int) -> list[DeviceOnline]:
        self._redis.zremrangebyscore(_key(app_id), "-inf", _now_ms())
        users = [int(user) for user in self._redis.zrange(_key(app_id), 0, -1)]
        return [device for devices in self.of_users(app_id, users).values() for device in devices]


def _key(app_id: int, user_id: int = 0) -> str:
    return f"imadmin:online:{app_id}:{user_id}" if user_id else f"imadmin:online:{app_id}"


def _fresh(stored: Iterable[bytes]) -> list[DeviceOnline]:
    now = _now_ms()
    found = (msgspec.json.decode(text) for text in stored)
    return [DeviceOnline(**one) for one in found if one.pop("expires_ms") > now]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
