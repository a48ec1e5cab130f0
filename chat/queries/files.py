"""Reading stored files: what is known of one, and its bytes."""

import secrets
import uuid as uuids
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.base import File
from django.utils import timezone

from accounts.domain.actor import AppRef
from chat.domain.answers import StoredFileInfo
from chat.domain.errors import FileExpired, FileNotFound, FileSecretWrong
from chat.models import StoredFile


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file's bytes, open for reading; whoever asked closes `content`.

    `content_type` is the one to keep in mind, not the one to serve: see chat.rest.file_answers.
    `etag` names these bytes, which never change.
    """

    filename: str
    content_type: str
    size: int
    etag: str
    content: "File[bytes]"


def open_file(
    app: AppRef, uuid: str, secret: str = "", thumbnail: bool = False, *, trusted: bool = False
) -> OpenedFile:
    """Open a stored file, or its thumbnail where it has one.

    `trusted`: the asker's right was checked elsewhere (the console's session), so no share-secret
    is demanded.

    Raises:
        FileNotFound: no such file in this app, or no UUID at all.
        FileExpired: older than the app keeps files.
        FileSecretWrong: the app demands the share-secret of restricted files.
    """
    row = _row(app, uuid)
    if not trusted and row.restricted and app.settings.enforce_share_secret:
        _check_secret(row, secret)
    if _is_expired(app, row):
        raise FileExpired(uuid=str(row.uuid))
    shown = row.thumbnail if thumbnail and row.thumbnail else row.file
    try:
        content = shown.open("rb")
        size = shown.size
    except FileNotFoundError:
        raise FileNotFound(uuid=uuid) from None
    is_small = shown is row.thumbnail
    kind = _thumbnail_type(row) if is_small else row.content_type
    etag = f"{row.uuid.hex}-t" if is_small else row.uuid.hex
    return OpenedFile(row.filename, kind, size, etag, content)


def get_file(app: AppRef, uuid: str) -> StoredFileInfo:
    """What is known of a file, expired or not.

    Raises:
        FileNotFound.
    """
    return info_of(_row(app, uuid))


def info_of(row: StoredFile) -> StoredFileInfo:
    return StoredFileInfo(
        uuid=str(row.uuid),
        share_secret=row.share_secret,
        filename=row.filename,
        content_type=row.content_type,
        size=row.size,
        created_ms=int(row.created_at.timestamp() * 1000),
        width=row.width,
        height=row.height,
        extra={"restricted": row.restricted, "uploaded_by": row.uploaded_by},
    )


def _row(app: AppRef, uuid: str) -> StoredFile:
    try:
        return StoredFile.objects.get(app_id=app.id, uuid=uuids.UUID(uuid))
    except (ValueError, StoredFile.DoesNotExist):
        raise FileNotFound(uuid=uuid) from None


def _thumbnail_type(row: StoredFile) -> str:
    return "image/png" if str(row.thumbnail.name).endswith(".png") else "image/jpeg"


def _check_secret(row: StoredFile, secret: str) -> None:
    given = secret.encode("utf-8", "replace")
    if not secrets.compare_digest(given, row.share_secret.encode()):
        raise FileSecretWrong()


def _is_expired(app: AppRef, row: StoredFile) -> bool:
    kept_days = app.settings.retention_days
    too_old = kept_days > 0 and row.created_at + timedelta(days=kept_days) < timezone.now()
    return too_old or not row.file
