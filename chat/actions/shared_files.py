"""Files that a group keeps for its members."""

from typing import IO

from django.db import transaction

from accounts.domain.actor import Actor
from chat.actions.files import store_file
from chat.actions.message_rules import APP_SENDER
from chat.actions.room_access import open_room
from chat.domain.affiliations import Affiliation, RoomAct, acting_refusal
from chat.domain.errors import FileNotFound, LimitExceeded, NotPermitted
from chat.domain.events import RoomChange
from chat.domain.targets import RoomTarget
from chat.models import SharedFile, StoredFile
from chat.queries.rights import rights_of
from chat.queries.shared_files import SharedFileInfo, find_shared, info_of


def share_file(
    actor: Actor, target: RoomTarget, *, filename: str, content_type: str, content: IO[bytes]
) -> SharedFileInfo:
    """Keep a file and tell the members. Anybody in the room may.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, LimitExceeded, FileTooLarge.
    """
    # The bytes are stored before the room is locked, for somebody who may.
    refusal = acting_refusal(
        RoomAct.SHARE_FILES, rights_of(actor.app.id, target, fresh=True), actor.username
    )
    if refusal is not None:
        raise refusal
    stored = store_file(
        actor.app,
        uploaded_by=actor.username,
        filename=filename,
        content_type=content_type,
        content=content,
    )
    with transaction.atomic():
        room = open_room(actor, target, RoomAct.SHARE_FILES)
        if SharedFile.objects.filter(room=room.row).count() >= actor.app.settings.max_shared_files:
            raise LimitExceeded(detail="the group holds too many files")
        shared = SharedFile.objects.create(
            room=room.row,
            stored=StoredFile.objects.get(uuid=stored.uuid),
            owner=actor.username or APP_SENDER,
        )
        made = info_of(shared)
        room.tell(RoomChange.FILE_SHARED, file_id=made.file_id, file_name=made.name, size=made.size)
        room.note("file.add", file=[None, made.name])
    return made


@transaction.atomic
def remove_shared_file(actor: Actor, target: RoomTarget, file_id: str) -> None:
    """Take a file away: who shared it, an admin or the app.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled, FileNotFound.
    """
    room = open_room(actor, target, RoomAct.SHARE_FILES)
    shared = find_shared(room.row, file_id)
    if shared is None:
        raise FileNotFound(uuid=file_id)
    if not actor.is_app and shared.owner != actor.username and room.rank < Affiliation.ADMIN:
        raise NotPermitted(detail="Only who shared a file or an admin may remove it.")
    name = shared.stored.filename
    shared.delete()
    room.tell(RoomChange.FILE_REMOVED, file_id=file_id, file_name=name)
    room.note("file.remove", file=[name, None])
