"""OpenAPI of the views: one envelope for all, tags from the path, the bearer scheme.

A view needs no serializers: bodies are lenient JSON (rest.md 1.2). A view may still say more with
extend_schema.
"""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

_ERRORS = {
    400: "Bad value, or a body that is not JSON",
    401: "No token, or one that may not do this",
    403: "Not allowed by role, state or quota",
    404: "No such app, user, group or chatroom",
    429: "More calls than the app's rate limits allow",
}


class AppSchema(AutoSchema):
    def get_tags(self) -> list[str]:
        parts = self.path.strip("/").split("/")
        return [parts[2] if len(parts) > 2 else "root"]

    def get_operation_id(self) -> str:
        words = [part.strip("{}").replace("-", "_") for part in self.path.strip("/").split("/")]
        return "_".join([self.method.lower(), *words[2:]])

    def get_description(self) -> str:  # type: ignore[override]  # spectacular changed it
        return (type(self.view).__doc__ or "").strip()

    def get_auth(self) -> list[dict[str, Any]]:
        return [{"bearer": []}]

    def get_request_serializer(self) -> Any:
        return OpenApiTypes.OBJECT if self.method in {"POST", "PUT"} else None

    def get_response_serializers(self) -> Any:
        answers = {status: OpenApiResponse(OpenApiTypes.OBJECT, text)
                   for status, text in _ERRORS.items()}  # fmt: skip
        return {200: OpenApiResponse(OpenApiTypes.OBJECT, "The answer's envelope")} | answers

    def get_filter_backends(self) -> list[Any]:
        return []
