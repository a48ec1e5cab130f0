"""A user as an entity of an answer (rest.md 1.5)."""

from accounts.queries.im_users import UserInfo
from accounts.rest.envelope import Json


def user_entity(user: UserInfo) -> Json:
    """Keys without a value are absent: the Java SDK's own test wants no nickname."""
    entity: Json = {
        "uuid": user.uuid,
        "type": "user",
        "created": user.created_ms,
        "modified": user.modified_ms,
        "username": user.username,
        "activated": user.is_activated,
    }
    if user.nickname:
        entity["nickname"] = user.nickname
    for key, value in user.push.items():
        if key.startswith("notification_"):
            entity[key] = value
    if devices := user.push.get("devices"):
        entity["pushInfo"] = devices
        entity["device_token"] = devices[-1]["device_token"]
        entity["notifier_name"] = devices[-1]["notifier_name"]
    return entity
