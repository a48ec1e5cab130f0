"""What holds for every file: sizes, names, no machine paths, no other hosts in pages."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 400
GENERATED = re.compile(r"/migrations/|/pb/")
VAGUE_NAMES = {"utils.py", "common.py", "services.py", "misc.py", "helpers.py"}


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_module_is_over_400_lines():
    modules = [path for path in tracked("*.py") if not GENERATED.search(str(path))]
    sizes = {path: len(path.read_text().splitlines()) for path in modules}
    assert {str(p): n for p, n in sizes.items() if n > MAX_LINES} == {}


def test_no_module_has_a_vague_name():
    assert [str(path) for path in tracked("*.py") if path.name in VAGUE_NAMES] == []


def test_pages_and_their_files_ask_no_other_host():
    elsewhere = re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//|url\(\s*["']?https?:""")
    files = tracked("templates/*", "static/console/*", "static/vendor/*.css", "static/sdk/*")
    found = [str(path) for path in files if elsewhere.search(path.read_text(errors="ignore"))]
    assert found == []


def test_templates_hold_no_inline_script_style_or_handler():
    inline = re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))|\sstyle=|\son\w+=")
    found = [str(path) for path in tracked("templates/*") if inline.search(path.read_text())]
    assert found == []


def test_nothing_names_a_path_of_one_machine():
    path_like = re.compile(r"/(?:root|home/\w+|tmp/wt|tmp/venv)/")
    text_files = tracked("*.py", "*.md", "*.toml", "*.html", "*.js", "*.css", ".ci/*")
    here = Path(__file__)
    found = [
        str(path)
        for path in text_files
        if path != here and "vendor" not in path.parts and path_like.search(path.read_text())
    ]
    assert found == []
