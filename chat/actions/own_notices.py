"""Tell a user's other devices what one of them changed of the user's own view."""

from accounts.domain.actor import Actor
from chat.domain.audience import Audience
from chat.domain.own_changes import OwnChange, OwnChanged
from chat.domain.targets import Conversation, Place, ToSelf
from chat.store import direct


def tell_own_devices(
    actor: Actor, change: OwnChange, place: Place | None, **detail: object
) -> None:
    """Store the change in the actor's personal log, for all devices but the acting one.

    Inside a transaction; locks the personal log, after the log that the change is about.
    """
    target = None if isinstance(place, ToSelf) else place
    direct.append_on_commit(
        actor.app.id,
        Conversation.personal(actor.username, actor.user_id),
        OwnChanged(change, target, dict(detail)),
        sender=actor.username,
        sender_id=actor.user_id,
        sender_device=actor.device,
        audience=Audience.users(actor.user_id, skip_device=(actor.user_id, actor.device)),
    )
