"""The notification settings of a user as REST takes them (rest.md 3.2.8)."""

from typing import Any

from accounts.domain.errors import IllegalArgument
from accounts.rest.envelope import Json
from accounts.rest.requests import truth, whole_number

MAX_DEVICES = 10
MAX_TEXT = 512
MAX_GROUPS = 500
_HOURS = ("notification_no_disturbing_start", "notification_no_disturbing_end")
_IGNORE = "notification_ignore_"


def read_push(fields: Json, current: Json) -> Json:
    """The settings among `fields`, in their stored form; unknown keys are ignored.

    Raises:
        IllegalArgument: a value is out of range.
    """
    push: Json = {}
    for key, value in fields.items():
        if value is None:
            continue
        if key == "notification_display_style":
            push[key] = _in_range(key, value, 1)
        elif key in _HOURS:
            push[key] = str(_in_range(key, value, 23))
        elif key == "notification_no_disturbing" or key.startswith(_IGNORE):
            push[key] = _switch(key, value)
    if sum(key.startswith(_IGNORE) for key in current | push) > MAX_GROUPS:
        raise IllegalArgument(detail=f"at most {MAX_GROUPS} groups can be ignored")
    if fields.get("device_token"):
        push["devices"] = _with_device(fields, current.get("devices", []))
    return push


def _with_device(fields: Json, devices: list[Json]) -> list[Json]:
    """The devices with this one last; the oldest of too many is dropped."""
    device = {
        "device_Id": _text(fields, "device_id"),
        "device_token": _text(fields, "device_token"),
        "notifier_name": _text(fields, "notifier_name"),
    }
    others = [known for known in devices if known["device_Id"] != device["device_Id"]]
    return [*others, device][-MAX_DEVICES:]


def _text(fields: Json, key: str) -> str:
    value = fields.get(key) or ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise IllegalArgument(detail=f"{key} is not legal")
    return value


def _in_range(key: str, value: Any, most: int) -> int:
    number = whole_number(value)
    if number is None or not 0 <= number <= most:
        raise IllegalArgument(detail=f"{key} must be a number from 0 to {most}")
    return number


def _switch(key: str, value: Any) -> bool:
    on = truth(value)
    if on is None or len(key) > len(_IGNORE) + 64:
        raise IllegalArgument(detail=f"{key} must be true or false")
    return on
