"""Typed readers of the environment that fail loudly; only settings.py uses them."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when it is imported

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def whole() -> dict[str, str]:
    """All of it, for a child process."""
    return dict(os.environ)


def given() -> frozenset[str]:
    """The names of all that are set to something."""
    return frozenset(name for name, value in os.environ.items() if value.strip())


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def names(name: str) -> list[str]:
    """A comma-separated list; empty items are dropped."""
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def directory(name: str, default: Path) -> Path:
    value = os.environ.get(name, "").strip()
    return Path(value).expanduser().resolve() if value else default


def secret_key(data_dir: Path) -> str:
    """IM_SECRET_KEY, else the key file of the data directory, made 0600 on the first run.

    An unwritable directory gives a key for this process only: `up` refuses to start there,
    and commands that only read (check, makemigrations) need no lasting key.
    """
    if value := os.environ.get("IM_SECRET_KEY", ""):
        return value
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError:
        return secrets.token_urlsafe(64)
    key = secrets.token_urlsafe(64)
    with os.fdopen(fd, "w") as file:
        file.write(key)
    return key


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's settings for DATABASE_URL: postgres://…, or SQLite in the data directory."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data_dir / "imadmin.sqlite3"),
            "OPTIONS": {
                # One writer at a time: take the write lock at BEGIN, so that two transactions
                # wait for each other instead of failing when the second one upgrades its lock.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                    " PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;"
                    # In pages: one that was written often since is moved once.
                    " PRAGMA wal_autocheckpoint=4000;"
                ),
            },
        }
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// (or be empty).")
    asked = _conninfo(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": asked.pop("dbname", ""),
        "USER": asked.pop("user", ""),
        "PASSWORD": asked.pop("password", ""),
        "HOST": asked.pop("host", ""),
        "PORT": asked.pop("port", ""),
        # Under ASGI each request has a thread of its own, so a connection per thread is a leak.
        "OPTIONS": {**asked, "pool": {"min_size": 1, "max_size": 16, "timeout": 20}},
    }


def _conninfo(url: str) -> dict[str, Any]:
    """What libpq reads in a URL, whose parameters (sslmode …) it knows all of."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return conninfo_to_dict(url)
    except (ProgrammingError, UnicodeError):  # which may quote the password
        raise ImproperlyConfigured(
            "DATABASE_URL is no URL that PostgreSQL's library reads: its form is"
            " postgres://user:password@host:5432/name?sslmode=require, with what is special in a"
            " part as %xx, and of parameters those of libpq."
        ) from None
