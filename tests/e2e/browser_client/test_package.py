"""The library as a package: typed, small, and packed with what it needs."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.browser_client.client import LIBRARY
from tests.npm import installed
from tests.requirements import need_command

pytestmark = pytest.mark.e2e

# Gzipped, in kB.
MOST = {"imadmin.js": 8, "dongdong.js": 4, "storage.js": 3, "wx.js": 2}
FILES = [LIBRARY.with_name(name) for name in MOST]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_stays_small(file: Path):
    assert len(gzip.compress(file.read_bytes(), 9)) < MOST[file.name] * 1024


def test_its_types_hold():
    modules = installed("typescript", "typescript@5")
    flags = ["--checkJs", "--allowJs", "--noEmit", "--strict", "--target", "es2022"]
    done = subprocess.run(
        [need_command("node"), modules / "typescript/bin/tsc", *flags, "--lib", "es2022,dom",
         "--module", "nodenext", "--moduleResolution", "nodenext", *FILES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == ""
    assert done.returncode == 0


def test_it_is_packed_with_its_file(tmp_path):
    npm = need_command("npm")
    done = subprocess.run(
        [npm, "pack", "--json", "--pack-destination", str(tmp_path), str(LIBRARY.parent)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    [packed] = json.loads(done.stdout)
    assert {one["path"] for one in packed["files"]} == {
        *MOST, "package.json", "README.md", "api.html", "api.css",
    }  # fmt: skip
    assert (tmp_path / packed["filename"]).exists()
