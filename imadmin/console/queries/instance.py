"""How this instance is set up and whether its parts work."""

import platform
import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version

import django
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chat.store import get_store
from imadmin.console.queries.processes import ProcessState

DEADLINE_S = 1.0
LOW_DISK_BYTES = 1024**3
MAX_SKEW_S = 5.0


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that must work: what was seen, and what to do when it does not."""

    key: str
    label: str
    is_ok: bool
    seen: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A setting as it is; `variable` names where it comes from."""

    label: str
    value: str
    variable: str = ""

    @property
    def is_given(self) -> bool:
        return self.variable in settings.FROM_ENVIRONMENT


def health(states: list[ProcessState]) -> list[Part]:
    """`states`: of the processes, which measure what is between them."""
    parts = [_database(), _migrations(), _writer(), _cache(), _disk()]
    if settings.REDIS_URL:
        parts[3:3] = [_redis(), _layer(states)]
    return parts


def _database() -> Part:
    label, began = _("Database"), time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as exc:
        return Part("database", label, False, type(exc).__name__, _("Check DATABASE_URL."))
    took = round((time.monotonic() - began) * 1000, 1)
    return Part("database", label, True, f"{connection.vendor} · {took} ms")


def _migrations() -> Part:
    label = _("Migrations")
    executor = MigrationExecutor(connection)
    open_ones = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if open_ones:
        told = _("%(count)d to run") % {"count": open_ones}
        return Part("migrations", label, False, told, "manage.py migrate")
    return Part("migrations", label, True, _("all run"))


def _writer() -> Part:
    is_ok = get_store().is_healthy()
    seen = _("running") if is_ok else _("stopped")
    return Part("writer", _("Message writer"), is_ok, seen, _("Restart the server."))


def _redis() -> Part:
    label, remedy = "Redis", _("Start Redis, or check REDIS_URL.")
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S
    )
    began = time.monotonic()
    try:
        seconds, micros = client.time()
    except redis.RedisError as exc:
        return Part("redis", label, False, _("no answer (%(what)s)") % {"what": type(exc).__name__},
                    remedy)  # fmt: skip
    finally:
        client.close()
    took = round((time.monotonic() - began) * 1000, 1)
    skew = abs(time.time() - (int(seconds) + int(micros) / 1e6))
    if skew > MAX_SKEW_S:
        told = _("the clocks differ by %(seconds)d s") % {"seconds": skew}
        return Part("redis", label, False, told, _("Set the time of both machines."))
    return Part("redis", label, True, f"{took} ms")


def _layer(states: list[ProcessState]) -> Part:
    """From a process through Redis back to itself, the slowest of those that live."""
    label, remedy = _("Channel layer"), _("Start Redis, or check REDIS_URL.")
    trips = [one.row.relay_ms for one in states if not one.is_silent]
    measured = [trip for trip in trips if trip is not None]
    if not measured or len(measured) < len(trips):
        return Part("layer", label, False, _("nothing comes through"), remedy)
    return Part(
        "layer", label, True, _("%(ms)s ms there and back") % {"ms": round(max(measured), 1)}
    )


def _cache() -> Part:
    label = _("Shared cache") if settings.REDIS_URL else _("Cache of this process")
    key = "instance.health"
    try:
        cache.set(key, "1", 5)
        is_ok = cache.get(key) == "1"
    except (redis.RedisError, OSError):
        is_ok = False
    return Part("cache", label, is_ok, _("answers") if is_ok else _("no answer"),
                _("Check REDIS_URL."))  # fmt: skip


def _disk() -> Part:
    free = shutil.disk_usage(settings.DATA_DIR if settings.DATA_DIR.exists() else "/").free
    seen = _("%(gb).1f GB free") % {"gb": free / 1024**3}
    remedy = _("Free some space, or move the data directory by IM_DATA_DIR.")
    return Part("disk", _("Disk of the data directory"), free > LOW_DISK_BYTES, seen, remedy)


def facts() -> list[tuple[str, list[Fact]]]:
    """What the environment decided, without any secret."""
    database = connection.settings_dict
    where = str(database["NAME"]) if connection.vendor == "sqlite" else str(database["HOST"])
    yes_no = {True: pgettext("switch", "on"), False: pgettext("switch", "off")}
    return [
        (_("Addresses"), [
            Fact(_("Public URL"), settings.PUBLIC_URL, "IM_PUBLIC_URL"),
            Fact("TLS", yes_no[settings.IS_HTTPS], "IM_PUBLIC_URL"),
            Fact(_("Further hosts of the console"), ", ".join(settings.CONSOLE_HOSTS) or "—",
                 "IM_ALLOWED_HOSTS"),
            Fact(_("Trusted proxies"), ", ".join(settings.TRUSTED_PROXIES) or "—",
                 "IM_TRUSTED_PROXIES"),
            Fact(_("Webhooks may call private addresses"),
                 yes_no[settings.WEBHOOKS_MAY_CALL_PRIVATE_ADDRESSES], "IM_WEBHOOK_PRIVATE"),
        ]),
        (_("Storage"), [
            Fact(_("Database"), f"{connection.vendor} · {where}", "DATABASE_URL"),
            Fact("Redis", _("in use") if settings.REDIS_URL else _("not used: one process"),
                 "REDIS_URL"),
            Fact(_("Data directory"), str(settings.DATA_DIR), "IM_DATA_DIR"),
            Fact(_("Files"), str(settings.MEDIA_ROOT), "IM_DATA_DIR"),
            Fact(_("The audit is kept"), _kept(settings.AUDIT_DAYS),
                 "IM_AUDIT_DAYS"),
        ]),
        (_("Serving"), [
            Fact(_("Port"), str(settings.PORT), "IM_PORT"),
            Fact(_("Gateway sockets by a lean protocol"), yes_no[settings.LANE], "IM_LANE"),
            Fact(_("Quick way for the REST calls that backends make all the time"),
                 yes_no[settings.HOT_REST], "IM_HOT_REST"),
            Fact(_("Metrics need a token"), yes_no[bool(settings.METRICS_TOKEN)],
                 "IM_METRICS_TOKEN"),
            Fact(_("Log lines"), settings.LOG_FORMAT, "IM_LOG_FORMAT"),
        ]),
        (_("Versions"), [
            Fact("IM Admin", str(settings.SPECTACULAR_SETTINGS["VERSION"])),
            Fact("Python", platform.python_version()),
            Fact("Django", django.get_version()),
            Fact("Channels", version("channels")),
            Fact(_("Server time"), timezone.localtime().isoformat(timespec="seconds")),
        ]),
    ]  # fmt: skip


def _kept(days: int) -> str:
    return _("%(days)d days") % {"days": days} if days > 0 else _("for ever")
