"""A data directory as a first start leaves it: servers of tests, and tests, begin with a copy.

Migrating and collecting static files cost more than most tests that start a server. `up` looks
after both on the copy too; the name says of which migrations and static files it was made. On
PostgreSQL a database is a template for others.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from filelock import FileLock

from tests.requirements import CACHE_DIR

ROOT = Path(__file__).resolve().parents[2]
KEPT = 5  # of other trees on this machine
_MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
_COLLECT = """
from imadmin import static_files
static_files.collect_if_needed()
"""


def copy_ready_made(data_dir: Path, *, embedded: bool) -> None:
    """Fill the new directory `data_dir`; one that is not embedded has its database elsewhere."""
    without = None if embedded else shutil.ignore_patterns("*.sqlite3")
    with _ready_made() as made:
        shutil.copytree(made, data_dir, ignore=without)
    data_dir.chmod(0o700)


def copy_database(place: Path) -> None:
    """Only its database, as the file `place`."""
    with _ready_made() as made:
        shutil.copy(made / "imadmin.sqlite3", place)


@contextmanager
def postgres_template(admin: "psycopg.Connection[Any]") -> Iterator[str]:
    """The name of a migrated database on that server, of which others may be made meanwhile.

    It stays there, and goes when those of other trees have become many.
    """
    wanted = f"imadmin_ready_{_made_of()}"
    known = "SELECT datname FROM pg_database WHERE datname LIKE 'imadmin\\_ready\\_%' ORDER BY oid"
    with FileLock(CACHE_DIR / "postgres.lock"):
        names = [name for (name,) in admin.execute(known)]
        if wanted not in names:
            for name in names[:-KEPT]:
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            _migrate_postgres(admin, wanted)
        yield wanted


def _migrate_postgres(admin: "psycopg.Connection[Any]", wanted: str) -> None:
    made = f"imadmin_making_{os.getpid()}"
    admin.execute(f'CREATE DATABASE "{made}"')
    info = admin.info
    secret = f":{info.password}" if info.password else ""
    url = f"postgres://{info.user}{secret}@{info.host}:{info.port}/{made}"
    with tempfile.TemporaryDirectory() as data_dir:
        _manage(_MIGRATE, IM_DATA_DIR=data_dir, DATABASE_URL=url)
    admin.execute(f'ALTER DATABASE "{made}" RENAME TO "{wanted}"')


@contextmanager
def _ready_made() -> Iterator[Path]:
    wanted = CACHE_DIR / "data" / _made_of()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(wanted.parent / "lock"):  # several test processes start servers
        if not wanted.exists():
            _make(wanted)
        yield wanted


def _made_of() -> str:
    digest = hashlib.sha256()
    for pattern in ("accounts/migrations/*.py", "chat/migrations/*.py",
                    "imadmin/**/migrations/*.py", "static/**/*.*"):  # fmt: skip
        for path in sorted(ROOT.glob(pattern)):
            seen = path.stat()
            name = path.relative_to(ROOT)
            digest.update(f"{name}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _make(wanted: Path) -> None:
    others = sorted(wanted.parent.glob("*/"), key=lambda path: path.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old)
    making = wanted.with_suffix(".part")
    making.mkdir()
    _manage(_MIGRATE + _COLLECT, IM_DATA_DIR=str(making))
    (making / "secret_key").unlink(missing_ok=True)  # each server makes its own
    making.rename(wanted)


def _manage(code: str, **env: str) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IM_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT, env={**kept, **env}, check=True, timeout=180,
    )  # fmt: skip
