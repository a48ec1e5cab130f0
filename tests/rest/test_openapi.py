"""The OpenAPI document and its page."""

import json
import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate

from tests.rest.endpoints import ENDPOINTS, Endpoint
from tests.rest.test_coverage import shape

Json = dict[str, Any]
ERRORS = {"400", "401", "403", "404", "405", "409", "413", "429", "503"}


@cache
def document() -> Json:
    found: Json = json.loads(Client().get("/api/schema/?format=json").content)
    return found


def operations() -> Iterator[tuple[str, str, Json]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def media(content: Json) -> Iterator[Json]:
    """What has a schema and examples: of the request, then of each answer."""
    yield from content.get("requestBody", {}).get("content", {}).values()
    for answer in content["responses"].values():
        yield from answer["content"].values()


def test_the_document_is_valid_and_made_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())
    validate(document())


def test_every_operation_tells_what_is_sent_and_answered():
    for method, path, operation in operations():
        where = (method, path)
        assert operation["summary"], where
        assert f"`{method} " in operation["description"], where
        answers = operation["responses"]
        assert set(answers) - {"200"} == ERRORS, where
        if "200" in answers:
            [content] = answers["200"]["content"].values()
            assert content["schema"]["type"], where
            assert content["schema"].get("format") == "binary" or content["examples"], where
        refused = [answers[status]["content"]["application/json"] for status in ERRORS]
        assert all(one["schema"] == {"$ref": "#/components/schemas/Error"} for one in refused)
        assert "200" in answers or any("examples" in one for one in refused), where
        for parameter in operation["parameters"]:
            assert "example" in parameter, where
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content["schema"].get("properties") or content["examples"], where


def test_every_example_fits_its_schema():
    error = document()["components"]["schemas"]["Error"]
    seen = 0
    for _, path, operation in operations():
        for content in media(operation):
            schema = error if "$ref" in content["schema"] else content["schema"]
            for example in content.get("examples", {}).values():
                OAS30Validator(schema).validate(example["value"])
                seen += 1
        assert path
    assert seen > 800


def test_every_row_of_the_table_is_an_operation():
    there = {(method, shape(path)) for method, path, _ in operations()}
    missing = [
        one.id
        for one in ENDPOINTS
        for method in one.methods
        if (method, shape(whole_path(one))) not in there
    ]
    assert [row for row in missing if not row.startswith("D")] == []  # threads: NOT_YET


def whole_path(one: Endpoint) -> str:
    at_root = one.path.startswith("root:")
    return one.path.removeprefix("root:") if at_root else f"/{{org}}/{{app}}{one.path}"


def test_a_token_is_asked_for_where_one_is_needed():
    found = {(method, path): op["security"] for method, path, op in operations()}
    assert found["POST", "/{org}/{app}/chatgroups"] == [{"bearer": []}]
    assert found["POST", "/{org}/{app}/token"] == [{"bearer": []}, {}]
    assert found["GET", "/easemob/server.json"] == []


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
    script = client.get("/api/docs/?script=")
    assert not client.cookies
    assert "Cookie" not in script.headers.get("Vary", "")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert b"/api/schema/" in script.content
    assert re.search(r"fetch\(|SwaggerUIBundle", script.content.decode())


def test_the_pages_script_tells_nothing_of_a_cookie():
    client = Client()
    secret = "a" * 32
    client.cookies[settings.CSRF_COOKIE_NAME] = secret
    with_cookie = client.get("/api/docs/?script=").content
    assert with_cookie == Client().get("/api/docs/?script=").content
