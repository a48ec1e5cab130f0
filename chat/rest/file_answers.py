"""Answers that carry a stored file's bytes: streamed, in ranges, and harmless to this origin.

A stored file is a stranger's file on the console's origin (design.md §7). REST and the console
answer through here, so that no address serves one without these headers.
"""

import re
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from chat.domain.content_types import is_shown_inline, served_type
from chat.queries.files import OpenedFile

PIECE_BYTES = 64 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class _Pieces:
    """An opened file's bytes within `span`; Django closes it with its answer."""

    def __init__(self, opened: OpenedFile, span: range) -> None:
        self._content = opened.content
        self._content.seek(span.start)
        self._left = len(span)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if piece := self.read():
            return piece
        raise StopIteration

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        piece: bytes = self._content.read(min(PIECE_BYTES, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._content.close()


class FileBytes(StreamingHttpResponse):
    """A part of a file, sent piece by piece; under ASGI each read runs in a thread.

    Django alone would read a plain iterator to its end before the first byte goes out.
    """

    def __init__(self, pieces: _Pieces, status: int) -> None:
        self._pieces = pieces
        super().__init__(pieces, status=status)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self._pieces.read, thread_sensitive=False)
        while piece := await read():
            yield piece


def file_answer(
    request: HttpRequest, opened: OpenedFile, *, cross_origin: bool
) -> HttpResponseBase:
    """Answer GET or HEAD with the bytes of an opened file, which it closes in the end.

    `cross_origin`: other sites' pages may show it (REST), or only our own (the console).
    """
    whole = range(opened.size)
    span = _asked_span(request, opened)
    answer: HttpResponseBase
    if span is None:
        opened.content.close()
        answer = JsonResponse(
            {"error": "range_not_satisfiable", "error_description": "No such range in this file."},
            status=416,
        )
        answer["Content-Range"] = f"bytes */{opened.size}"
    elif request.method == "HEAD":
        opened.content.close()
        answer = HttpResponse(status=206 if span != whole else 200)
        _describe(answer, opened, span)
    else:
        answer = FileBytes(_Pieces(opened, span), 206 if span != whole else 200)
        _describe(answer, opened, span)
    _make_safe(answer, cross_origin)
    return answer


def _asked_span(request: HttpRequest, opened: OpenedFile) -> range | None:
    """The bytes to send: all of them unless one range is asked for; None: there are no such."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or not any(asked.groups()):
        return range(opened.size)
    if request.headers.get("If-Range", _etag(opened)) != _etag(opened):
        return range(opened.size)  # a part of something else is held
    first, last = asked.groups()
    if not first:  # the last so many bytes
        span = range(max(0, opened.size - int(last)), opened.size)
    else:
        span = range(int(first), min(opened.size, int(last or opened.size) + 1))
    return span or None


def _describe(answer: HttpResponseBase, opened: OpenedFile, span: range) -> None:
    answer["Content-Type"] = served_type(opened.content_type)
    answer["Content-Length"] = str(len(span))
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = _etag(opened)
    as_attachment = not is_shown_inline(opened.content_type)
    disposition = content_disposition_header(as_attachment, opened.filename)
    answer["Content-Disposition"] = disposition or "inline"
    if len(span) != opened.size:
        answer["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{opened.size}"


def _make_safe(answer: HttpResponseBase, cross_origin: bool) -> None:
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin" if cross_origin else "same-origin"


def _etag(opened: OpenedFile) -> str:
    return f'"{opened.etag}"'
