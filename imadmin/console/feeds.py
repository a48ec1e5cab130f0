"""What a page can follow live: feeds, and who watches them in this process.

A feed names something that changes and reads a short version of it, by one cheap query. While
somebody watches, the process reads the version every `EVERY_S`; a new one is pushed as a hint, and
the page fetches its own partial again: filters, role, language and time zone are then those of
any request. The database is what all processes share, so it works with and without Redis; nothing
is read for what nobody watches, and no message waits for a watcher.

Add one with `@feed("sessions")` on `(app, arg) -> version`, in this module.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from accounts.domain.actor import AppRef
from chat.domain.errors import MessageNotFound
from chat.live.online import tolerating
from chat.queries.message_log import get_message, get_messages, newest_entries
from imadmin.console.access import Role
from imadmin.console.actions import user_jobs
from imadmin.console.models import SendJob
from imadmin.console.queries import connect_check, dashboard
from imadmin.console.queries.delivery import deliveries_of, delivery_of, reaches_of
from imadmin.console.queries.scenarios import newest_version, version_of

logger = logging.getLogger(__name__)

EVERY_S = 0.4
Version = Callable[[AppRef, str], str]


@dataclass(frozen=True, slots=True)
class Feed:
    """`see` is the least role of a watcher; `version` changes when the page would."""

    name: str
    see: Role
    version: Version


FEEDS: dict[str, Feed] = {}


def feed(name: str, *, see: Role = Role.VIEWER) -> Callable[[Version], Version]:
    """Register a feed under the name that pages subscribe to."""

    def register(version: Version) -> Version:
        FEEDS[name] = Feed(name, see, version)
        return version

    return register


@feed("messages")
def messages_version(app: AppRef, _arg: str) -> str:
    """The newest entries of an app: messages, and also recalls and receipts; and how far those
    messages came, as a device's acknowledgement makes no entry.

    Several, as an id may commit after a higher one of another process (design.md §4).
    """
    newest = newest_entries(app, 20)
    return f"{newest} {reaches_of(app, get_messages(app, newest))}"


@feed("message")
def message_version(app: AppRef, message_id: str) -> str:
    """How far one message came; `message_id` is 19 digits."""
    try:
        return str(delivery_of(app, get_message(app, int(message_id))))
    except (ValueError, MessageNotFound):
        return "none"


@feed("job")
def job_version(app: AppRef, number: str) -> str:
    """How far the messages of one send came."""
    job = SendJob.objects.filter(app_id=app.id, pk=row_id(number)).first()
    return str(deliveries_of(app, job, job.items.order_by("pk"))) if job is not None else "none"


@feed("user_job", see=Role.OPERATOR)
def user_job_version(app: AppRef, number: str) -> str:
    """How far an import or a batch of users is."""
    return user_jobs.version_of(app, row_id(number))


@feed("run")
def run_version(app: AppRef, number: str) -> str:
    """How far a run of scenarios is."""
    return version_of(app, row_id(number))


@feed("scenarios")
def scenarios_version(app: AppRef, _arg: str) -> str:
    """The newest run, and how far it is."""
    return newest_version(app)


@feed("stats")
def stats_version(app: AppRef, _arg: str) -> str:
    """The dashboard's numbers."""
    return dashboard.version_of(app)


@feed("connect")
def connect_version(app: AppRef, _arg: str) -> str:
    """Who connects, and who tried to."""
    return connect_check.version_of(app)


def row_id(text: str) -> int:
    """A row's number; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class Watcher(Protocol):
    def hint(self, key: "Key", seq: int) -> None:
        """The thing has changed; never waits."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that is watched; `app` is compared by its row."""

    feed: str
    app_id: int
    arg: str


@dataclass(slots=True)
class Watch:
    app: AppRef
    watchers: set[Watcher] = field(default_factory=set)
    seq: int = 0
    version: str | None = None
    task: "asyncio.Task[None] | None" = None


class Hub:
    """Who watches what in this process. On the event loop only, so it needs no locks."""

    def __init__(self) -> None:
        self.watches: dict[Key, Watch] = {}

    def watch(self, key: Key, app: AppRef, watcher: Watcher) -> None:
        found = self.watches.get(key)
        if found is None:
            found = self.watches[key] = Watch(app)
            found.task = asyncio.get_running_loop().create_task(self._follow(key, found))
        found.watchers.add(watcher)

    def leave(self, key: Key, watcher: Watcher) -> None:
        found = self.watches.get(key)
        if found is None:
            return
        found.watchers.discard(watcher)
        if not found.watchers:
            del self.watches[key]
            if found.task is not None:
                found.task.cancel()

    async def _follow(self, key: Key, watch: Watch) -> None:
        read = FEEDS[key.feed].version
        while True:
            try:
                version = await in_thread(tolerant, read, watch.app, key.arg)
            except Exception:
                logger.exception("the feed %s could not be read", key.feed)
                version = watch.version or ""
            if watch.version is not None and version != watch.version:
                watch.seq += 1
                for watcher in tuple(watch.watchers):
                    watcher.hint(key, watch.seq)
            watch.version = version
            await asyncio.sleep(EVERY_S)


def tolerant(read: Version, app: AppRef, arg: str) -> str:
    """The version while Redis is away is another one: the page shall say so."""
    with tolerating() as reads:
        version = read(app, arg)
    return f"{version} paused" if reads.failed else version


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """Run database work in a thread of its own pool, not the one that all requests share."""

    def run() -> Any:
        close_old_connections()
        try:
            return work(*args)
        finally:
            close_old_connections()

    return await sync_to_async(run, thread_sensitive=False)()


hub = Hub()
