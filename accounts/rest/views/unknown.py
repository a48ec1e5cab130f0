"""Paths that nothing answers: still JSON, and an unknown app is told apart."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.rest.base import AppView
from accounts.rest.errors import NoSuchPath


@extend_schema(exclude=True)
class UnknownView(AppView):
    """Any other path below /{org}/{app}"""

    token = "none"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, **path: str) -> HttpResponse:
        raise NoSuchPath(path=request.path)

    post = put = delete = patch = get
