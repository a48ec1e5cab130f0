"""Mute a user in the whole app; the send path refuses them within two seconds everywhere."""

from functools import partial

from django.db import transaction

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.queries.im_users import get_user
from chat.domain.affiliations import FOREVER_MS
from chat.domain.commands import MuteUser
from chat.domain.errors import IllegalArgument
from chat.models import UserMute
from chat.queries.user_mutes import mutes
from chat.store.clock import now_ms

MAX_SECONDS = (1 << 31) - 1


@transaction.atomic
def mute_user(actor: Actor, command: MuteUser) -> None:
    """Set, change or lift mutes of one user.

    Raises:
        UserNotFound, IllegalArgument.
    """
    user = get_user(actor.app, command.username)
    now = now_ms()
    for kind, seconds in command.seconds.items():
        if not -1 <= seconds <= MAX_SECONDS:
            raise IllegalArgument(detail=f"{seconds} is not a number of seconds")
        if seconds == 0:
            UserMute.objects.filter(user_id=user.id, kind=kind).delete()
            continue
        until = FOREVER_MS if seconds == -1 else now + seconds * 1000
        UserMute.objects.update_or_create(
            user_id=user.id, kind=kind, defaults={"app_id": actor.app.id, "until_ms": until}
        )
    diff = {str(kind): [None, seconds] for kind, seconds in command.seconds.items()}
    audit.note("user.mute", actor.app, "user", user.username, diff)
    transaction.on_commit(partial(mutes.forget, actor.app.id))
