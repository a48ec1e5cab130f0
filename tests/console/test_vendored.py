"""What is taken out of vendored style sheets, and that no page misses it."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

from imadmin.console.vendored import UNUSED, without_unused

VENDOR = Path(settings.CHECKOUT, "static", "vendor")
SHEETS = sorted(VENDOR.glob("*/*.css"))


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".avatar{a:b}.btn{c:d}", ".btn{c:d}"),
        (".btn,.avatar-sm,.card{a:b}", ".btn,.card{a:b}"),
        (".btn:is(.a,.b),.x{a:b}", ".btn:is(.a,.b),.x{a:b}"),
        ("@media (x){.popover{a:b}}.c{d:e}", ".c{d:e}"),
        ("@media (x){.popover{a:b}.c{d:e}}", "@media (x){.c{d:e}}"),
        ('@charset "UTF-8";/*! L {;} */:root{--a:url("{}")}',
         '@charset "UTF-8";/*! L {;} */:root{--a:url("{}")}'),
        ("@keyframes k{from{a:b}to{c:d}}", "@keyframes k{from{a:b}to{c:d}}"),
        ("input::placeholder{a:b}", "input::placeholder{a:b}"),
    ],
)  # fmt: skip
def test_only_rules_of_unused_components_go(css: str, kept: str):
    assert without_unused(css) == kept


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.parent.name)
def test_committed_sheet_is_what_the_command_makes(sheet: Path):
    content = sheet.read_bytes()
    assert without_unused(content.decode()).encode() == content
    assert content.count(b"{") == content.count(b"}")
    digest = hashlib.sha256(content).hexdigest()
    assert f"| {sheet.name} | `{digest}`" in (sheet.parent / "VENDOR.md").read_text()


def test_no_page_uses_what_was_taken_out():
    classes = re.compile(rf'class="[^"]*\b(?:{"|".join(UNUSED)})')
    scripts = re.compile(rf"""["' ](?:{"|".join(UNUSED)})[-"' ]""")
    pages = Path(settings.CHECKOUT, "templates").rglob("*.html")
    modules = Path(settings.CHECKOUT, "static", "console", "js").glob("*.js")
    assert [path for path in pages if classes.search(path.read_text())] == []
    assert [path for path in modules if scripts.search(path.read_text())] == []
