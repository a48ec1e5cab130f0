"""Keeping what users attach to messages, and dropping it when its time is over."""

import logging
import mimetypes
import os
import re
import secrets
from datetime import timedelta
from typing import IO

from django.core.files.base import ContentFile, File
from django.utils import timezone

from accounts.domain.actor import AppRef
from chat.actions.thumbnails import look_at
from chat.domain.answers import StoredFileInfo
from chat.domain.content_types import kept_type
from chat.domain.errors import FileTooLarge
from chat.models import StoredFile
from chat.queries.files import info_of

logger = logging.getLogger(__name__)

DEFAULT_THUMB_PIXELS = 170
MAX_THUMB_PIXELS = 2048
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def store_file(
    app: AppRef,
    *,
    uploaded_by: str,
    filename: str,
    content_type: str,
    content: "IO[bytes] | File[bytes]",
    restricted: bool = False,
    thumb_width: int = 0,
    thumb_height: int = 0,
) -> StoredFileInfo:
    """Keep a file and, of a picture, a thumbnail that fits the box (0: the default of 170).

    `content` is seekable and read from its start; it is not closed. Without a content type the
    file's name decides.

    Raises:
        FileTooLarge: above the app's `max_file_bytes`.
    """
    size = content.seek(0, os.SEEK_END) if not isinstance(content, File) else content.size
    if size > app.settings.max_file_bytes:
        raise FileTooLarge(limit=app.settings.max_file_bytes)
    name = _clean_name(filename)
    box = (_thumb_side(thumb_width), _thumb_side(thumb_height))
    picture = look_at(_plain(content), size, box)
    row = StoredFile(
        app_id=app.id,
        share_secret=secrets.token_urlsafe(24),
        restricted=restricted,
        filename=name,
        content_type=kept_type(content_type or mimetypes.guess_type(name)[0] or ""),
        size=size,
        width=picture.width,
        height=picture.height,
        thumb_width=box[0],
        thumb_height=box[1],
        uploaded_by=uploaded_by,
    )
    try:
        content.seek(0)
        row.file.save("original", _as_file(content), save=False)
        if picture.thumb is not None:
            row.thumbnail.save(
                f"thumb.{picture.thumb_suffix}", ContentFile(picture.thumb), save=False
            )
        row.save()
    except BaseException:
        _drop_bytes(row)  # no row will ever lead to them
        raise
    return info_of(row)


def drop_expired_files(app: AppRef, limit: int = 500) -> int:
    """Delete the bytes of files past the app's retention; how many. Their rows stay.

    A row without bytes is what tells an expired address from one that never was.
    """
    if app.settings.retention_days <= 0:
        return 0
    before = timezone.now() - timedelta(days=app.settings.retention_days)
    expired = StoredFile.objects.filter(app_id=app.id, created_at__lt=before).exclude(file="")
    dropped = 0
    for row in expired.order_by("id")[:limit]:
        _drop_bytes(row)
        row.save(update_fields=["file", "thumbnail"])
        dropped += 1
    return dropped


def _drop_bytes(row: StoredFile) -> None:
    for stored in (row.file, row.thumbnail):
        if stored:
            try:
                stored.delete(save=False)
            except OSError:
                logger.exception("cannot delete the bytes of file %s", row.uuid)


def _plain(content: "IO[bytes] | File[bytes]") -> IO[bytes]:
    return content.file if isinstance(content, File) and content.file else content


def _as_file(content: "IO[bytes] | File[bytes]") -> "File[bytes]":
    # An upload that is a temporary file already is moved, not copied.
    return content if isinstance(content, File) else File(content)


def _thumb_side(asked: int) -> int:
    return min(asked, MAX_THUMB_PIXELS) if asked > 0 else DEFAULT_THUMB_PIXELS


def _clean_name(filename: str) -> str:
    """The last part of a path, without what a header or the database cannot hold."""
    text = filename.encode("utf-8", "replace").decode()
    return _CONTROL.sub("", text).replace("\\", "/").rpartition("/")[2].strip()[-255:]
