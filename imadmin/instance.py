"""The data directory of a running server: made, tried, and held by one server at a time."""

import os
import sys
from pathlib import Path
from typing import IO


class CannotStart(Exception):
    """Why the server cannot run here, in one sentence that names the remedy."""


def prepare_data_dir(data_dir: Path) -> None:
    """Make the directory 0700 and prove that it can be written."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data_dir / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as exc:
        raise CannotStart(
            f"The data directory {data_dir} cannot be written ({exc.strerror}):"
            " set IM_DATA_DIR to one that can."
        ) from None


class DataDirLock:
    """An advisory lock for as long as the process lives; the system drops it when it dies."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "server.lock"
        self._file: IO[str] | None = None

    def acquire(self, address: str = "") -> None:
        """`address`: where the server listens, for commands that must reach it.

        Raises CannotStart when another server holds it.
        """
        file = self._path.open("a+")
        try:
            _lock(file)
        except OSError:
            file.close()
            raise CannotStart(
                f"Another server runs on the data directory {self._path.parent}:"
                " stop it, or set IM_DATA_DIR to another one."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()} {address}")
        file.flush()
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def address_in(data_dir: Path) -> str:
    """Where the data directory's server said that it listens; empty when none ever did."""
    try:
        return (data_dir / "server.lock").read_text().partition(" ")[2]
    except OSError:
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
