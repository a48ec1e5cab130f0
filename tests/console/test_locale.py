"""Two languages: which one a page speaks, and that the catalogues are whole."""

import gettext
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.domain.actor import AppRef
from accounts.models import Operator
from tests.console.conftest import SignIn
from tests.requirements import need_command

CATALOGUES = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES"
DOMAINS = ["django", "djangojs"]
APPS = "/console/apps/"


def test_profile_wins_over_cookie_and_browser(admin: Operator, browse: SignIn):
    client = browse(admin)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    admin.language = "zh-hans"
    admin.save()
    answer = client.get(APPS, headers={"accept-language": "en"})
    assert '<html lang="zh-Hans"' in answer.content.decode()
    assert "应用" in answer.content.decode()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("fr, en-GB;q=0.5, zh;q=0.4", "en"),
        ("en;q=0.1, zh-TW", "zh-Hans"),
        ("de", "en"),
        (";;q=x,", "en"),
        ("", "en"),
    ],
)
def test_browser_decides_where_nobody_chose(admin: Operator, header: str, language: str):
    answer = Client().get("/console/login/", headers={"accept-language": header})
    assert f'<html lang="{language}"' in answer.content.decode()


def test_choice_on_the_sign_in_page_is_kept_in_a_cookie(admin: Operator):
    client = Client()
    answer = client.post("/console/lang/", {"language": "zh-hans", "next": "/console/login/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/login/")
    assert "登录" in client.get("/console/login/").content.decode()
    client.post("/console/lang/", {"language": "xx"})
    assert "登录" in client.get("/console/login/").content.decode()


def test_choice_of_an_operator_is_kept_in_the_profile(admin: Operator, browse: SignIn):
    browse(admin).post("/console/lang/", {"language": "zh-hans"})
    admin.refresh_from_db()
    assert admin.language == "zh-hans"


def test_rest_speaks_english_whatever_the_browser_prefers(app: AppRef, admin: Operator):
    client = Client()
    client.get("/console/login/", headers={"accept-language": "zh"})
    answer = client.get("/demo/app/nothing/at/all", headers={"accept-language": "zh"})
    assert answer.content.isascii()


def test_script_catalogue_is_chosen_by_its_address(admin: Operator):
    client = Client()
    chinese = client.get("/console/jsi18n/?lang=zh-hans&v=1", headers={"accept-language": "en"})
    assert "\\u5df2\\u590d\\u5236" in chinese.content.decode()
    english = client.get("/console/jsi18n/?lang=en&v=1", headers={"accept-language": "zh"})
    assert "\\u5df2\\u590d\\u5236" not in english.content.decode()


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_entry_is_fuzzy_or_empty(domain: str):
    text = (CATALOGUES / f"{domain}.po").read_text()
    assert "fuzzy" not in text
    entries = text.split("\n\n")[1:]
    empty = [entry for entry in entries if re.search(r'^msgstr(?:\[\d\])? ""$(?!\n")', entry, re.M)]
    assert empty == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_committed_mo_is_the_compiled_po(domain: str, tmp_path: Path):
    msgfmt = need_command("msgfmt")
    compiled = tmp_path / "compiled.mo"
    source = CATALOGUES / f"{domain}.po"
    subprocess.run([msgfmt, "--check-format", "-o", compiled, source], check=True)
    with compiled.open("rb") as fresh, (CATALOGUES / f"{domain}.mo").open("rb") as committed:
        new, old = gettext.GNUTranslations(fresh), gettext.GNUTranslations(committed)
    assert vars(new)["_catalog"] == vars(old)["_catalog"]


def test_chinese_prose_has_full_width_punctuation():
    text = (CATALOGUES / "django.po").read_text()
    lines = re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', text, re.M)
    assert [line for line in lines if re.search(r"[一-鿿][,.;:!?](?:\s|$|[一-鿿])", line)] == []
