"""An app's chatroom super admins."""

from collections.abc import Callable

import pytest

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.rooms import (
    create_room,
    set_super_admin,
    update_room,
)
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience
from chat.domain.commands import (
    CreateRoom,
    SetSuperAdmin,
    UpdateRoom,
)
from chat.domain.errors import (
    NotPermitted,
    NotSuperAdmin,
    PeerNotFound,
)
from chat.domain.events import Event
from chat.domain.targets import ToChatroom
from chat.queries.rooms import rights_of

Acting = Callable[..., Actor]
Published = list[tuple[Event, Audience]]


def test_super_admin_manages_every_chatroom_until_taken_off(
    app: AppRef, chatroom: RoomInfo, stranger: UserInfo, acting: Acting
) -> None:
    target = ToChatroom(chatroom.room_id)
    rights_of(app.id, target)
    set_super_admin(Actor(app), SetSuperAdmin("STRANGER", on=True))
    set_super_admin(Actor(app), SetSuperAdmin("stranger", on=True))
    assert update_room(acting(stranger), UpdateRoom(target, {"name": "mine"})).name == "mine"
    set_super_admin(Actor(app), SetSuperAdmin("stranger", on=False))
    set_super_admin(Actor(app), SetSuperAdmin("nobody", on=False))
    with pytest.raises(NotPermitted):
        update_room(acting(stranger), UpdateRoom(target, {"name": "again"}))


def test_naming_super_admins_moves_the_rights_of_the_chatrooms_they_are_in(
    app: AppRef, chatroom: RoomInfo
) -> None:
    before = rights_of(app.id, ToChatroom(chatroom.room_id)).epoch
    set_super_admin(Actor(app), SetSuperAdmin("demo2", on=True))
    assert rights_of(app.id, ToChatroom(chatroom.room_id), fresh=True).epoch == before + 1


def test_super_admins_are_named_by_the_app_and_must_exist(
    app: AppRef, demo1: UserInfo, acting: Acting
) -> None:
    with pytest.raises(NotPermitted):
        set_super_admin(acting(demo1), SetSuperAdmin("demo1", on=True))
    with pytest.raises(PeerNotFound, match="username nobody doesn't exist!"):
        set_super_admin(Actor(app), SetSuperAdmin("nobody", on=True))


def test_only_a_super_admins_client_creates_a_chatroom(
    app: AppRef, demo1: UserInfo, acting: Acting
) -> None:
    with pytest.raises(NotSuperAdmin):
        create_room(acting(demo1), CreateRoom("chatroom", "x"))
    set_super_admin(Actor(app), SetSuperAdmin("demo1", on=True))
    assert create_room(acting(demo1), CreateRoom("chatroom", "x")).owner == "demo1"
