"""Read what a backend wants edited or imported (rest.md 3.6.7, 3.6.8)."""

from typing import Any

from accounts.domain.errors import IllegalArgument, IllegalUsername, UsernameTooLong
from accounts.domain.ids import parse_username
from chat.domain.bodies import Body, parse_body
from chat.domain.commands import EditMessage, ImportMessage
from chat.domain.errors import IllegalBody, NotEditable
from chat.domain.targets import ToGroup, ToUser
from chat.rest.fields import integer
from chat.rest.message_requests import MalformedRequest, TargetType

Json = dict[str, Any]
EDITABLE_TYPES = frozenset({"txt", "text", "custom"})
LAST_MS = 1 << 53


class BadMessageId(IllegalArgument):
    code = "bad_message_id"
    template = "The provided message ID is not a valid number."


def parse_edit(message_id: str, asked: object) -> EditMessage:
    """`PUT /messages/rewrite/{msg_id}`.

    Raises:
        BadMessageId, MalformedRequest, NotEditable, IllegalArgument.
    """
    if not isinstance(asked, dict):
        raise MalformedRequest
    if not (message_id.isascii() and message_id.isdigit() and len(message_id) < 20):
        raise BadMessageId
    new = asked.get("new_msg")
    if new is None or new == {}:
        raise IllegalArgument(detail="new_msg is required")
    ext, merges, user = asked.get("new_ext"), asked.get("is_combine_ext"), asked.get("user")
    if not isinstance(new, dict) or not isinstance(ext, dict | None):
        raise MalformedRequest
    if not isinstance(user, str | None) or not isinstance(merges, bool | str | int | None):
        raise MalformedRequest
    kind = new.get("type", "txt")
    if not isinstance(kind, str) or kind not in EDITABLE_TYPES:
        raise NotEditable
    return EditMessage(
        int(message_id),
        _body(kind, new),
        ext=ext,
        merge_ext=str(merges).lower() not in {"false", "0"},
        sender=_name(user) if user else "",
    )


def parse_import(asked: object, target_type: TargetType) -> ImportMessage:
    """`POST /messages/users/import`, `/messages/chatgroups/import`.

    Raises:
        MalformedRequest, IllegalArgument.
    """
    if not isinstance(asked, dict):
        raise MalformedRequest
    sender, target = _word(asked, "from"), _word(asked, "target")
    kind, fields = asked.get("type"), asked.get("body")
    if isinstance(asked.get("msg"), dict):  # COMPAT official Java SDK
        kind, fields = asked["msg"].get("type"), asked["msg"]
    if kind in (None, ""):
        raise IllegalArgument(detail="type not allow empty")
    if fields in (None, {}):
        raise IllegalArgument(detail="message body not allow empty")
    ext = asked.get("ext")
    if not (isinstance(kind, str) and isinstance(fields, dict) and isinstance(ext, dict | None)):
        raise MalformedRequest
    created = asked.get("msg_timestamp")
    created_ms = 0 if created is None else integer(created)
    if created_ms is None or not 0 <= created_ms < LAST_MS:
        raise IllegalArgument(detail="msg_timestamp must be a time in milliseconds")
    return ImportMessage(
        ToUser(_name(target)) if target_type == "users" else ToGroup(target),
        _body(kind, fields),
        ext=ext,
        sender=_name(sender),
        created_ms=created_ms,
        is_read=str(asked.get("is_ack_read")).lower() in {"true", "1"},
    )


def _word(asked: Json, name: str) -> str:
    value = asked.get(name)
    if value in (None, ""):
        raise IllegalArgument(detail=f"{name} not allow empty")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise MalformedRequest
    return str(value)


def _name(value: str) -> str:
    try:
        return parse_username(value.strip())
    except (IllegalUsername, UsernameTooLong) as exc:
        raise IllegalArgument(detail=str(exc)) from None


def _body(kind: str, fields: Json) -> Body:
    try:
        return parse_body(kind, fields, strict=True)
    except IllegalBody as exc:
        raise IllegalArgument(detail=str(exc)) from None
