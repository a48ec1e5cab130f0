"""Rate limits of rest.md 1.9: calls of one kind that an app may make in a window of time.

Counted in Django's cache, which all processes share where there is Redis. Windows are fixed, so up
to twice the limit may pass around the turn of one. Off unless the app switches them on.
"""

import time

from django.core.cache import cache

from accounts.domain.actor import AppRef
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import ImError


class ReachLimit(ImError):
    """More calls of a kind than the app allows."""

    code = "reach_limit"
    template = "This request has reached api limit"


# Kind of call → (setting that holds the limit, window in seconds), all of which must hold.
WINDOWS: dict[str, tuple[tuple[str, int], ...]] = {
    "calls": (("rate_calls_s", 1),),
    "token": (("rate_token_s", 1),),
    "delete_users": (("rate_delete_users_s", 1),),
    "batch_status": (("rate_batch_status_s", 1),),
    "blocks": (("rate_blocks_s", 1),),
    "presence": (("rate_presence_s", 1),),
    "joined_groups": (("rate_joined_groups_s", 1),),
    "push_templates": (("rate_push_templates_s", 1),),
    "user_messages": (("rate_user_messages_s", 1),),
    "user_recipients": (("rate_user_recipients_min", 60),),
    "group_messages": (("rate_group_messages_s", 1),),
    "room_messages": (("rate_room_messages_s", 1),),
    "broadcasts": (("rate_broadcasts_min", 60), ("rate_broadcasts_day", 86_400)),
    "exports": (("rate_exports_min", 60),),
    "conversation_removals": (("rate_conversation_removals_min", 60),),
}


def count_call(app: AppRef, kind: str, username: str = "", *, times: int = 1) -> None:
    """Count a call. `username` is set for the kinds that are counted by user, `times` where one
    call weighs as many.

    Raises ReachLimit; what is refused uses up nothing of a limit that is counted by weight.
    """
    settings: AppSettings = app.settings
    if not settings.rate_limits_enabled:
        return
    now = time.time()
    for setting, window_s in WINDOWS[kind]:
        key = f"rate.{app.id}.{setting}.{username}.{int(now // window_s)}"
        if _counted(key, window_s, times) > getattr(settings, setting):
            if times > 1:  # a smaller call may still fit
                cache.decr(key, times)
            raise ReachLimit


def _counted(key: str, window_s: int, times: int) -> int:
    cache.add(key, 0, timeout=2 * window_s)
    try:
        return int(cache.incr(key, times))
    except ValueError:  # pushed out of a full cache between the two
        return times
