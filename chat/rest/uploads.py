"""Take the one file out of a multipart request, in pieces and never above a limit."""

import tempfile
from collections.abc import Mapping
from typing import IO, Any, Protocol

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from chat.domain.errors import FileMissing, FileTooLarge

FIELD = "file"
IN_MEMORY_BYTES = 1024 * 1024
FORM_BYTES = 64 * 1024  # what boundaries and other fields may add to the file
_SNIFF_BYTES = 256


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class Upload(FileUploadHandler):
    """The first part named `file`; parts of other names are dropped.

    `content` stands at its start after parsing, spooled to disk when it is big. Close it.
    """

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self.filename = ""
        self.kind = ""
        self.content: IO[bytes] | None = None
        self.fields: Mapping[str, str] = {}
        self.is_too_large = False
        self._left = most_bytes

    def new_file(
        self, field_name: str, file_name: str, content_type: str, *_: Any, **__: Any
    ) -> None:
        if field_name != FIELD or self.content is not None:
            raise SkipFile
        self.filename, self.kind = file_name, content_type or ""
        self.content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._left -= len(raw_data)
        if self._left < 0:
            self.is_too_large = True
            raise StopUpload(connection_reset=True)
        if self.content is not None:
            self.content.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        return None

    def close(self) -> None:
        if self.content is not None:
            self.content.close()


def read_upload(request: HttpRequest, most_bytes: int) -> tuple[Upload, IO[bytes]]:
    """Parse the request's body as multipart, whatever its Content-Type says.

    The boundary is taken from the body where the header names none: an old PHP client sends
    `application/json`, mini-programs of 2017 a bare `multipart/form-data` (rest.md 3.7.1).

    Raises:
        FileMissing: no part of that name, or not multipart at all.
        FileTooLarge.
    """
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > most_bytes + FORM_BYTES:
        raise FileTooLarge(limit=most_bytes)
    upload = Upload(most_bytes)
    try:
        upload.fields = _parse(request, upload)
    except (MultiPartParserError, SuspiciousOperation):
        upload.close()
        raise FileMissing from None
    if upload.is_too_large:
        upload.close()
        raise FileTooLarge(limit=most_bytes)
    if upload.content is None:
        raise FileMissing
    upload.content.seek(0)
    return upload, upload.content


def _parse(request: HttpRequest, upload: Upload) -> QueryDict:
    stream: _Readable = request
    kind = request.META.get("CONTENT_TYPE") or ""
    form, _, options = kind.partition(";")
    if form.strip().lower() == "multipart/form-data" and "boundary=" in options:
        kind = f"multipart/form-data;{options}"
    else:
        head = request.read(_SNIFF_BYTES)
        if not head.startswith(b"--"):
            raise FileMissing
        boundary = head.split(b"\n", 1)[0].strip()[2:].decode("ascii", "replace")
        kind = f'multipart/form-data; boundary="{boundary}"'
        stream = _Rejoined(head, request)
    # The parser takes a length of 0 for an empty body; a chunked request declares none.
    meta = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": request.META.get("CONTENT_LENGTH") or "1"}
    readable: Any = stream  # the parser only ever calls read(size)
    fields, _ = MultiPartParser(meta, readable, [upload]).parse()
    return fields


class _Rejoined:
    """A stream with what was read of it put back in front."""

    def __init__(self, head: bytes, rest: _Readable) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        if size < 0:
            return head + self._rest.read()
        self._head = head[size:]
        return head[:size] or self._rest.read(size)
