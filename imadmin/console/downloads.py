"""Answers that a browser saves as a file."""

from collections.abc import Iterator
from pathlib import PurePath

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".xml": "application/xml",
}


def download(content: str | Iterator[str], filename: str) -> HttpResponseBase:
    """A text, or pieces of one, to be saved under `filename`; never kept by a cache."""
    kind = TYPES[PurePath(filename).suffix]
    answer: HttpResponseBase
    if isinstance(content, str):
        answer = HttpResponse(content, content_type=kind)
    else:
        answer = StreamingHttpResponse(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
