"""The bytes of an answer: always JSON, with the vendor's content type (rest.md 1.2, 1.5)."""

import json
import time
from typing import Any

from django.http import HttpResponse

CONTENT_TYPE = "application/json;charset=UTF-8"

Json = dict[str, Any]


def json_answer(content: Any, status: int = 200) -> HttpResponse:
    """`content` as JSON. Success is always 200: two of the three server SDKs test for it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text.encode("utf-8", "replace"), status=status, content_type=CONTENT_TYPE)


def error_answer(
    status: int,
    error: str,
    description: str,
    exception: str = "",
    duration_ms: int = 0,
    error_code: int | None = None,
) -> HttpResponse:
    """The error envelope of rest.md 1.6: five fields, none of them ever empty.

    `error_code` is there for the few errors that client SDKs tell apart by it (msync.md 9.3).
    """
    content: Json = {
        "error": error,
        "exception": exception or error,
        "error_description": description or error,
        "timestamp": now_ms(),
        "duration": duration_ms,
    }
    if error_code is not None:
        content["error_code"] = error_code
    return json_answer(content, status)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
