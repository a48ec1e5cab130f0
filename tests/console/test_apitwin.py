"""What "Copy as" prints: runnable, correctly quoted, and without a secret."""

import ast
import json
import shlex
import subprocess

import pytest
from django.test import RequestFactory

from accounts.domain.ids import Appkey
from imadmin.console.apitwin import Call, as_curl, as_python, path, rest_base, socket_base, twin
from imadmin.console.twin_code import as_java, as_php, java_text, php_text

BASE = "http://127.0.0.1:8000/acme/demo"
TRICKY = {"msg": 'it\'s "quoted" $HOME `id` \\ 你好\n', "ext": {"n": [1, None, True]}}


def curl_words(text: str) -> list[str]:
    """The command's words as a shell would pass them, the token's variable left as it is."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return shlex.split(code.replace("\\\n", " "))


@pytest.mark.parametrize("body", [TRICKY, [TRICKY], {}])
def test_curl_carries_the_body_unchanged(body):
    words = curl_words(as_curl(BASE, [Call("POST", "/messages/users", body)]))
    assert words[:4] == ["curl", "-X", "POST", BASE + "/messages/users"]
    assert "Authorization: Bearer $APP_TOKEN" in words
    assert json.loads(words[words.index("-d") + 1]) == body


def test_curl_is_a_shell_script_that_a_shell_reads():
    text = as_curl(BASE, [Call("POST", "/users", TRICKY, "first"), Call("GET", "/users")])
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert text.startswith("# first\n")


def test_python_is_a_script_that_python_reads():
    text = as_python(BASE, [Call("PUT", "/users/a", TRICKY, "rename"), Call("GET", "/x", token="")])
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword)]
    assert [ast.literal_eval(node.value) for node in calls if node.arg == "json"] == [TRICKY]
    assert "os.environ['APP_TOKEN']" in text
    assert "import os" not in as_python(BASE, [Call("POST", "/token", {}, token="")])


def test_path_segments_are_quoted():
    assert path("users", "a b/c", "groups") == "/users/a%20b%2Fc/groups"
    assert path("chatgroups", "1", "users", "a,b") == "/chatgroups/1/users/a,b"


def test_address_is_the_one_that_the_operator_came_by(settings):
    request = RequestFactory().get("/", headers={"host": "127.0.0.1:8123"})
    assert rest_base(request) == "http://127.0.0.1:8123"
    assert socket_base(request) == "ws://127.0.0.1:8123"


def test_address_is_the_public_one_where_there_is_tls_or_a_foreign_host(settings):
    settings.PUBLIC_URL, settings.IS_HTTPS = "https://im.example.com", True
    request = RequestFactory().get("/", headers={"host": "127.0.0.1:8123"})
    assert rest_base(request) == "https://im.example.com"
    assert socket_base(request) == "wss://im.example.com"
    settings.PUBLIC_URL, settings.IS_HTTPS = "http://im.lan", False
    request = RequestFactory().get("/", headers={"host": "other.example"})
    assert rest_base(request) == "http://im.lan"


def test_twin_has_the_same_calls_in_each_language(rf: RequestFactory):
    made = twin(rf.get("/"), Appkey("acme", "demo"), [Call("DELETE", "/users/a")])
    assert [sample.name for sample in made.samples] == ["curl", "python", "java", "php"]
    assert all("/acme/demo" in sample.text for sample in made.samples)


@pytest.mark.parametrize("text", [json.dumps(TRICKY, ensure_ascii=False), "a'b\\", "\x01\u2028"])
def test_literals_of_java_and_php_hold_the_text_unchanged(text):
    assert json.loads(java_text(text)) == text
    quoted = php_text(text)
    assert (quoted[0], quoted[-1]) == ("'", "'")
    assert quoted[1:-1].replace("\\'", "'").replace("\\\\", "\\") == text


def test_java_and_php_make_every_call_and_print_no_token():
    calls = [Call("POST", "/users", TRICKY, "first"), Call("GET", "/users", token="")]
    java, php = as_java(BASE, calls), as_php(BASE, calls)
    assert "// first" in java
    assert 'call("GET", "/users", null, false);' in java
    assert "call('GET', '/users', null, false);" in php
    for text in (java, php):
        assert text.count("call(") == 3
        assert "APP_TOKEN" in text
        assert BASE in text
