"""What some tests need from the machine: found, or the test is skipped with the reason.

With IMADMIN_REQUIRE_ALL=1 a missing thing fails the test instead.
"""

import os
import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

POSTGRES_URL = os.environ.get("IM_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("IM_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
# The same engine without a browser around it draws the same pages in about half the time.
CHROMIUMS = ("chromium-headless-shell", "chromium")
CACHE_DIR = Path(
    os.environ.get("IM_TEST_CACHE", Path.home() / ".cache" / "imadmin-tests")
)  # what tests fetch once


def missing(reason: str) -> None:
    """Skip the running test, or fail it where everything is required."""
    if os.environ.get("IMADMIN_REQUIRE_ALL") == "1":
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)


def need_postgres() -> str:
    """The URL of a database on a server where databases may be made."""
    import psycopg

    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.Error as exc:
        missing(f"no PostgreSQL at IM_TEST_POSTGRES_URL ({type(exc).__name__})")
    return POSTGRES_URL


def need_redis() -> str:
    parts = urlsplit(REDIS_URL)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 6379), 3).close()
    except OSError:
        missing("no Redis at IM_TEST_REDIS_URL")
    return REDIS_URL


def need_chromium() -> str:
    for name in (os.environ.get("IM_CHROMIUM", ""), *CHROMIUMS):
        if name and (found := shutil.which(name)):
            return found
    missing(f"no Chromium on this machine ({' or '.join(CHROMIUMS)})")
    return ""


def need_command(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(f"no {name} on this machine")
    return found or ""


def is_root() -> bool:
    """Chromium's sandbox does not start for root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
