"""GET /healthz: whether the database, the writer and the channel layer work."""

import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from chat.store import get_store

REDIS_DEADLINE_S = 1.0
DATABASE_DEADLINE_S = 2.0  # the pool itself waits longer than whoever asks here


def healthz(request: HttpRequest) -> JsonResponse:
    """`{"status", "database", "writer", "layer"}`, each "ok" or what is wrong; 503 if any is."""
    parts = {"database": _database(), "writer": _writer(), "layer": _layer()}
    healthy = all(state in {"ok", "in-process"} for state in parts.values())
    body = {"status": "ok" if healthy else "broken", **parts}
    answer = JsonResponse(body, status=200 if healthy else 503)
    answer["Cache-Control"] = "no-store"
    return answer


def _database() -> str:
    try:
        if "pool" in connection.settings_dict["OPTIONS"]:
            with connection.pool.connection(  # type: ignore[attr-defined]  # PostgreSQL's has one
                timeout=DATABASE_DEADLINE_S
            ) as pooled:
                pooled.execute("SELECT 1")
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.fetchone()
    except (DatabaseError, psycopg.Error) as exc:
        return f"no answer ({type(exc).__name__})"
    return "ok"


def _writer() -> str:
    return "ok" if get_store().is_healthy() else "stopped"


def _layer() -> str:
    if not settings.REDIS_URL:
        return "in-process"
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_DEADLINE_S,
        socket_connect_timeout=REDIS_DEADLINE_S,
    )
    try:
        client.ping()
    except redis.RedisError as exc:
        return f"no answer ({type(exc).__name__})"
    finally:
        client.close()
    return "ok"
