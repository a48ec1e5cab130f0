"""Development command: refresh the committed browser files from npm, and the icon sprite."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from imadmin.console.vendored import UNUSED, without_unused

_SOURCE_MAP = re.compile(rb"\s*(?:/\*|//)[#@] sourceMappingURL=[^\s*]+(?:\s*\*/)?\s*$")
_VIEW_BOX = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    folder: str  # under static/vendor/
    files: tuple[str, ...]  # paths inside the package; kept under their base name


PACKAGES = (
    Package(
        "@tabler/core",
        "1.6.1",
        "tabler-1.6.1",
        ("dist/css/tabler.min.css", "dist/js/tabler.min.js"),
    ),
)
ICONS = Package("@tabler/icons", "3.52.0", "", ())
# Outline icons of the sprite, by their name in the package.
ICON_NAMES = (
    *("activity", "alert-triangle", "api", "apps", "arrow-back-up", "arrow-left", "ban"),
    *("check", "chevron-down", "chevron-left", "chevron-right", "clock", "code", "copy", "crown"),
    *("device-desktop", "devices", "door-exit", "dots", "download", "edit", "external-link"),
    *("eye", "file", "filter", "flask", "help", "history", "info-circle", "key", "language"),
    *("layout-dashboard", "list-details", "logout", "map-pin", "menu-2", "message", "messages"),
    *("moon", "photo", "plug-connected", "plus", "refresh", "rotate", "search", "send"),
    *("settings", "shield-lock", "sun", "terminal", "trash", "user", "user-shield", "users"),
    *("users-group", "volume", "volume-off", "webhook", "world", "x"),
)
MIT = """\
MIT License. Copyright (c) 2018-2026 The Tabler Authors (https://tabler.io)

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE."""


class Command(BaseCommand):
    help = "Refresh static/vendor and the icon sprite from npm (needs npm and the network)."

    def handle(self, *args: Any, **options: Any) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise CommandError("npm is not installed.")
        static = Path(settings.STATICFILES_DIRS[0])
        with tempfile.TemporaryDirectory() as scratch:
            for package in PACKAGES:
                self._vendor(
                    _unpack(npm, package, Path(scratch)),
                    package,
                    static / "vendor" / package.folder,
                )
            icons = _unpack(npm, ICONS, Path(scratch))
            sprite = _sprite(icons / "icons" / "outline")
            (static / "console").mkdir(parents=True, exist_ok=True)
            (static / "console" / "icons.svg").write_text(sprite)
        self.stdout.write(f"{len(ICON_NAMES)} icons")

    def _vendor(self, source: Path, package: Package, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        lines = [f"# {package.name} {package.version}", ""]
        lines += ["| file | sha256 | gzip |", "| --- | --- | --- |"]
        for path in package.files:
            # Manifest storage takes the comment for a reference and fails without the map.
            content = _SOURCE_MAP.sub(b"\n", (source / path).read_bytes())
            name = Path(path).name
            if name.endswith(".css"):
                content = without_unused(content.decode()).encode()
            (target / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            lines.append(f"| {name} | `{digest}` | {len(gzip.compress(content)):,} |")
            self.stdout.write(f"{package.folder}/{name}")
        lines += [
            "",
            "From `npm pack`, less the source map comments and, in style sheets, the rules of",
        ]
        lines += [f"components that no page uses ({', '.join(UNUSED)}); refreshed by"]
        lines += ["`manage.py vendor_static`. Do not edit.", "", _licence(source), ""]
        (target / "VENDOR.md").write_text("\n".join(lines))


def _unpack(npm: str, package: Package, scratch: Path) -> Path:
    """Fetch one package and unpack it; the answer is its root folder."""
    done = subprocess.run(  # noqa: S603 (fixed arguments of a development command)
        [npm, "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=scratch,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    target = scratch / package.name.replace("/", "_")
    with tarfile.open(scratch / done.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def _licence(source: Path) -> str:
    manifest = json.loads((source / "package.json").read_text())
    if manifest.get("license") != "MIT":
        raise CommandError(f"{manifest.get('name')}: licence {manifest.get('license')!r}?")
    return MIT


def _sprite(folder: Path) -> str:
    """One <symbol> an icon; console.css gives the strokes (a `use` inherits from its place)."""
    symbols = []
    for name in ICON_NAMES:
        match = _VIEW_BOX.search((folder / f"{name}.svg").read_text())
        if match is None:
            raise CommandError(f"icon {name} is not an SVG")
        lines = (line.strip() for line in match[1].splitlines())
        paths = "".join(line for line in lines if line and 'stroke="none"' not in line)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>')
    body = "\n".join(symbols)
    return (
        f"<!-- {ICONS.name} {ICONS.version}, MIT, https://tabler.io/icons;"
        " made by manage.py vendor_static -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'
    )
