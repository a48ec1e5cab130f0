"""Packages of the npm registry that tests run: fetched once, into a cache outside the tree."""

import subprocess
from pathlib import Path

from filelock import FileLock

from tests.requirements import CACHE_DIR, missing, need_command

_INSTALL_S = 300


def installed(name: str, *packages: str) -> Path:
    """The node_modules folder with `packages`; the test is skipped where npm cannot fetch them.

    `name` names the folder of the cache: what asks for other packages asks by another name.
    """
    need_command("node")
    folder = CACHE_DIR / "npm" / name
    done = folder / "installed"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):  # several test processes may want the same one
        if not done.exists():
            _install(need_command("npm"), folder, packages)
            done.touch()
    return folder / "node_modules"


class NodeServer:
    """A script that runs in Node, prints the port where it listens, and ends with its standard
    input."""

    def __init__(self, script: Path, *args: object) -> None:
        command = [need_command("node"), str(script), *map(str, args)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()


def _install(npm: str, folder: Path, packages: tuple[str, ...]) -> None:
    flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    ran = subprocess.run(
        [npm, "install", *flags, *packages],
        capture_output=True, text=True, timeout=_INSTALL_S, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        missing(f"npm cannot fetch {' '.join(packages)}: {ran.stderr[-300:]}")
