"""What REST would have answered to a send."""

from collections.abc import Sequence
from typing import Any

from accounts.domain.actor import AppRef
from imadmin.console.models import SendItem
from imadmin.console.twins import MESSAGES

Json = dict[str, Any]


def response_of(app: AppRef, spec: Json, items: Sequence[SendItem]) -> Json:
    """The answer's parts that say something: an id for each target that got the message."""
    target = MESSAGES[spec["to_type"]]
    made: Json = {
        "action": "post",
        "application": app.uuid,
        "path": f"/messages/{target}",
        "data": {item.target: str(item.message_id) for item in items if item.message_id},
        "organization": app.appkey.org,
        "applicationName": app.appkey.app,
    }
    failed = [item for item in items if item.error]
    if failed and not made["data"]:
        made.pop("data")
        made |= {"error": failed[0].error, "error_description": failed[0].error_text}
    return made
