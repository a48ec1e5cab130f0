"""Reads attributes of group members and chatrooms."""

from collections.abc import Collection

from accounts.domain.actor import AppRef
from chat.domain.errors import NotInGroup
from chat.domain.targets import ToChatroom, ToGroup
from chat.models import RoomAttribute, RoomMember
from chat.queries.room_members import readable_room


def member_attributes(
    app: AppRef, target: ToGroup, usernames: Collection[str], *, viewer: str = ""
) -> dict[str, dict[str, str]]:
    """The attributes of those of the users who are members, in the order given.

    Raises:
        GroupNotFound, NotPermitted.
    """
    room = readable_room(app, target, viewer)
    names = list(dict.fromkeys(name.lower() for name in usernames))
    stays = RoomMember.objects.filter(room=room, left_seq=None, user__username__in=names)
    found = dict(stays.values_list("user__username", "attributes"))
    return {name: found[name] for name in names if name in found}


def attributes_of_member(
    app: AppRef, target: ToGroup, username: str, *, viewer: str = ""
) -> dict[str, str]:
    """Raises GroupNotFound, NotPermitted, NotInGroup."""
    found = member_attributes(app, target, [username], viewer=viewer)
    if not found:
        raise NotInGroup()
    return found[username.lower()]


def room_attributes(
    app: AppRef, target: ToChatroom, keys: Collection[str] = (), *, viewer: str = ""
) -> dict[str, str]:
    """The chatroom's attributes, or those of `keys` that there are.

    Raises:
        ChatroomNotFound, NotPermitted.
    """
    rows = RoomAttribute.objects.filter(room=readable_room(app, target, viewer))
    if keys:
        rows = rows.filter(key__in=keys)
    return dict(rows.order_by("key").values_list("key", "value"))
