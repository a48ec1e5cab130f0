"""Exports of message moderation: a paid service of the vendor, refused here (rest.md 3.14)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import NotPermitted
from accounts.rest.base import AppView

WHY = "message moderation is not a part of this server"


class _Refused(AppView):
    token = "app"  # noqa: S105 (a kind, not a secret)


class ModerationExportView(_Refused):
    """POST /{org}/{app}/moderation/record/message/export: always 403."""

    def post(self, request: Request, **path: str) -> HttpResponse:
        raise NotPermitted(detail=WHY)


class ModerationFilesView(_Refused):
    """GET /{org}/{app}/moderation/export/files, /moderationfiles/{uuid}: always 403."""

    def get(self, request: Request, **path: str) -> HttpResponse:
        raise NotPermitted(detail=WHY)
