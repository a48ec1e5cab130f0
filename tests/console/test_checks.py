"""The system checks that keep an instance from being unsafe by default."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

from accounts.actions.im_apps import create_app
from accounts.actions.im_users import register_user
from accounts.domain.ids import Appkey

ROOT = Path(__file__).resolve().parents[2]


def ids(**options) -> set[str]:
    return {str(message.id) for message in run_checks(**options)}


@pytest.mark.parametrize("key", ["short", "x" * 60, "django-insecure-" + "abcdefgh" * 8])
def test_weak_secret_key_is_an_error_outside_debug(settings, key: str):
    settings.DEBUG = False
    settings.SECRET_KEY = key
    assert "im.E001" in ids()
    settings.DEBUG = True
    assert "im.E001" not in ids()


def test_console_open_to_any_host_must_be_meant(settings):
    settings.CONSOLE_HOSTS = ["*"]
    assert "im.E003" in ids()
    settings.TRUST_ANY_HOST = True
    assert "im.E003" not in ids()


def test_public_address_without_tls_is_a_warning(settings):
    settings.PUBLIC_URL, settings.PUBLIC_HOST = "http://im.lan:8000", "im.lan"
    assert "im.W002" in ids()
    settings.PUBLIC_URL, settings.PUBLIC_HOST = "http://127.0.0.1:8000", "127.0.0.1"
    assert "im.W002" not in ids()


def test_demo_users_in_a_live_app_are_a_warning(db: None):
    for environment in ("test", "live"):
        app = create_app(Appkey("acme", environment), environment=environment).app
        register_user(app, "demo1", "123456", is_demo=True)
    found = [m for m in run_checks(databases=["default"]) if m.id == "im.W001"]
    assert [m.msg for m in found] == [
        "The live app acme#live has demo users, whose password is known."
    ]
    assert "im.W001" not in ids()


def test_deployment_behind_tls_is_clean(tmp_path: Path):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IM_", "DJANGO_"))}
    done = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "WARNING",
        ],
        cwd=ROOT,
        env={**kept, "IM_DATA_DIR": str(tmp_path), "IM_PUBLIC_URL": "https://im.example.com"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr
