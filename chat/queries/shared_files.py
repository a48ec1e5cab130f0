"""The files of a group: lists, and their bytes."""

import uuid as uuids
from dataclasses import dataclass

from accounts.domain.actor import AppRef
from chat.domain.errors import FileNotFound
from chat.domain.targets import RoomTarget
from chat.models import Room, SharedFile
from chat.queries.files import OpenedFile, open_file
from chat.queries.room_members import readable_room


@dataclass(frozen=True, slots=True)
class SharedFileInfo:
    file_id: str
    name: str
    owner: str
    size: int
    created_ms: int


def list_shared_files(
    app: AppRef,
    target: RoomTarget,
    *,
    limit: int,
    after: str = "",
    offset: int = 0,
    viewer: str = "",
) -> tuple[list[SharedFileInfo], str]:
    """A page, the newest first; and what is `after` for the page behind it.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted.
    """
    room = readable_room(app, target, viewer)
    rows = SharedFile.objects.filter(room=room).select_related("stored").order_by("-id")
    if after.isdigit():
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[offset : offset + limit])
    return [info_of(row) for row in found], str(found[-1].pk) if found else ""


def open_shared_file(
    app: AppRef, target: RoomTarget, file_id: str, *, viewer: str = ""
) -> OpenedFile:
    """The bytes, open for reading; whoever asked closes them.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, FileNotFound, FileExpired.
    """
    room = readable_room(app, target, viewer)
    shared = find_shared(room, file_id)
    if shared is None:
        raise FileNotFound(uuid=file_id)
    return open_file(app, str(shared.stored.uuid), trusted=True)


def find_shared(room: Room, file_id: str) -> SharedFile | None:
    try:
        uuid = uuids.UUID(file_id)
    except ValueError:
        return None
    return SharedFile.objects.select_related("stored").filter(room=room, stored__uuid=uuid).first()


def info_of(row: SharedFile) -> SharedFileInfo:
    return SharedFileInfo(
        file_id=str(row.stored.uuid),
        name=row.stored.filename,
        owner=row.owner,
        size=row.stored.size,
        created_ms=int(row.created_at.timestamp() * 1000),
    )
