"""The Connect page: this app's values, no secret, and no snippet for a wire that is not there."""

import ast
import html
import re
import subprocess

import pytest

from accounts.actions.im_apps import NewApp
from imadmin.console.snippets import TABS
from tests.console.conftest import SignIn

CONNECT = "/console/apps/demo/app/connect/"


def sample(browse: SignIn, viewer, tab: str) -> str:
    text = browse(viewer).get(CONNECT, {"sdk": tab}).content.decode()
    match = re.search(rf'data-test="sample-{tab}">(.*?)</pre>', text, re.DOTALL)
    assert match is not None
    return html.unescape(match[1])


def test_facts_carry_the_appkey_and_the_addresses(viewer, browse, new_app: NewApp):
    text = browse(viewer).get(CONNECT, headers={"host": "127.0.0.1:8123"}).content.decode()
    assert 'data-test="fact-appkey">demo#app<' in text
    assert 'data-test="fact-rest">http://127.0.0.1:8123<' in text
    assert 'data-test="fact-socket">ws://127.0.0.1:8123/ws/native/<' in text
    assert 'data-test="loopback-note"' in text


def test_curl_tab_is_a_shell_script_with_the_client_id(viewer, browse, new_app: NewApp):
    script = sample(browse, viewer, "curl")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert new_app.client_id in script
    assert new_app.client_secret not in script
    for step in ("/token", "/users", "/contacts/users/", "/messages/users",
                 "/messages/chatgroups", "/messages/chatrooms"):  # fmt: skip
        assert f"/demo/app{step}" in script or step in script


def test_python_tab_is_a_python_script(viewer, browse, new_app: NewApp):
    ast.parse(sample(browse, viewer, "python"))


def test_no_tab_prints_the_secret(viewer, browse, new_app: NewApp):
    for tab in TABS:
        text = browse(viewer).get(CONNECT, {"sdk": tab.name}).content.decode()
        assert new_app.client_secret not in text


@pytest.mark.parametrize("tab", [tab.name for tab in TABS if not tab.speaks])
def test_wire_that_is_not_spoken_says_so_and_prints_no_snippet(viewer, browse, tab: str):
    text = browse(viewer).get(CONNECT, {"sdk": tab}).content.decode()
    assert 'data-test="not-spoken"' in text
    assert "<pre" not in text


def test_unknown_tab_is_the_first_one(viewer, browse):
    text = browse(viewer).get(CONNECT, {"sdk": "<script>"}).content.decode()
    assert 'data-test="sample-curl"' in text


def test_link_to_credentials_is_for_owners(viewer, owner, browse):
    address = "/console/apps/demo/app/credentials/"
    assert address in browse(owner).get(CONNECT).content.decode()
    assert address not in browse(viewer).get(CONNECT).content.decode()
