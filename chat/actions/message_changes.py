"""What a recall and an edit share: whom a message belongs to, who is told of its change."""

from msgspec.structs import replace

from accounts.domain.actor import Actor
from chat.actions.message_rules import APP_SENDER
from chat.domain.affiliations import RoomRights
from chat.domain.audience import Audience
from chat.domain.entries import Entry, EntryFlag, EntryKind, EntryState
from chat.domain.events import Fact
from chat.domain.targets import Conversation, Target, ToUser, kind_and_id, room_of
from chat.queries.rights import pair_rights, rights_of
from chat.store import direct


def is_known(actor: Actor, entry: Entry) -> bool:
    """Whether it is a message that is still there and that the actor may know of."""
    if entry.kind is not EntryKind.MESSAGE or entry.state is EntryState.RECALLED:
        return False
    talk = entry.conversation
    return actor.is_app or talk.kind != "pair" or actor.username in talk.names


def is_at(entry: Entry, target: Target | None) -> bool:
    """Whether it was sent to where the change says."""
    talk = entry.conversation
    match target:
        case None:
            return True
        case ToUser(username):
            return talk.kind == "pair" and username.lower() in talk.names
        case room:
            return kind_and_id(room) == (talk.kind, talk.room_id)


def rights_at(app_id: int, talk: Conversation) -> RoomRights:
    """The rights in a message's room as they are now. Raises GroupNotFound, ChatroomNotFound."""
    return rights_of(app_id, room_of(talk), fresh=True)


def tell_of(
    actor: Actor,
    entry: Entry,
    fact: Fact,
    *,
    sender: str = "",
    copies: bool = True,
    raw: bytes | None = None,
) -> Entry:
    """Store a fact about a message in its log and tell all who had the message.

    `sender`: who did it when the app acts. `copies`: the sender's own devices are told too; the
    acting device never is. Inside a transaction that holds the log's lock.
    """
    talk = entry.conversation
    sender = actor.username or sender or APP_SENDER
    own = actor.user_id
    if talk.kind == "pair":
        one, other = talk.names
        ids = pair_rights(actor.app.id, one, other)
        users = {one: ids.sender_id, other: ids.recipient_id}
        own = own or users.get(sender, 0)
        audience = Audience.users(*users.values())
    else:
        own = own or pair_rights(actor.app.id, sender, sender).sender_id
        audience = Audience.room(talk.row_id)
    if entry.only:
        audience = replace(audience, only=tuple(dict.fromkeys((*entry.only, entry.sender, sender))))
    if actor.device:
        audience = replace(audience, skip_device=(actor.user_id, actor.device))
    return direct.append_on_commit(
        actor.app.id,
        talk,
        fact,
        sender=sender,
        sender_id=actor.user_id,
        sender_device=actor.device,
        audience=audience if copies else replace(audience, skip_user=own),
        only=entry.only,
        flags=EntryFlag.NONE if copies else EntryFlag.NOT_FOR_SENDER,
        raw=raw,
    )
