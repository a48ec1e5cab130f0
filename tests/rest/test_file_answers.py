"""A stored file's answer: its headers keep a stranger's file harmless; ranges and HEAD work."""

import io
from email.message import Message

import pytest
from django.core.files.base import File
from django.http import HttpResponse
from django.test import RequestFactory

from chat.queries.files import OpenedFile
from chat.rest import file_answers
from chat.rest.file_answers import FileBytes, file_answer

CONTENT = bytes(range(256)) * 10
BYTES = "application/octet-stream"


def opened(content: bytes = CONTENT, kind: str = "image/png", name: str = "a.png") -> OpenedFile:
    return OpenedFile(name, kind, len(content), "e1", File(io.BytesIO(content)))


def answer(method: str = "GET", file: OpenedFile | None = None, **headers: str):
    request = RequestFactory().generic(method, "/", headers=headers)
    return file_answer(request, file or opened(), cross_origin=True)


def body_of(response) -> bytes:
    return b"".join(response) if response.streaming else response.content


@pytest.mark.parametrize(
    ("kind", "served", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("image/jpeg", "image/jpeg", "inline"),
        ("image/gif", "image/gif", "inline"),
        ("image/webp", "image/webp", "inline"),
        ("image/bmp", "image/bmp", "inline"),
        ("audio/mpeg", "audio/mpeg", "inline"),
        ("audio/amr", "audio/amr", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("image/svg+xml", "image/svg+xml", "attachment"),
        ("application/pdf", "application/pdf", "attachment"),
        ("text/plain", "text/plain", "attachment"),
        ("text/xml", "text/xml", "attachment"),
        ("application/json", "application/json", "attachment"),
        (BYTES, BYTES, "attachment"),
        ("text/html", BYTES, "attachment"),
        ("application/xhtml+xml", BYTES, "attachment"),
        ("text/css", BYTES, "attachment"),
        ("application/wasm", BYTES, "attachment"),
        ("multipart/x-mixed-replace", BYTES, "attachment"),
        *(
            (kind, BYTES, "attachment")
            for kind in (
                *("text/javascript", "application/javascript", "application/x-javascript"),
                *("text/ecmascript", "application/ecmascript", "text/x-ecmascript"),
                *("text/javascript1.5", "text/jscript", "text/livescript", "text/x-javascript"),
            )
        ),
    ],
)
def test_each_kind_is_served_so_that_nothing_runs(kind, served, disposition):
    response = answer(file=opened(kind=kind))
    assert response["Content-Type"] == served
    assert response["Content-Disposition"].partition(";")[0] == disposition
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert body_of(response) == CONTENT


def test_console_answers_are_for_its_own_origin_only():
    request = RequestFactory().get("/")
    response = file_answer(request, opened(), cross_origin=False)
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("name", ["a b.pdf", 'quo"te\\.pdf', "合同 2025.pdf", "naïve;x=1.pdf"])
def test_file_name_survives_the_header(name):
    response = answer(file=opened(kind="application/pdf", name=name))
    parsed = Message()
    parsed["Content-Disposition"] = response["Content-Disposition"]
    assert parsed.get_filename() == name


def test_nameless_files_are_answered_too():
    assert answer(file=opened(name=""))["Content-Disposition"] == "inline"
    nameless = answer(file=opened(name="", kind="text/html"))
    assert nameless["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=100-", (100, 2560)),
        ("bytes=-60", (2500, 2560)),
        ("bytes=2559-99999", (2559, 2560)),
        ("bytes = 5 - 9", (5, 10)),
    ],
)
def test_one_range_is_206(asked, span):
    response = answer(Range=asked)
    assert response.status_code == 206
    assert body_of(response) == CONTENT[span[0] : span[1]]
    assert response["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/2560"
    assert response["Content-Length"] == str(span[1] - span[0])


@pytest.mark.parametrize(
    "asked", ["", "bytes=", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=٣-"]
)
def test_other_ranges_get_the_whole(asked):
    response = answer(Range=asked)
    assert (response.status_code, body_of(response)) == (200, CONTENT)
    assert response["Accept-Ranges"] == "bytes"
    assert "Content-Range" not in response


@pytest.mark.parametrize("asked", ["bytes=2560-", "bytes=9999-", "bytes=9-5", "bytes=-0"])
def test_impossible_range_is_416(asked):
    file = opened()
    response = answer(Range=asked, file=file)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */2560"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert file.content.closed


def test_a_part_of_another_version_is_not_continued():
    etag = answer()["ETag"]
    for held, status in ((etag, 206), ('"old"', 200)):
        headers = {"Range": "bytes=5-", "If-Range": held}
        request = RequestFactory().get("/", headers=headers)
        assert file_answer(request, opened(), cross_origin=True).status_code == status


@pytest.mark.parametrize(("asked", "status", "length"), [("", 200, 2560), ("bytes=0-9", 206, 10)])
def test_head_is_a_get_without_bytes(asked, status, length):
    file = opened()
    response = answer("HEAD", file, Range=asked)
    assert isinstance(response, HttpResponse)
    assert (response.status_code, response.content) == (status, b"")
    assert response["Content-Length"] == str(length)
    assert response["Content-Type"] == "image/png"
    assert file.content.closed


@pytest.mark.django_db  # Django looks at its connections whenever an answer is closed
def test_file_is_closed_with_its_answer():
    file = opened()
    response = answer(file=file)
    assert body_of(response) == CONTENT
    response.close()
    assert file.content.closed


def test_empty_file_is_answered():
    response = answer(file=opened(b""))
    assert (response.status_code, body_of(response)) == (200, b"")
    assert response["Content-Length"] == "0"


async def test_bytes_are_read_piece_by_piece_under_asgi(monkeypatch):
    monkeypatch.setattr(file_answers, "PIECE_BYTES", 1000)
    response = answer(Range="bytes=10-2509")
    assert isinstance(response, FileBytes)
    pieces = [piece async for piece in response]
    assert [len(piece) for piece in pieces] == [1000, 1000, 500]
    assert b"".join(pieces) == CONTENT[10:2510]
