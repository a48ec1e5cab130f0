"""Makes members admins and takes the rank away."""

from django.db import transaction

from accounts.domain.actor import Actor
from chat.actions.room_access import open_room
from chat.domain.affiliations import Affiliation, RoomAct
from chat.domain.commands import SetAdmin
from chat.domain.errors import AdminNotMember, LimitExceeded, NotAdmin, OwnerProtected
from chat.domain.events import RoomChange
from chat.models import RoomMember


@transaction.atomic
def set_admin(actor: Actor, command: SetAdmin) -> None:
    """Make a member an admin, or an admin a plain member. Making one twice is success.

    Raises:
        GroupNotFound, ChatroomNotFound, NotPermitted, GroupDisabled.
        AdminNotMember: not in the room. OwnerProtected: the owner. NotAdmin: nothing to take.
        LimitExceeded: enough admins.
    """
    room = open_room(actor, command.target, RoomAct.SET_ADMIN)
    name = command.username.lower()
    rank = room.rights.affiliations.get(name)
    if rank is None and command.on:
        raise AdminNotMember(username=name, **room.names)
    if rank is Affiliation.OWNER:
        raise OwnerProtected(username=name, **room.names)
    if command.on:
        if rank is Affiliation.ADMIN:
            return
        admins = sum(one is Affiliation.ADMIN for one in room.rights.affiliations.values())
        if admins >= actor.app.settings.group_max_admins:
            raise LimitExceeded(detail="admin size is greater than max admin size !")
    elif rank is not Affiliation.ADMIN:
        raise NotAdmin(username=name, **room.names)
    new = Affiliation.ADMIN if command.on else Affiliation.MEMBER
    stay = RoomMember.objects.filter(room=room.row, user__username=name, left_seq=None)
    stay.update(affiliation=new)
    room.change_ranks({name: new})
    room.tell(RoomChange.ADMIN_ADDED if command.on else RoomChange.ADMIN_REMOVED, [name])
    room.note("admin.add" if command.on else "admin.remove", user=[None, name])
