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


def _install(npm: str, folder: Path, packages: tuple[str, ...]) -> None:
    flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    ran = subprocess.run(
        [npm, "install", *flags, *packages],
        capture_output=True, text=True, timeout=_INSTALL_S, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        missing(f"npm cannot fetch {' '.join(packages)}: {ran.stderr[-300:]}")
