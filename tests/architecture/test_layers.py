"""The import contracts of pyproject.toml hold."""

import os
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]


def test_import_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(os, "environ", {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"})
    result = lint_imports(no_cache=True)
    assert result == 0, capsys.readouterr().out
