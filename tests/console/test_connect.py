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


@pytest.mark.parametrize("tab", [tab.name for tab in TABS if tab.speaks])
def test_each_tab_names_the_settings_that_matter_and_common_mistakes(viewer, browse, tab: str):
    text = browse(viewer).get(CONNECT, {"sdk": tab}).content.decode()
    settings, mistakes = (
        text.split(f'data-test="sdk-{part}"')[1].split("</div></div>")[0]
        for part in ("settings", "mistakes")
    )
    assert settings.count("<dt>") >= 2
    assert mistakes.count("<li>") >= 2


def test_facts_name_the_socket_of_every_generation(viewer, browse, new_app: NewApp):
    text = browse(viewer).get(CONNECT, headers={"host": "127.0.0.1:8123"}).content.decode()
    for address in ("ws://127.0.0.1:8123/websocket", "http://127.0.0.1:8123/ws", "8123/ws/<"):
        assert address in text


def test_sdk_snippets_ask_for_receipts_and_reconnect(viewer, browse, new_app: NewApp):
    assert "delivery: true" in sample(browse, viewer, "web4")
    printed = sample(browse, viewer, "web1")
    for option in ("https: false", "autoReconnectNumMax: 5", "delivery: true"):
        assert option in printed


def test_another_public_url_and_missing_tls_are_warned_of(viewer, browse, settings):
    client = browse(viewer)
    text = client.get(CONNECT, {"sdk": "miniprogram"}).content.decode()
    assert "tls-note" in text
    assert "elsewhere-note" not in text
    settings.IS_PUBLIC_URL_GIVEN, settings.PUBLIC_URL = True, "https://chat.example"
    settings.IS_HTTPS = True
    text = client.get(CONNECT, {"sdk": "miniprogram"}).content.decode()
    assert "tls-note" not in text
    assert "https://chat.example" in text.split("elsewhere-note")[1].split("</div>")[0]
