"""What REST would have answered to a send, and the send that would repeat a message."""

import re
from collections.abc import Sequence
from typing import Any

from accounts.domain.actor import AppRef
from chat.domain.commands import CONSOLE_CLIENT_ID, VIRTUAL_DEVICES
from chat.domain.entries import Entry, EntryFlag
from chat.domain.events import MessagePosted, fact_of
from imadmin.console.models import SendItem
from imadmin.console.twins import MESSAGES

Json = dict[str, Any]
SHOWN = 10


def response_of(app: AppRef, spec: Json, items: Sequence[SendItem]) -> tuple[int, Json]:
    """The status, and the answer's parts that say something: an id for each target that got the
    message, or the error when none did."""
    failed = [item for item in items if item.error]
    if failed and len(failed) == len(items):
        first = failed[0]
        return first.http_status, {
            "error": first.http_error,
            "error_description": first.error_text,
        }
    sent = [item for item in items if item.message_id]
    more = {"…": f"+{len(sent) - SHOWN}"} if len(sent) > SHOWN else {}
    return 200, {
        "action": "post",
        "application": app.uuid,
        "path": f"/messages/{MESSAGES[spec['to_type']]}",
        "data": {item.target: str(item.message_id) for item in sent[:SHOWN]} | more,
        "organization": app.appkey.org,
        "applicationName": app.appkey.app,
    }


def spec_of(entry: Entry) -> Json:
    """A message as `start_send` would send it again. One in a thread goes to its id, as by REST."""
    fact = fact_of(entry)
    assert isinstance(fact, MessagePosted)
    place = entry.conversation
    is_pair = place.kind == "pair"
    return {
        "path": "rest",
        "from": entry.sender,
        "to_type": "user" if is_pair else "chatroom" if place.kind == "chatroom" else "group",
        "to": [place.other_than(entry.sender) if is_pair else place.room_id],
        "type": entry.type,
        "body": fact.body.fields,
        "ext": fact.ext,
        "options": {
            "copy_to_sender": not entry.flags & EntryFlag.NOT_FOR_SENDER,
            "online_only": bool(entry.flags & EntryFlag.ONLINE_ONLY),
            "level": fact.options.level,
            "need_group_ack": fact.options.need_group_ack,
        },
    }


def job_of(entry: Entry) -> int:
    """The number of the send that made a message; 0 when it was none of the console's."""
    device, client = entry.sender_device, entry.client_id
    made = re.fullmatch(rf"{VIRTUAL_DEVICES}send-(\d+)", device) or (
        not device and re.fullmatch(rf"{CONSOLE_CLIENT_ID}(\d+)-\d+", client)
    )
    return int(made[1]) if made else 0
