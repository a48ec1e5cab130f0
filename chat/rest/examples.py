"""Examples in the OpenAPI document, as rest.md prints them."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema

Json = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])


def example(summary: str, *, body: Json | None = None, data: object) -> Callable[[Method], Method]:
    """Say on a view's method what it does, what may be sent and what `data` comes back."""
    examples = []
    if body is not None:
        examples.append(OpenApiExample("Request", value=body, request_only=True))
    answer = {"action": "…", "uri": "…", "entities": [], "data": data, "timestamp": 1735689600123}
    examples.append(
        OpenApiExample("Answer", value=answer, response_only=True, status_codes=["200"])
    )

    def said(method: Method) -> Method:
        extend_schema(summary=summary, examples=examples)(method)
        return method

    return said
