"""Demo data (console.md §6): four users, friends, a group, a chatroom, thirty messages."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.actions.audit import as_one, note
from accounts.actions.im_users import delete_user, register_user
from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import find_users
from chat.actions.files import store_file
from chat.actions.messages import post_messages_now
from chat.actions.rooms import create_room
from chat.actions.roster import add_contact
from chat.domain.bodies import Body
from chat.domain.commands import AddContact, CreateRoom, SendMessage
from chat.domain.errors import ImError
from chat.domain.targets import RoomKind, ToUser, room_target
from chat.queries.rooms import list_joined_rooms

PASSWORD = "123456"  # noqa: S105 (known on purpose; check im.W001 warns in a live app)
NICKNAMES = {"demo1": "小明", "demo2": "Demo Two", "demo3": "小红", "demo4": "Demo Four"}
GROUP_NAME, ROOM_NAME = "Demo group", "Demo room"
MESSAGES = 30  # paging by 10 shows three pages
_MEDIA = Path(__file__).resolve().parent.parent / "demo"


@transaction.atomic
def load_demo(app: AppRef) -> bool:
    """Make what is missing; the messages come with the group. False when all was there."""
    with as_one():
        changed = _make_missing(app)
    if changed:
        note("app.demo", app, "app", str(app.appkey))
    return changed


@transaction.atomic
def reset_demo(app: AppRef) -> int:
    """Delete the demo users with what they own, and make everything anew; how many there were."""
    with as_one():
        old = demo_users(app)
        for username in old:
            delete_user(app, username)
        _make_missing(app)
    note("app.demo_reset", app, "app", str(app.appkey), {"users": [len(old), len(NICKNAMES)]})
    return len(old)


def demo_users(app: AppRef) -> list[str]:
    """The users that demo data made and that are there."""
    return [user.username for user in find_users(app, NICKNAMES).values() if user.is_demo]


def _make_missing(app: AppRef) -> bool:
    there = find_users(app, NICKNAMES)
    for username, nickname in NICKNAMES.items():
        if username not in there:
            register_user(app, username, PASSWORD, nickname, is_demo=True)
    actor = Actor(app, via="console")
    add_contact(actor, AddContact(owner="demo1", username="demo2"))
    is_first = not _has(app, "group", GROUP_NAME)
    if is_first:
        members = ("demo2", "demo3")
        room = create_room(
            actor, CreateRoom("group", GROUP_NAME, "A group", owner="demo1", members=members)
        )
        _post(
            actor,
            [_text(room_target("group", room.room_id), "demo1", "Welcome to the group. 欢迎！")],
        )
        _post(actor, list(_conversation(app)))
    has_room = _has(app, "chatroom", ROOM_NAME)
    if not has_room:
        room = create_room(
            actor,
            CreateRoom("chatroom", ROOM_NAME, "A chatroom", owner="demo1", admins=("demo2",)),
        )
        _post(
            actor, [_text(room_target("chatroom", room.room_id), "demo2", "Hello, room. 大家好！")]
        )
    return is_first or not has_room or len(there) < len(NICKNAMES)


def _has(app: AppRef, kind: RoomKind, name: str) -> bool:
    return any(room.name == name for room in list_joined_rooms(app, "demo1", kind).items)


def _text(target: Any, sender: str, text: str) -> SendMessage:
    return SendMessage(target, Body("txt", {"msg": text}), sender=sender)


def _conversation(app: AppRef) -> Iterator[SendMessage]:
    """demo1 and demo2 in turn: texts, with one message of each other type at the end."""
    special = _special_bodies(app)
    for number in range(1, MESSAGES - len(special) + 1):
        sender, peer = _turn(number)
        yield _text(ToUser(peer), sender, f"Message {number} · 第 {number} 条消息")
    for number, body in enumerate(special, MESSAGES - len(special) + 1):
        sender, peer = _turn(number)
        yield SendMessage(ToUser(peer), body, sender=sender, ext={"demo": True})


def _turn(number: int) -> tuple[str, str]:
    return ("demo1", "demo2") if number % 2 else ("demo2", "demo1")


def _special_bodies(app: AppRef) -> list[Body]:
    place = {"lat": 39.9087, "lng": 116.3975, "addr": "北京市东城区东长安街"}
    order = {"customEvent": "order", "customExts": {"orderId": "10086", "state": "shipped"}}
    return [
        Body("img", _file(app, "picture.png") | {"size": {"width": 320, "height": 200}}),
        Body("audio", _file(app, "voice.wav") | {"length": 1}),
        Body("video", _file(app, "clip.webm") | {"length": 1}),
        Body("file", _file(app, "note.txt")),
        Body("loc", place),
        Body("cmd", {"action": "refresh"}),
        Body("custom", order),
    ]


def _file(app: AppRef, filename: str) -> dict[str, Any]:
    """Store one of the shipped files; the answer is the part of a body that names it."""
    content = (_MEDIA / filename).read_bytes()
    stored = store_file(
        app,
        uploaded_by="demo1",
        filename=filename,
        content_type="",
        content=io.BytesIO(content),
    )
    appkey = app.appkey
    url = f"{settings.PUBLIC_URL}/{appkey.org}/{appkey.app}/chatfiles/{stored.uuid}"
    return {"url": url, "filename": filename, "file_length": len(content),
            "secret": stored.share_secret}  # fmt: skip


def _post(actor: Actor, commands: list[SendMessage]) -> None:
    for outcome in post_messages_now(actor, commands):
        if isinstance(outcome, ImError):
            raise outcome
