"""Making members admins and taking the rank away."""

from collections.abc import Callable

import pytest

from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo
from chat.actions.room_roles import set_admin
from chat.domain.affiliations import Affiliation
from chat.domain.answers import RoomInfo
from chat.domain.commands import SetAdmin
from chat.domain.errors import (
    AdminNotMember,
    ImError,
    LimitExceeded,
    NotAdmin,
    NotPermitted,
    OwnerProtected,
)
from chat.domain.targets import ToChatroom, ToGroup
from chat.queries.rooms import admins_of, rights_of
from tests.actions.logs import room_facts

Acting = Callable[..., Actor]


def test_a_new_admin_is_named_once_to_the_room(
    app: AppRef, group: RoomInfo, demo1: UserInfo, acting: Acting
) -> None:
    target = ToGroup(group.room_id)
    set_admin(acting(demo1), SetAdmin(target, "DEMO2", on=True))
    set_admin(acting(demo1), SetAdmin(target, "demo2", on=True))
    assert admins_of(app, target) == ["demo2"]
    assert [(fact.change, fact.users) for fact in room_facts(app.id, group)] == [
        ("admin_added", ("demo2",))
    ]
    set_admin(acting(demo1), SetAdmin(target, "demo2", on=False))
    assert rights_of(app.id, target, fresh=True).affiliations["demo2"] is Affiliation.MEMBER
    assert room_facts(app.id, group)[-1].change == "admin_removed"


@pytest.mark.parametrize(
    ("name", "on", "refusal", "sentence"),
    [
        ("bob", True, AdminNotMember, "user: bob doesn't exist in group: {id}"),
        ("demo1", True, OwnerProtected, "forbidden operation on group owner!"),
        ("demo1", False, OwnerProtected, "forbidden operation on group owner!"),
        ("demo2", False, NotAdmin, "user:demo2 is not admin of group:{id}"),
        ("bob", False, NotAdmin, "user:bob is not admin of group:{id}"),
    ],
)
def test_refused_ranks(
    app: AppRef, group: RoomInfo, name: str, on: bool, refusal: type[ImError], sentence: str
) -> None:
    with pytest.raises(refusal) as caught:
        set_admin(Actor(app), SetAdmin(ToGroup(group.room_id), name, on=on))
    assert str(caught.value) == sentence.format(id=group.room_id)


def test_admins_do_not_make_admins(chatroom: RoomInfo, demo2: UserInfo, acting: Acting) -> None:
    with pytest.raises(NotPermitted):
        set_admin(acting(demo2), SetAdmin(ToChatroom(chatroom.room_id), "demo2", on=False))


def test_admins_are_limited(app: AppRef, group: RoomInfo) -> None:
    small = AppRef(app.id, app.uuid, app.appkey, app.settings.changed(group_max_admins=1))
    set_admin(Actor(small), SetAdmin(ToGroup(group.room_id), "demo2", on=True))
    with pytest.raises(LimitExceeded):
        set_admin(Actor(small), SetAdmin(ToGroup(group.room_id), "demo3", on=True))
