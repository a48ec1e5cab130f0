"""The OpenAPI document and its page."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from tests.rest.endpoints import BY_ID


@pytest.fixture(scope="module")
def document():
    return json.loads(Client().get("/api/schema/?format=json").content)


def test_the_document_is_valid_and_made_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_main_operations_show_examples(document):
    path = next(path for path in document["paths"] if path.endswith("/chatgroups"))
    asked = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    values = [example["value"] for example in asked["examples"].values()]
    assert [value["groupname"] for value in values] == ["qa"]
    assert BY_ID["G1"].methods == ("POST",)


def test_the_page_needs_nothing_from_elsewhere_and_no_cookie():
    client = Client()
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert "<script>" not in text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert not client.cookies
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert b"/api/schema/" in script.content
