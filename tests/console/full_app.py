"""An app in which every list of the console has more rows than a page, and every name is long."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.actions.operator_links import link_hash
from accounts.actions.profiles import set_profile
from accounts.domain.actor import Actor, AppRef
from accounts.models import ImApp, ImUser, Membership, Operator, OperatorLink
from chat.actions.edits import edit_message
from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, EditMessage, SendMessage
from chat.domain.targets import RoomKind, ToChatroom, ToGroup, ToUser
from chat.models import (
    BlockEntry,
    Room,
    RoomAttribute,
    RoomBlock,
    RoomMember,
    RoomMute,
    RoomRequest,
    RosterEntry,
    SharedFile,
    StoredFile,
    SuperAdmin,
    UserMute,
    WatchedUser,
)
from chat.store.clock import now_ms

MANY = 60  # more than a page
TARGETS = 600  # of one send
NAMES = [f"user-{number:02d}-with-a-name-as-long-as-they-come-".ljust(64, "x")
         for number in range(MANY + 1)]  # fmt: skip
ME = NAMES[0]
NICKNAME = "在上海的客服小王，工作日九点到六点在线" * 2
TEXT = "您好，您的订单已经发货，预计三天内送达，请注意查收。" * 12
EXT = {f"字段-{number}": {"编号": "1029457500870543736", "值": "已发货 & \"在途\""}
       for number in range(45)}  # fmt: skip
DEVICE, AGENT = "web_device_with_a_long_name_0123456789", "Mozilla/5.0 (X11; Linux x86_64) " * 6
GROUP, ROOM = "293847561029384756", "293847561029384757"
FILE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
TOKENS = {"join": "join-token-0123456789", "reset": "reset-token-0123456789"}


def room_id(number: int) -> str:
    return str(293847561029384756 + number)


class FullApp:
    """`arguments` are of the addresses: what a page of that argument shows is full."""

    def __init__(self, app: AppRef, admin: Operator) -> None:
        self.app, self.admin = app, admin
        self.now, self.ms, self.tokens = timezone.now(), now_ms(), TOKENS
        self.arguments: dict[str, Any] = {
            "org": app.appkey.org, "app": app.appkey.app, "u": ME, "uuid": FILE, "slug": "all",
        }  # fmt: skip
        self.message = 0  # one of the group
        self.other_jobs: tuple[int, ...] = ()  # sends to many groups and to few users
        self._people()
        self._operators()
        self._sign_ins()
        self._roster()
        self._rooms()
        self._members()
        self._messages()

    def each(self, model: Any, **values: Any) -> list[Any]:
        """A row a user but ME; a callable is asked with the number and the user."""
        rows = [
            model(**{name: value(number, user) if callable(value) else value
                     for name, value in values.items()})
            for number, user in enumerate(self.others)
        ]  # fmt: skip
        return list(model.objects.bulk_create(rows))

    def _people(self) -> None:
        soon = self.now + timedelta(days=1)
        ImUser.objects.bulk_create(
            ImUser(
                app_id=self.app.id, username=name, nickname=NICKNAME[:100], born_id=1,
                last_seen_at=self.now, is_activated=number % 4 > 0, is_demo=number % 2 == 0,
                banned_until=None if number % 4 else soon,
                push={"notification_display_style": "1", "notification_no_disturbing": True},
            )
            for number, name in enumerate(NAMES)
        )  # fmt: skip
        self.me, *self.others = ImUser.objects.filter(app_id=self.app.id).order_by("id")
        set_profile(self.app, ME, {f"attribute-{number}": NICKNAME[:30] for number in range(16)})
        self.each(UserMute, app_id=self.app.id, user=lambda _, user: user, kind="pair",
                   until_ms=self.ms + 10**8)  # fmt: skip
        for kind in ("pair", "group", "chatroom"):
            UserMute.objects.create(
                app_id=self.app.id, user=self.me, kind=kind, until_ms=self.ms + 10**8
            )
        WatchedUser.objects.create(app_id=self.app.id, user=self.me, until_ms=self.ms + 10**8)

    def _operators(self) -> None:
        apps = ImApp.objects.bulk_create(
            ImApp(org=org, name=name, key=f"{org}#{name}", client_id=f"client-{number}",
                  display_name="一个应用的显示名称" * 3)
            for number in range(MANY)
            for org, name in [(f"organisation-{number:02d}-".ljust(64, "y"), "app".ljust(32, "z"))]
        )  # fmt: skip
        people = Operator.objects.bulk_create(
            Operator(name=f"operator-{number:02d} 运营人员".ljust(40, "人"), password="!",
                     last_login=self.now)
            for number in range(MANY)
        )  # fmt: skip
        Membership.objects.bulk_create(
            Membership(operator=one, app_id=app_id, role="operator")
            for number, one in enumerate(people)
            for app_id in [self.app.id, *(apps[(number + at) % MANY].pk for at in range(20))]
        )
        links = [
            OperatorLink(kind=kind, token_hash=link_hash(token), made_by=self.admin.name,
                         operator=people[0] if kind == "reset" else None,
                         expires_at=self.now + timedelta(hours=1))
            for kind, token in TOKENS.items()
        ]  # fmt: skip
        links += [
            OperatorLink(kind="join", token_hash=link_hash(f"token-{number}"), app=app,
                         role="operator", made_by=people[number].name,
                         expires_at=self.now + timedelta(hours=1))
            for number, app in enumerate(apps)
        ]  # fmt: skip
        OperatorLink.objects.bulk_create(links)
        self.arguments |= {"operator": people[0].pk, "member": people[0].pk, "link": links[0].pk}

    def _sign_ins(self) -> None:
        for _ in range(MANY):
            session = SessionStore()
            session.update({
                SESSION_KEY: str(self.admin.pk),
                BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                HASH_SESSION_KEY: self.admin.get_session_auth_hash(),
                "signed_in_ms": self.ms, "signed_in_from": "2001:db8:85a3::8a2e:370:7334",
                "signed_in_with": AGENT[:200],
            })  # fmt: skip
            session.create()

    def _roster(self) -> None:
        states = list(RosterEntry.State)
        self.each(RosterEntry, app_id=self.app.id, owner=self.me, contact=lambda _, user: user,
                   state=lambda number, _: states[number % 3], remark=NICKNAME[:50],
                   message=lambda number, _: TEXT[:60] if number % 3 else "")  # fmt: skip
        for one, other in (("owner", "blocked"), ("blocked", "owner")):
            self.each(BlockEntry, app_id=self.app.id,
                       **{one: self.me, other: lambda _, user: user})  # fmt: skip
        self.each(SuperAdmin, app_id=self.app.id, user=lambda _, user: user)

    def _rooms(self) -> None:
        """ME owns every group and chatroom; the first of each kind gets the others as members."""
        for of, first in (("chatroom", MANY), ("group", 0)):
            Room.objects.bulk_create(
                Room(
                    app_id=self.app.id, kind=of, room_id=room_id(100 + first + number),
                    owner=self.me, name=TEXT[:80], description=TEXT[:500], public=number % 2 > 0,
                    member_count=1, max_members=3000, muted_all=number % 2 > 0,
                    disabled=number % 3 == 0,
                )
                for number in range(MANY)
            )  # fmt: skip
        actor, names = Actor(self.app), tuple(NAMES[1:])
        kinds: tuple[tuple[RoomKind, str], ...] = (("group", GROUP), ("chatroom", ROOM))
        for kind, rid in kinds:
            create_room(actor, CreateRoom(kind, TEXT[:80], owner=ME, members=names, room_id=rid))
        self.group, self.room = (Room.objects.get(room_id=rid) for rid in (GROUP, ROOM))
        Room.objects.filter(pk__in=(self.group.pk, self.room.pk)).update(
            description=TEXT[:500], custom=json.dumps(EXT, ensure_ascii=False)[:1000],
            announcement=TEXT[:500], announced_by=ME, announced_at=self.now, max_members=3000,
            muted_all=True,
        )  # fmt: skip
        stays = [
            RoomMember(room=room, user=self.me, affiliation=RoomMember.Rank.OWNER)
            for room in Room.objects.filter(app_id=self.app.id).exclude(stays__user=self.me)
        ]
        RoomMember.objects.bulk_create(stays)

    def _members(self) -> None:
        until = self.now + timedelta(days=1)
        for room in (self.group, self.room):
            stays = RoomMember.objects.filter(room=room).exclude(user=self.me)
            stays.update(affiliation=RoomMember.Rank.ADMIN, allow_listed=True)
            self.each(RoomMute, room=room, user=lambda _, user: user,
                       expires_at=lambda number, _: until if number % 2 else None)  # fmt: skip
            self.each(RoomBlock, room=room, user=lambda _, user: user)
            self.each(RoomRequest, room=room, user=lambda _, user: user, message=TEXT[:200],
                       invited_by=lambda number, _: ME if number % 2 else "")  # fmt: skip
        RoomMute.objects.bulk_create(
            RoomMute(room=room, user=self.me, expires_at=until)
            for room in Room.objects.filter(app_id=self.app.id)
        )
        RoomAttribute.objects.bulk_create(
            RoomAttribute(room=self.room, key=f"key-{number:03d}-".ljust(128, "k"),
                          value=TEXT[:200] * 20, owner=ME)
            for number in range(100)
        )  # fmt: skip
        files = StoredFile.objects.bulk_create(
            StoredFile(app_id=self.app.id, share_secret="s", filename=f"{number} 合同.pdf",
                       size=12345, uploaded_by=ME)
            for number in range(MANY)
        )  # fmt: skip
        SharedFile.objects.bulk_create(
            SharedFile(room=self.group, stored=one, owner=ME) for one in files
        )

    def _messages(self) -> None:
        """From each to ME and to the group; nobody has them. One to the group was edited."""
        body, actor = Body("txt", {"msg": TEXT}), Actor(self.app)

        def say(target: Any, sender: str) -> int:
            command = SendMessage(target, body, ext=EXT, sender=sender)
            return post_message_now(actor, command).message_id

        for name in NAMES[1:]:
            say(ToUser(ME), name)
            say(ToChatroom(ROOM), name)
            self.message = say(ToGroup(GROUP), ME)
        for number in range(9):
            edited = Body("txt", {"msg": f"{TEXT}{number}"})
            edit_message(actor, EditMessage(self.message, edited, target=ToGroup(GROUP), sender=ME))
        self.arguments["mid"] = self.message
