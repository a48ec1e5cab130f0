"""A data directory as a first start leaves it: servers of tests, and tests, begin with a copy.

Migrating and collecting static files cost more than most tests that start a server. `up` looks
after both on the copy too; the name says of which migrations and static files it was made.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from tests.requirements import CACHE_DIR

ROOT = Path(__file__).resolve().parents[2]
KEPT = 5  # of other trees on this machine
_MAKE = """
from django.core.management import call_command
from imadmin import static_files
call_command("migrate", verbosity=0)
static_files.collect_if_needed()
"""


def copy_ready_made(data_dir: Path) -> None:
    """Fill the new directory `data_dir`."""
    with _ready_made() as made:
        shutil.copytree(made, data_dir)
    data_dir.chmod(0o700)


def copy_database(place: Path) -> None:
    """Only its database, as the file `place`."""
    with _ready_made() as made:
        shutil.copy(made / "imadmin.sqlite3", place)


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
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IM_", "DJANGO_"))}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", _MAKE],
        cwd=ROOT, env={**kept, "IM_DATA_DIR": str(making)}, check=True, timeout=180,
    )  # fmt: skip
    (making / "secret_key").unlink(missing_ok=True)  # each server makes its own
    making.rename(wanted)
