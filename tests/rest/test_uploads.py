"""Multipart bodies as clients really send them: odd types, no length, several parts, too much."""

import io

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from chat.domain.errors import FileMissing, FileTooLarge
from chat.rest.uploads import read_upload

BOUNDARY = "xYzZY"


def part(content: bytes, name: str = "file", filename: str = "a.png", kind: str = "image/png"):
    named = f'; filename="{filename}"' if filename else ""
    typed = f"\r\nContent-Type: {kind}" if kind else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}{typed}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def read(body: bytes, kind: str = MULTIPART, most: int = 1000, **meta):
    request = RequestFactory().post("/", body, content_type=kind, **meta)
    upload, content = read_upload(request, most)
    with content:
        return upload.filename, upload.kind, content.read()


@pytest.mark.parametrize(
    "kind",
    [
        MULTIPART,
        f"Multipart/Form-Data; boundary={BOUNDARY}",
        "multipart/form-data",
        "application/json",
        "",
    ],
)
def test_file_is_found_whatever_the_type_says(kind):
    content = bytes(range(256)) * 3
    assert read(part(content) + END, kind) == ("a.png", "image/png", content)


def test_other_parts_are_kept_apart():
    body = part(b"x", "other") + part(b"demo", "filename", "", "") + part(b"y") + part(b"z") + END
    assert read(body) == ("a.png", "image/png", b"y")


def test_text_fields_are_readable():
    request = RequestFactory().post(
        "/", part(b"90", "thumbnail-width", "", "") + part(b"y") + END, content_type=MULTIPART
    )
    upload, content = read_upload(request, 100)
    assert upload.fields.get("thumbnail-width") == "90"
    content.close()


def test_untyped_and_empty_files_are_files():
    assert read(part(b"", kind="") + END) == ("a.png", "", b"")


def test_chunked_body_without_a_length_is_read():
    scope = {
        "type": "http", "method": "POST", "path": "/", "query_string": b"",
        "headers": [(b"content-type", MULTIPART.encode()), (b"transfer-encoding", b"chunked")],
    }  # fmt: skip
    _, content = read_upload(ASGIRequest(scope, io.BytesIO(part(b"abc") + END)), 1000)
    with content:
        assert content.read() == b"abc"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", MULTIPART),
        (b"", ""),
        (b"{}", "application/json"),
        (b"--", "application/json"),
        (b"--\xff\xfe\r\n", "application/json"),
        (b"--" + b"b" * 300, ""),
        (END, MULTIPART),
        (part(b"x", "picture") + END, MULTIPART),
        (part(b"x", "file", "") + END, MULTIPART),
        (b"junk", MULTIPART),
        (part(b"x") + END, "multipart/form-data; boundary=\xe9"),
        (b"".join(part(b"1", f"n{i}") for i in range(200)) + END, MULTIPART),
    ],
)
def test_without_a_file_it_is_missing(body, kind):
    with pytest.raises(FileMissing):
        read(body, kind)


def test_length_over_the_limit_is_refused_unread():
    with pytest.raises(FileTooLarge):
        read(part(b"x") + END, CONTENT_LENGTH=str(1000 + 65 * 1024))


def test_content_over_the_limit_is_refused():
    read(part(b"x" * 1000) + END)
    with pytest.raises(FileTooLarge):
        read(part(b"x" * 1001) + END)
