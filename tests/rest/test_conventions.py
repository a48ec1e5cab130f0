"""What holds on every address: slashes, CORS, bodies, query values (rest.md 1.1, 1.2)."""

import pytest
from drf_spectacular.generators import SchemaGenerator


def test_a_slash_at_the_end_counts_for_nothing(rest, demo1):
    assert rest.get("/users/demo1/").json["entities"] == rest.get("/users/demo1").json["entities"]
    made = rest.post("/users/", json={"username": "tom", "password": "p"})
    assert (made.status, made.json["uri"]) == (200, "http://testserver/demo/app/users")


def test_org_and_app_match_in_any_case(rest, demo1):
    assert rest.get("/users/demo1", base="/DEMO/App").status == 200


def test_an_unknown_app_is_told_before_the_token(rest):
    assert rest.get("/users", base="/acme/nope", token=None).error == (
        404, "organization_application_not_found",
        "Could not find application for acme/nope from URI: acme/nope/users",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/demo/app/nope", "/demo/app/nope/x/y/", "/demo", "/nope"])
def test_an_unknown_path_is_json(rest, path):
    answer = rest.get("", base=path)
    assert answer.error[:2] == (404, "resource_not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_wrong_method_is_405(rest):
    answer = rest.put("/users", json={})
    assert answer.error == (405, "method_not_allowed", 'Method "PUT" not allowed.')


def test_options_are_answered_anywhere(rest):
    for path in ("/users", "/nope"):
        answer = rest.call("OPTIONS", path, token=None)
        assert (answer.status, answer.content) == (200, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS"
        assert "share-secret" in answer.headers["Access-Control-Allow-Headers"]


def test_every_answer_carries_cors_and_the_vendors_content_type(rest):
    for answer in (rest.get("/users"), rest.get("/users", token=None), rest.get("/users/x")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/xml",
                                  "application/x-www-form-urlencoded"])  # fmt: skip
def test_a_body_is_json_whatever_its_type_says(rest, kind):
    body = b'{"username":"tom","password":"p"}'
    assert rest.post("/users", data=body, content_type=kind).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"nope", b"{", b'{"a": NaN}', b"\xff\xfe", b"5", b"[" * 100_000, b'"text"'],
)
def test_what_is_not_json_is_refused(rest, body):
    assert rest.put("/users/x", data=body).error[:2] == (400, "json_parse")


@pytest.mark.parametrize("name", ["\\u0000", "\\ud800"])
def test_text_that_cannot_be_stored_is_refused(rest, name):
    body = f'{{"username":"x","password":"p","nickname":"{name}"}}'
    assert rest.post("/users", data=body).error[:2] == (400, "illegal_argument")
    assert rest.get("/users/a%00b").error[:2] == (400, "illegal_argument")


def test_a_huge_body_is_413(rest):
    answer = rest.post("/users", data=b" " * (1024 * 1024 + 1))
    assert answer.error[:2] == (413, "request_entity_too_large")


def test_the_bearer_scheme_is_read_leniently(rest, app_token):
    for scheme in ("bearer", "BEARER ", "Bearer   "):
        headers = {"Authorization": f"{scheme} {app_token}"}
        assert rest.get("/users", token=None, headers=headers).status == 200
    basic = {"Authorization": f"Basic {app_token}"}
    assert rest.get("/users", token=None, headers=basic).status == 401


def test_the_schema_is_built_without_a_warning(capsys):
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert "/{org}/{app}/users/{username}" in schema["paths"]
    assert capsys.readouterr().err == ""
