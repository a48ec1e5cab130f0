"""POST /chatfiles and GET /chatfiles/{uuid}: upload, download, thumbnail."""

from datetime import timedelta

import pytest
from PIL import Image

from accounts.actions.im_apps import change_app
from chat.models import StoredFile
from tests.actions.test_files import picture
from tests.rest.test_uploads import BOUNDARY, END, MULTIPART, part

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("F1", "F2", "F3")]

UNAUTHORIZED = (401, "unauthorized", "Unable to authenticate (OAuth)")
MISSING = (400, "illegal_argument", "file must be provided.")


def upload(rest, content: bytes = b"hello", name: str = "a.txt", kind: str = "text/plain", **more):
    data = part(content, filename=name, kind=kind) + END
    return rest.post("/chatfiles", **{"data": data, "content_type": MULTIPART, **more})


def stored(rest, *args, **more) -> tuple[str, str]:
    """(uuid, share-secret) of an upload that must succeed."""
    answer = upload(rest, *args, **more)
    assert answer.status == 200, answer.json
    [entity] = answer.json["entities"]
    return entity["uuid"], entity["share-secret"]


def configure(app, **settings) -> None:
    change_app(app, settings=app.settings.changed(**settings))


def age(uuid: str, days: float) -> None:
    row = StoredFile.objects.get(uuid=uuid)
    StoredFile.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(days=days))


def test_upload_answers_where_the_file_is(rest, app):
    answer = upload(rest)
    assert (answer.status, answer.json["action"]) == (200, "post")
    assert answer.json["uri"] == "http://testserver/demo/app/chatfiles"
    assert answer.json["path"] == "/chatfiles"
    assert answer.json["application"] == app.uuid
    [entity] = answer.json["entities"]
    assert entity["type"] == "chatfile"
    assert entity["share-secret"]
    address = f"{answer.json['uri']}/{entity['uuid']}"
    response = rest.client.get(address.removeprefix("http://testserver"))
    assert b"".join(response) == b"hello"


@pytest.mark.parametrize(
    ("kind", "served"),
    [
        ("image/png", "image/png"),
        ("audio/mp3", "audio/mp3"),
        ("application/pdf", "application/pdf"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("text/css", "application/octet-stream"),
        ("application/wasm", "application/octet-stream"),
    ],
)
def test_download_needs_nothing_and_is_safe(rest, kind, served):
    uuid, _ = stored(rest, b"bytes", "f", kind)
    answer = rest.get(f"/chatfiles/{uuid}", token=None)
    assert (answer.status, answer.content) == (200, b"bytes")
    assert answer.headers["Content-Type"] == served
    assert answer.headers["Content-Length"] == "5"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Disposition"]


def test_a_bad_token_does_not_hinder_a_download(rest):
    uuid, _ = stored(rest)
    assert rest.get(f"/chatfiles/{uuid}", token="nonsense").status == 200


def test_parts_and_heads_are_answered(rest):
    uuid, _ = stored(rest, b"0123456789")
    part_of = rest.get(f"/chatfiles/{uuid}", headers={"Range": "bytes=2-4"})
    assert (part_of.status, part_of.content) == (206, b"234")
    assert part_of.headers["Content-Range"] == "bytes 2-4/10"
    head = rest.call("HEAD", f"/chatfiles/{uuid}")
    assert (head.status, head.content, head.headers["Content-Length"]) == (200, b"", "10")
    impossible = rest.get(f"/chatfiles/{uuid}", headers={"Range": "bytes=10-"})
    assert impossible.status == 416
    assert impossible.json["error"]


@pytest.mark.parametrize("token", [None, "nonsense"])
def test_upload_needs_a_token(rest, token):
    assert upload(rest, token=token).error == UNAUTHORIZED


def test_users_upload_under_their_name(rest, user_token, demo1):
    uuid, _ = stored(rest, token=user_token("demo1"))
    assert StoredFile.objects.get(uuid=uuid).uploaded_by == "demo1"


def test_app_may_allow_uploads_without_a_token(rest, app):
    configure(app, anonymous_upload=True)
    uuid, _ = stored(rest, token=None)
    assert StoredFile.objects.get(uuid=uuid).uploaded_by == ""
    assert upload(rest, token="nonsense").error == UNAUTHORIZED


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", MULTIPART),
        (b"", "application/json"),
        (b"{}", "application/json"),
        (END, MULTIPART),
        (part(b"x", "picture") + END, MULTIPART),
        (b"junk", "multipart/form-data"),
        (b"junk", "multipart/form-data; boundary="),
    ],
)
def test_upload_without_a_file_is_refused(rest, data, kind):
    assert rest.post("/chatfiles", data=data, content_type=kind).error == MISSING


def test_old_php_client_says_json_and_sends_multipart(rest):
    uuid, _ = stored(rest, b"php", content_type="application/json")
    assert rest.get(f"/chatfiles/{uuid}").content == b"php"


def test_java_sdk_sends_the_name_as_a_part_too(rest):
    data = part(b"demo.png", "filename", "", "") + part(b"x", filename="demo.png") + END
    answer = rest.post("/chatfiles", data=data, content_type=MULTIPART)
    row = StoredFile.objects.get(uuid=answer.json["entities"][0]["uuid"])
    assert (row.filename, row.size) == ("demo.png", 1)


def test_too_large_a_file_is_413(rest, app):
    configure(app, max_file_bytes=100)
    sentence = "the file size exceeds the maximum limit."
    assert upload(rest, b"x" * 101).error == (413, "file exceeding maximum limit", sentence)
    assert upload(rest, b"x" * 100).status == 200


def test_more_than_a_json_body_may_be_uploaded(rest):
    uuid, _ = stored(rest, b"x" * (3 * 1024 * 1024))
    assert len(rest.get(f"/chatfiles/{uuid}").content) == 3 * 1024 * 1024


@pytest.mark.parametrize(
    ("header", "restricted"),
    [
        ({}, False),
        ({"restrict-access": "true"}, True),
        ({"restrict-access": ""}, True),
        ({"restrict-access": "FALSE"}, False),
    ],
)
def test_restriction_is_asked_by_header(rest, header, restricted):
    uuid, _ = stored(rest, headers=header)
    assert StoredFile.objects.get(uuid=uuid).restricted is restricted


def test_restricted_files_are_open_unless_the_app_demands_the_secret(rest, app):
    uuid, secret = stored(rest, headers={"restrict-access": "true"})
    path = f"/chatfiles/{uuid}"
    assert rest.get(path, token=None).status == 200
    configure(app, enforce_share_secret=True)
    for wrong in ({}, {"share-secret": "wrong"}):
        assert rest.get(path, token=None, headers=wrong).error == UNAUTHORIZED
    assert rest.get(f"{path}?share-secret=wrong").error == UNAUTHORIZED
    assert rest.get(path, token=None, headers={"share-secret": secret}).status == 200
    assert rest.get(f"{path}?em-redirect=true&share-secret={secret}", token=None).status == 200


def test_thumbnail_is_scaled_to_what_the_upload_asked(rest):
    content = picture("JPEG")
    sides = {"thumbnail-width": "100", "thumbnail-height": "90"}
    uuid, _ = stored(rest, content, "a.jpg", "image/jpeg", headers=sides)
    for how in ({"headers": {"thumbnail": "true"}}, {}):
        path = f"/chatfiles/{uuid}" + ("" if how else "?thumbnail=true")
        answer = rest.get(path, token=None, **how)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert size_of(answer.content) == (100, 50)
    assert rest.get(f"/chatfiles/{uuid}", headers={"thumbnail": "false"}).content == content


@pytest.mark.parametrize("side", ["", "x", "-5", "0", "1.5", "9" * 30])
def test_odd_thumbnail_sides_mean_the_default(rest, side):
    uuid, _ = stored(rest, picture(), headers={"thumbnail-width": side})
    answer = rest.get(f"/chatfiles/{uuid}?thumbnail=true")
    assert size_of(answer.content) == (170, 85)


def test_thumbnail_of_what_is_no_picture_is_the_file(rest):
    uuid, _ = stored(rest, b"text" * 5000)
    assert rest.get(f"/chatfiles/{uuid}?thumbnail=true").content == b"text" * 5000


@pytest.mark.parametrize("uuid", ["0c1d2e3f-0000-4000-8000-00000000cafe", "nonsense", "a" * 300])
def test_unknown_files_are_404(rest, uuid):
    refused = rest.get(f"/chatfiles/{uuid}", token=None)
    assert refused.error == (404, "entity_not_found", "file may not exists")


def test_other_apps_files_are_unknown(rest, other_app):
    uuid, _ = stored(rest)
    refused = rest.get(f"/chatfiles/{uuid}", base="/other/app", token=None)
    assert refused.error[:2] == (404, "entity_not_found")


def test_files_expire_after_a_week(rest):
    uuid, _ = stored(rest)
    age(uuid, 7.1)
    refused = rest.get(f"/chatfiles/{uuid}", token=None)
    assert refused.error == (404, "file_expired", f"file {uuid} is expired")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/chatfiles"),
        ("PUT", "/chatfiles"),
        ("POST", "/chatfiles/0c1d2e3f-0000-4000-8000-00000000cafe"),
    ],
)
def test_other_methods_are_405(rest, method, path):
    assert rest.call(method, path).error[:2] == (405, "method_not_allowed")


def test_file_names_come_back(rest):
    uuid, _ = stored(rest, b"x", "合同.pdf", "application/pdf")
    disposition = rest.get(f"/chatfiles/{uuid}").headers["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''%E5%90%88%E5%90%8C.pdf"


def size_of(content: bytes) -> tuple[int, int]:
    import io

    return Image.open(io.BytesIO(content)).size


assert BOUNDARY.encode() in END
