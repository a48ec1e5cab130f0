"""The library as a package: typed, small, and packed with what it needs."""

import gzip
import json
import subprocess
import tarfile
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


CONSUMER = """
import { ImClient, type Message } from "imadmin-sdk";
import { createDongdong } from "imadmin-sdk/dongdong";
import { ConversationCache, webStorage } from "imadmin-sdk/storage";

const im = new ImClient({ url: "ws://x/ws/native/", appkey: "a#b", token: "t" });
const sent = await im.sendText({ type: "user", id: "demo2" }, "x");
const id: string = sent.id;
const kept = new ConversationCache(im, webStorage());
const old: Message[] = await kept.open({ type: "group", id });
createDongdong({ appkey: "a#b", token: "t" }).sendTextMsg("hi", (made) => console.log(made.mid));
// @ts-expect-error: no such type of conversation
im.sendText({ type: "nobody", id }, old[0].from);
"""


def tsc(*args: str | Path) -> None:
    done = subprocess.run(
        [need_command("node"), installed("typescript", "typescript@5") / "typescript/bin/tsc",
         "--strict", "--target", "es2022", "--lib", "es2022,dom",
         "--module", "nodenext", "--moduleResolution", "nodenext", *args],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("", 0)


def test_its_types_hold_and_its_declarations_are_current(tmp_path: Path):
    """Else: npm run types, in static/sdk."""
    flags = ("--allowJs", "--checkJs", "--declaration", "--emitDeclarationOnly")
    tsc(*flags, "--outDir", tmp_path, *FILES)
    made = {path.name: path.read_text() for path in tmp_path.glob("*.d.ts")}
    assert made == {path.name: path.read_text() for path in LIBRARY.parent.glob("types/*.d.ts")}


def test_it_is_packed_with_its_files_and_a_typed_program_compiles_on_it(tmp_path: Path):
    npm = need_command("npm")
    done = subprocess.run(
        [npm, "pack", "--json", "--pack-destination", str(tmp_path), str(LIBRARY.parent)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    [packed] = json.loads(done.stdout)
    types = {f"types/{Path(name).stem}.d.ts" for name in MOST}
    pages = {"package.json", "README.md", "api.html", "api.css"}
    assert {one["path"] for one in packed["files"]} == {*MOST, *types, *pages}
    with tarfile.open(tmp_path / packed["filename"]) as archive:
        archive.extractall(tmp_path / "node_modules", filter="data")
    (tmp_path / "node_modules" / "package").rename(tmp_path / "node_modules" / "imadmin-sdk")
    (tmp_path / "consumer.mts").write_text(CONSUMER)
    tsc("--noEmit", tmp_path / "consumer.mts")
