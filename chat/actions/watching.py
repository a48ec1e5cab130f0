"""Watch a user: for ten minutes it is kept when their messages came how far (console.md 9.2)."""

from functools import partial

from django.db import transaction

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.queries.im_users import get_user
from chat.models import WatchedUser
from chat.queries.watching import watched
from chat.store.clock import now_ms

WATCHED_S = 600


@transaction.atomic
def watch_user(actor: Actor, username: str) -> None:
    """Begin, or begin anew. Other processes know within two seconds.

    Raises:
        UserNotFound.
    """
    user = get_user(actor.app, username)
    until_ms = now_ms() + WATCHED_S * 1000
    WatchedUser.objects.update_or_create(
        user_id=user.id, defaults={"app_id": actor.app.id, "until_ms": until_ms}
    )
    audit.note("user.watch", actor.app, "user", user.username, {"seconds": [None, WATCHED_S]})
    transaction.on_commit(partial(watched.forget, actor.app.id))


@transaction.atomic
def stop_watching(actor: Actor, username: str) -> None:
    """What was kept stays. Raises UserNotFound."""
    user = get_user(actor.app, username)
    ended, _ = WatchedUser.objects.filter(user_id=user.id).delete()
    if ended:
        audit.note("user.unwatch", actor.app, "user", user.username)
        transaction.on_commit(partial(watched.forget, actor.app.id))
