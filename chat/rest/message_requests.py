"""Read what a backend wants sent or recalled (rest.md 3.6), in the vendor's order of checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from accounts.domain.errors import IllegalArgument, IllegalUsername, ImError, UsernameTooLong
from accounts.domain.ids import parse_username
from chat.domain.bodies import Body, is_body_type, parse_body
from chat.domain.commands import RecallMessage, SendMessage
from chat.domain.errors import IllegalBody, IllegalCustom
from chat.domain.events import MessageOptions
from chat.domain.targets import Target, ToChatroom, ToGroup, ToUser

Json = dict[str, Any]
TargetType = Literal["users", "chatgroups", "chatrooms"]

DEFAULT_SENDER = "admin"  # shown when a backend names nobody; need not exist
MAX_ROAM_IGNORE = 20
_LEVELS = frozenset({"high", "normal", "low"})
_CHAT_TYPES = {"chat": "chat", "groupchat": "groupchat", "group_chat": "groupchat"} | {
    "chatroom": "chatroom"
}


class MessageSendRefused(IllegalArgument):
    """`detail` is the vendor's sentence."""

    code = "message_send_error"


class MessageRecallRefused(IllegalArgument):
    """`detail` is the vendor's sentence."""

    code = "message_recall_error"


class MalformedRequest(IllegalArgument):
    """Not JSON, or a value of a kind that the call cannot take."""

    code = "invalid_request_body"
    template = "Request body is invalid. Please check body is correct."


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One body for several targets, each named once, in the caller's order."""

    target_type: TargetType
    targets: tuple[str, ...]
    sender: str
    body: Body
    ext: Json | None = None
    options: MessageOptions = field(default_factory=MessageOptions)
    copy_to_sender: bool = False
    online_only: bool = False
    only: tuple[str, ...] = ()

    def command_to(self, target: Target) -> SendMessage:
        return SendMessage(
            target=target,
            body=self.body,
            ext=self.ext,
            online_only=self.online_only,
            only=self.only,
            options=self.options,
            sender=self.sender,
            copy_to_sender=self.copy_to_sender,
        )


@dataclass(frozen=True, slots=True)
class RecallRequest:
    """A recall with the words its answer echoes. `command` is None for an id that is no number."""

    msg_id: str
    chat_type: str
    to: str
    sender: str
    force: bool
    command: RecallMessage | None

    def echo(self, recalled: str) -> Json:
        return {
            "msg_id": self.msg_id,
            "recalled": recalled,
            "chattype": self.chat_type,
            "from": self.sender,
            "to": self.to,
        }


def parse_send(asked: object, target_type: TargetType, most: int) -> SendRequest:
    """`POST /messages/users`, `/chatgroups`, `/chatrooms` (rest.md 3.6.2).

    Raises:
        MalformedRequest, MessageSendRefused, IllegalCustom.
    """
    if not isinstance(asked, dict):
        raise MalformedRequest
    if asked.get("from") == "":
        raise MessageSendRefused(detail="param from can't be empty")
    for name, empty in (("to", (None, "", [])), ("type", (None, "")), ("body", (None, {}))):
        if asked.get(name) in empty:
            raise MessageSendRefused(detail=f"param {name} can't be empty")
    targets = _targets(asked["to"])
    kind, fields = asked["type"], asked["body"]
    if targets is None or not isinstance(kind, str) or not isinstance(fields, dict):
        raise MalformedRequest
    if not targets:
        raise MessageSendRefused(detail="param to can't be empty")
    ext = _ext(asked, "param ext must be JSONObject", MessageSendRefused)
    if len(targets) > most:
        raise MessageSendRefused(detail=f"params to's size can't exceed limit {most}")
    try:
        body = parse_body(kind, fields, strict=True)
        sender = _sender(asked)
    except IllegalCustom:
        raise
    except (IllegalBody, IllegalUsername, UsernameTooLong) as exc:
        raise MessageSendRefused(detail=str(exc)) from None
    return _request(asked, target_type, targets, sender, body, ext)


def parse_directed(asked: object, target_type: TargetType, max_users: int) -> SendRequest:
    """`POST /messages/chatgroups/users`, `/chatrooms/users` (rest.md 3.6.4).

    Raises:
        MalformedRequest, MessageSendRefused.
    """
    if isinstance(asked, dict) and asked.get("users") in (None, "", []):
        raise MessageSendRefused(detail="param users can't be empty")
    request = parse_send(asked, target_type, 1)
    names = _targets(asked["users"]) if isinstance(asked, dict) else None
    if names is None:
        raise MalformedRequest
    if not names:
        raise MessageSendRefused(detail="param users can't be empty")
    if len(names) > max_users:
        raise MessageSendRefused(detail=f"params users's size can't exceed limit {max_users}")
    try:
        only = tuple(parse_username(name) for name in names)
    except (IllegalUsername, UsernameTooLong) as exc:
        raise MessageSendRefused(detail=str(exc)) from None
    return replace(request, only=only)


def parse_broadcast(asked: object) -> SendRequest:
    """`POST /messages/chatrooms/broadcast` (rest.md 3.6.5), without targets.

    Raises:
        IllegalArgument, with the vendor's sentence.
    """
    known = asked if isinstance(asked, dict) else {}
    try:
        body = _legacy_body(known.get("msg"))
        if known.get("from") == "":
            raise IllegalArgument(detail="from can't be empty")
        ext = _ext(known, "ext must be JSONObject", IllegalArgument)
        return _request(known, "chatrooms", (), _sender(known), body, ext)
    except (IllegalBody, MalformedRequest, MessageSendRefused) as exc:
        raise IllegalArgument(detail=str(exc)) from None


def parse_legacy_send(asked: object, limits: Mapping[TargetType, int]) -> SendRequest:
    """`POST /messages` (rest.md 3.6.3). `limits`: most targets of each type.

    Raises:
        IllegalArgument, with the vendor's sentence.
    """
    known = asked if isinstance(asked, dict) else {}
    try:
        return _parse_legacy_send(known, limits)
    except (IllegalBody, MalformedRequest, MessageSendRefused) as exc:
        raise IllegalArgument(detail=str(exc)) from None


def _parse_legacy_send(known: Json, limits: Mapping[TargetType, int]) -> SendRequest:
    target_type = known.get("target_type")
    match target_type:
        case "users" | "chatgroups" | "chatrooms":
            pass
        case _:
            detail = "target_type can only be 'users' or 'chatgroups' or 'chatrooms'"
            raise IllegalArgument(detail=detail)
    targets = _targets(known.get("target")) if isinstance(known.get("target"), list) else None
    if not targets:
        raise IllegalArgument(detail="target must be provided")
    body = _legacy_body(known.get("msg"))
    if known.get("from") == "":
        raise IllegalArgument(detail="from can't be empty")
    sender = _sender(known)
    ext = _ext(known, "ext must be JSONObject", IllegalArgument)
    most = limits[target_type]
    if len(targets) > most:
        raise IllegalArgument(detail=f"params target's size can't exceed limit {most}")
    return _request(known, target_type, targets, sender, body, ext)


def _legacy_body(msg: object) -> Body:
    kind = msg.get("type") if isinstance(msg, dict) else None
    if not isinstance(msg, dict) or not isinstance(kind, str) or not is_body_type(kind):
        raise IllegalBody(detail="msg must be provided")
    return parse_body(kind, msg, strict=True)


def parse_recall(asked: object) -> RecallRequest:
    """`POST /messages/msg_recall`, and one element of the legacy recall (rest.md 3.6.6).

    Raises:
        MalformedRequest, MessageRecallRefused.
    """
    if not isinstance(asked, dict):
        raise MalformedRequest
    for name in ("msg_id", "to", "chat_type"):
        if asked.get(name) in (None, ""):
            raise MessageRecallRefused(detail=f"param {name} can't be empty")
    if "force" in asked and asked["force"] is None:
        raise MessageRecallRefused(detail="param force can't be empty")
    msg_id, to = _word(asked["msg_id"]), _word(asked["to"])
    chat_type = _CHAT_TYPES.get(_word(asked["chat_type"]).lower())
    if chat_type is None:
        detail = "param chat_type can only be chat, groupchat or chatroom"
        raise MessageRecallRefused(detail=detail)
    info = asked.get("recallMessageExtensionInfo")
    if not isinstance(info, str | None):
        raise MalformedRequest
    sender, force = _recaller(asked), _flag(asked.get("force"), default=False)
    to = to if chat_type != "chat" else to.lower()
    command = None
    if msg_id.isascii() and msg_id.isdigit() and len(msg_id) < 20:
        target = _recall_target(chat_type, to)
        copy = _flag(asked.get("sync_device"), default=True)
        command = RecallMessage(int(msg_id), target, sender, force, info or "", copy)
    return RecallRequest(msg_id, chat_type, to, sender, force, command)


def target_of(target_type: TargetType, name: str) -> Target:
    match target_type:
        case "users":
            return ToUser(name)
        case "chatgroups":
            return ToGroup(name)
        case "chatrooms":
            return ToChatroom(name)


def _recall_target(chat_type: str, to: str) -> Target:
    if chat_type == "chat":
        return ToUser(to)
    return ToGroup(to) if chat_type == "groupchat" else ToChatroom(to)


def _recaller(asked: Json) -> str:
    try:
        return _sender({"from": asked.get("from") or None})
    except (IllegalUsername, UsernameTooLong) as exc:
        raise MessageRecallRefused(detail=str(exc)) from None


def _request(
    asked: Json,
    target_type: TargetType,
    targets: tuple[str, ...],
    sender: str,
    body: Body,
    ext: Json | None,
) -> SendRequest:
    level = str(asked.get("chatroom_msg_level") or "").lower()
    group_ack = _flag(asked.get("need_group_ack", asked.get("allow_group_ack")), default=False)
    options = MessageOptions(
        need_group_ack=group_ack and target_type == "chatgroups",
        level=level if target_type == "chatrooms" and level in _LEVELS else "",
        roam_ignore=_roam_ignore(asked.get("roam_ignore_users")),
    )
    return SendRequest(
        target_type=target_type,
        targets=tuple(name.lower() for name in targets) if target_type == "users" else targets,
        sender=sender,
        body=body,
        ext=ext,
        options=options,
        copy_to_sender=_flag(asked.get("sync_device"), default=False),
        online_only=asked.get("routetype") == "ROUTE_ONLINE" and target_type != "chatrooms",
    )


def _targets(value: object) -> tuple[str, ...] | None:
    """Names or ids, each once in any letter case; a bare string is one. None: not such a list."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        return None
    kept: dict[str, str] = {}
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int):
            return None
        if name := str(item).strip():
            kept.setdefault(name.lower(), name)
    return tuple(kept.values())


def _sender(asked: Json) -> str:
    """Who is shown. Raises IllegalUsername, UsernameTooLong, MalformedRequest."""
    value = asked.get("from")
    return DEFAULT_SENDER if value is None else parse_username(_word(value).strip())


def _ext(asked: Json, detail: str, refuse: type[ImError]) -> Json | None:
    if "ext" not in asked:
        return None
    ext = asked["ext"]
    if not isinstance(ext, dict):
        raise refuse(detail=detail)
    return ext


def _roam_ignore(value: object) -> tuple[str, ...]:
    names = () if value is None else _targets(value)
    if names is None:
        raise MalformedRequest
    if len(names) > MAX_ROAM_IGNORE:
        raise MessageSendRefused(
            detail=f"params roam_ignore_users's size can't exceed limit {MAX_ROAM_IGNORE}"
        )
    return tuple(name.lower() for name in names)


def _word(value: object) -> str:
    """Text; a number is taken by its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise MalformedRequest
    return str(value)


def _flag(value: object, *, default: bool) -> bool:
    """A boolean as clients write it (rest.md 1.2); anything else is the default."""
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else default
