"""One message to every chatroom of an app."""

from collections.abc import Iterator

from msgspec.structs import replace

from accounts.domain.actor import Actor
from chat.actions.messages import post_messages_now
from chat.domain.answers import Sent
from chat.domain.commands import SendMessage
from chat.domain.errors import BroadcastDisabled, ChatroomNotFound
from chat.domain.targets import ToChatroom
from chat.queries.rooms import list_rooms
from chat.store.clock import now_ms
from chat.store.direct import process_ids

PAGE = 200


def broadcast(actor: Actor, command: SendMessage) -> Sent:
    """Post to every chatroom that has somebody in it; `command.target` is not looked at.

    The answer's id is the first room's message, or one of which nothing is stored.

    Raises:
        BroadcastDisabled, MessageTooLarge, and what refuses a message of the app.
    """
    if not actor.app.settings.broadcast_enabled:
        raise BroadcastDisabled
    first: Sent | None = None
    for room_ids in _pages(actor):
        commands = [replace(command, target=ToChatroom(room_id)) for room_id in room_ids]
        for outcome in post_messages_now(actor, commands):
            if isinstance(outcome, Sent):
                first = first or outcome
            elif not isinstance(outcome, ChatroomNotFound):  # it was destroyed meanwhile
                raise outcome
    return first or Sent(process_ids.new_id(), now_ms())


def _pages(actor: Actor) -> Iterator[list[str]]:
    after = ""
    while True:
        page = list_rooms(actor.app, "chatroom", after=after, limit=PAGE)
        yield [room.room_id for room in page.items if room.member_count]
        if not page.next:
            return
        after = page.next
