"""Somebody is writing: told to who is connected, stored nowhere."""

from accounts.domain.actor import Actor
from accounts.queries.im_users import find_users
from chat.domain.audience import Audience
from chat.domain.commands import SendTyping
from chat.domain.errors import SenderNotMember
from chat.domain.events import Typing
from chat.domain.targets import Conversation, ToUser, kind_and_id
from chat.live.fanout import publish
from chat.queries.rights import is_stopped, rights_of


def send_typing(actor: Actor, command: SendTyping) -> None:
    """Tell the peer, or the room, that the actor is writing. Who blocks the actor hears nothing.

    Raises:
        GroupNotFound, ChatroomNotFound, SenderNotMember.
    """
    target = command.target
    if isinstance(target, ToUser):
        _tell_peer(actor, target.username)
        return
    rights = rights_of(actor.app.id, target)
    if actor.username not in rights.affiliations:
        raise SenderNotMember(room_id=rights.room_id)
    kind, room_id = kind_and_id(target)
    where = Conversation.room(kind, room_id, rights.row_id)
    room = Audience.room(rights.row_id)
    publish(Typing(where, actor.username), Audience(room.topics, skip_user=actor.user_id))


def _tell_peer(actor: Actor, name: str) -> None:
    peer = find_users(actor.app, [name]).get(name)
    if peer is None or peer.id == actor.user_id:
        return
    if not is_stopped(actor.app.id, actor.username, name):
        where = Conversation.pair(actor.username, name)
        publish(Typing(where, actor.username), Audience.users(peer.id))
