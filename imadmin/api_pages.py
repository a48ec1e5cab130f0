"""The API's own pages: the OpenAPI document and a page to read and try it.

They read no cookie and need no network: the page's files are static files of ours, and its script
is an address of its own, so that its content policy allows no inline script.
"""

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response

# The page holds one inline style, and Swagger UI sets styles and shows its own data: pictures.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ApiSchemaView(SpectacularAPIView):
    """GET /api/schema/: the OpenAPI document; `?format=json` for JSON."""


class ApiDocsView(SpectacularSwaggerSplitView):
    """GET /api/docs/: the page; with `?script`, the script that it loads."""

    url_name = "api-schema"
    url_self = "/api/docs/"

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().finalize_response(*args, **kwargs)
        # Swagger UI's script has a place for a CSRF token: Django would read, or set, its cookie.
        response.data = {**response.data, "csrf_token": ""}
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
