"""The help page, and the pictures of the console in the README."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from accounts.models import Operator
from imadmin.console.queries.licences import PACKAGES, licences
from tests.console.conftest import SignIn
from tests.console.pages import text_of

PICTURES = ("dashboard", "sent", "group")


def test_help_has_shortcuts_words_ways_and_versions(admin: Operator, browse: SignIn):
    page = text_of(browse(admin).get("/console/help/", headers={"accept-language": "en"}))
    for text in ("<kbd>/</kbd>", "Keyboard shortcuts", "offline queue", "appkey",
                 "How the pages fit together", "/api/docs/", "/api/schema/", "Django",
                 "BSD-3-Clause", "<kbd>g</kbd> <kbd>u</kbd>"):  # fmt: skip
        assert text in page, text


def test_licences_of_all_that_the_server_is_made_of():
    wanted = tomllib.loads(Path(settings.CHECKOUT, "pyproject.toml").read_text())
    names = [re.split(r"[\[<>=,]", one)[0].lower() for one in wanted["project"]["dependencies"]]
    assert [name.lower() for name in PACKAGES] == names
    found = licences()
    assert all(number and licence for _, number, licence in found)
    assert {licence for name, _, licence in found if name in {"Django", "psycopg"}} == {
        "BSD-3-Clause",
        "LGPL-3.0-only",
    }


def test_help_is_open_to_who_is_not_signed_in_and_speaks_chinese(admin: Operator):
    page = text_of(Client().get("/console/help/", headers={"accept-language": "zh"}))
    assert "离线消息队列" in page
    assert "各页面如何配合" in page


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_readme_shows_three_small_pictures(readme: str):
    text = Path(settings.CHECKOUT, readme).read_text()
    for name in PICTURES:
        path = Path("static", "console", "img", "readme", f"{name}.png")
        assert f"]({path.as_posix()})" in text
        whole = settings.CHECKOUT / path
        assert whole.stat().st_size < 60_000
        with Image.open(whole) as picture:
            assert (picture.format, picture.mode) == ("PNG", "P")
