"""Stored files: upload, download, thumbnail (rest.md 3.7)."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from accounts.rest.base import AppView
from chat.actions.files import store_file
from chat.queries.audio import as_mp3
from chat.queries.files import open_file
from chat.rest.file_answers import file_answer
from chat.rest.uploads import Upload, read_upload


class FilesView(AppView):
    """POST /{org}/{app}/chatfiles"""

    token = "user"  # noqa: S105 (a kind, not a secret)

    def may_be_anonymous(self, request: Request) -> bool:
        # COMPAT mini-programs of 2017 upload without a token (webim1-xmpp.md 10.1).
        return self.app.settings.anonymous_upload

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        upload, content = read_upload(request._request, self.app.settings.max_file_bytes)
        with content:
            stored = store_file(
                self.app,
                uploaded_by=self.actor.username,
                filename=upload.filename,
                content_type=upload.kind,
                content=content,
                restricted=_is_restricted(request),
                thumb_width=_pixels(request, upload, "thumbnail-width"),
                thumb_height=_pixels(request, upload, "thumbnail-height"),
            )
        entity = {"uuid": stored.uuid, "type": "chatfile", "share-secret": stored.share_secret}
        return self.envelope(entities=[entity])


class FileView(AppView):
    """GET, HEAD /{org}/{app}/chatfiles/{uuid}: open to whoever has the address."""

    token = "none"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, uuid: str) -> HttpResponseBase:
        secret = request.headers.get("share-secret") or request.GET.get("share-secret", "")
        asked = request.headers.get("thumbnail") or request.GET.get("thumbnail", "")
        opened = open_file(self.app, uuid, secret, thumbnail=asked.lower() == "true")
        # COMPAT mini-program SDKs play mp3 only, and ask for it by this type.
        if "audio/mp3" in request.headers.get("Accept", "").lower():
            opened = as_mp3(opened)
        return file_answer(request._request, opened, cross_origin=True)


def _is_restricted(request: Request) -> bool:
    """Present and not `false`; servers of 2014 looked at its presence alone."""
    return request.headers.get("restrict-access", "false").strip().lower() != "false"


def _pixels(request: Request, upload: Upload, name: str) -> int:
    """From the header, or a form field of the same name; 0: not said."""
    text = (request.headers.get(name) or upload.fields.get(name) or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
