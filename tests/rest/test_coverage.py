"""Every row of priority A or B is served, has a contract test, and is in the OpenAPI document.

A contract test says so itself: `@pytest.mark.endpoint("G1")`.
"""

import json
import re
from functools import cache

from django.test import Client
from django.urls import Resolver404, resolve

from accounts.rest.views.unknown import UnknownView
from tests.rest.endpoints import BY_ID, ENDPOINTS, Endpoint
from tests.rest.readme_table import marked

EXPECTED = [one for one in ENDPOINTS if one.priority in "AB" and one.methods]


@cache
def documented() -> frozenset[tuple[str, str]]:
    """(method, path with every placeholder as {})."""
    paths = json.loads(Client().get("/api/schema/?format=json").content)["paths"]
    return frozenset(
        (method.upper(), shape(path)) for path, methods in paths.items() for method in methods
    )


def shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def in_document(endpoint: Endpoint) -> bool:
    at_root = endpoint.path.startswith("root:")
    path = endpoint.path.removeprefix("root:") if at_root else "/{org}/{app}" + endpoint.path
    path = shape(path)
    return all((method, path) in documented() for method in endpoint.methods)


def is_served(endpoint: Endpoint) -> bool:
    try:
        found = resolve(endpoint.url())
    except Resolver404:
        return False
    view = getattr(found.func, "view_class", None)
    if view is UnknownView:
        return False
    return all(hasattr(view, method.lower()) for method in endpoint.methods)


def test_every_expected_endpoint_is_served_tested_and_documented():
    missing = [
        f"{what} of {endpoint.id} {endpoint.methods} {endpoint.path}"
        for endpoint in EXPECTED
        for what, there in (
            ("a route", is_served(endpoint)),
            ("a contract test", endpoint.id in marked()),
            ("an OpenAPI operation", in_document(endpoint)),
        )
        if not there
    ]
    assert missing == []


def test_the_table_is_whole():
    counts = {letter: sum(one.priority == letter for one in ENDPOINTS) for letter in "ABC"}
    assert counts == {"A": 75, "B": 83, "C": 26}
    assert len(BY_ID) == 184


def test_marks_name_rows_of_the_table():
    assert marked() <= set(BY_ID)
