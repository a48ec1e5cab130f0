"""What was counted and seen in an app: for the dashboard and the lists of past connections."""

from collections.abc import Sequence

from django.db.models import Q, Sum

from accounts.domain.actor import AppRef
from chat.models import Attempt, EndedConnection, MinuteCount

Minutes = dict[str, list[int]]
PastConnection = EndedConnection  # a row that nobody changes
PastAttempt = Attempt  # likewise
KEYS = ("up", "down", "failed")


def minutes_of(app: AppRef, first: int, count: int) -> Minutes:
    """Key → what was counted in each of `count` minutes from `first` on; zeros included."""
    made: Minutes = {key: [0] * count for key in KEYS}
    rows = MinuteCount.objects.filter(
        app_id=app.id, minute__gte=first, minute__lt=first + count, key__in=KEYS
    )
    for minute, key, n in rows.values_list("minute", "key", "n"):
        made[key][minute - first] += n
    return made


def totals_of(app: AppRef, since_minute: int) -> dict[str, int]:
    """Key → its sum from a minute on."""
    rows = MinuteCount.objects.filter(app_id=app.id, minute__gte=since_minute)
    return dict(rows.values_list("key").annotate(total=Sum("n")).order_by())


def totals_from(app: AppRef, minutes: Sequence[int]) -> list[dict[str, int]]:
    """As `totals_of` from each of these minutes on, in one query."""
    rows = MinuteCount.objects.filter(app_id=app.id, minute__gte=min(minutes))
    sums = {
        f"from_{number}": Sum("n", filter=Q(minute__gte=minute), default=0)
        for number, minute in enumerate(minutes)
    }
    found = list(rows.values_list("key").annotate(**sums).order_by())
    return [{row[0]: row[1 + number] for row in found} for number in range(len(minutes))]


def ended_connections(
    app: AppRef, limit: int, user_id: int = 0, *, before: int = 0
) -> list[PastConnection]:
    """The newest first, below a row; of one user, or of all."""
    rows = EndedConnection.objects.filter(app_id=app.id)
    if user_id:
        rows = rows.filter(user_id=user_id)
    if before:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def newest_ended(app: AppRef) -> int:
    return (
        EndedConnection.objects.filter(app_id=app.id)
        .order_by("-id")
        .values_list("id", flat=True)
        .first()
        or 0
    )


def attempts_since(app: AppRef, since_ms: int, limit: int, *, foreign: bool) -> list[PastAttempt]:
    """What reached this server of ways into an app, the newest first; `foreign`: also what named
    no app that exists."""
    apps = [app.id, 0] if foreign else [app.id]
    rows = Attempt.objects.filter(app_id__in=apps, at_ms__gte=since_ms).exclude(kind="send")
    return list(rows.order_by("-id")[:limit])


def refused_sends(
    app: AppRef, since_ms: int, limit: int, *, before: int = 0, username: str = "", via: str = ""
) -> list[PastAttempt]:
    """The newest first, below a row; of one sender, over one wire (`via`), or of all. `what` is
    wire, kind of target, its name and the message's type."""
    rows = Attempt.objects.filter(app_id=app.id, at_ms__gte=since_ms, kind="send")
    if username:
        rows = rows.filter(username=username)
    if via:
        rows = rows.filter(what__startswith=f"{via} ")
    if before:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def newest_attempt(app: AppRef) -> int:
    """Of the app, or of none."""
    rows = Attempt.objects.filter(app_id__in=[app.id, 0]).order_by("-id")
    return rows.values_list("id", flat=True).first() or 0
