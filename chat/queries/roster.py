"""Reads contacts and personal block lists, and whether two users may write to each other."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from accounts.domain.actor import AppRef
from accounts.domain.errors import UserNotFound
from accounts.models import ImUser
from chat.domain.answers import RosterItem
from chat.models import BlockEntry, RosterEntry
from chat.queries.rights import (
    PairRights,
    forget_pair,
    forget_user,
    pair_rights,
    peek_pair,
)

__all__ = [
    "PairRights",
    "blocks_between",
    "count_contacts",
    "forget_pair",
    "forget_user",
    "friends_among",
    "list_blocks",
    "list_roster",
    "page_blocks",
    "page_contacts",
    "pair_rights",
    "peek_pair",
]


def _user_id(app: AppRef, username: str) -> int:
    found = ImUser.objects.filter(app_id=app.id, username=username.lower())
    user_id = found.values_list("pk", flat=True).first()
    if user_id is None:
        raise UserNotFound(username=username)
    return user_id


def _items(rows: QuerySet[RosterEntry]) -> list[RosterItem]:
    return [
        RosterItem(
            row.contact.username,
            row.state,
            row.remark,
            row.message,
            int(row.created_at.timestamp() * 1000),
            row.contact_id,
            row.contact.nickname,
        )
        for row in rows.select_related("contact")
    ]


def list_roster(app: AppRef, username: str) -> list[RosterItem]:
    """All contacts and open requests of a user, newest first.

    Raises:
        UserNotFound.
    """
    return _items(RosterEntry.objects.filter(owner=_user_id(app, username)).order_by("-pk"))


def page_roster(
    app: AppRef, username: str, *, before: int = 0, limit: int = 50
) -> tuple[list[RosterItem], int]:
    """Contacts and open requests, newest first, below a row; and the next `before` (0: the end).

    Raises:
        UserNotFound.
    """
    rows = RosterEntry.objects.filter(owner=_user_id(app, username))
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[: limit + 1])
    items = _items(RosterEntry.objects.filter(pk__in=found[:limit]).order_by("-pk"))
    return items, found[limit - 1] if len(found) > limit else 0


def page_contacts(
    app: AppRef, username: str, *, after: str = "", limit: int = 10
) -> tuple[list[RosterItem], str]:
    """Friends only, newest first, and the cursor of the next page (empty at the end)."""
    rows = RosterEntry.objects.filter(
        owner=_user_id(app, username), state=RosterEntry.State.FRIENDS
    )
    if after.isdigit():
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[: limit + 1])
    items = _items(RosterEntry.objects.filter(pk__in=found[:limit]).order_by("-pk"))
    return items, str(found[limit - 1]) if len(found) > limit else ""


def count_contacts(app: AppRef, username: str) -> int:
    return RosterEntry.objects.filter(
        owner=_user_id(app, username), state=RosterEntry.State.FRIENDS
    ).count()


def friends_among(app: AppRef, username: str, names: Sequence[str]) -> list[str]:
    """Those of `names` who are the user's friends. Raises UserNotFound."""
    rows = RosterEntry.objects.filter(
        owner=_user_id(app, username), state=RosterEntry.State.FRIENDS, contact__username__in=names
    )
    return list(rows.order_by("contact__username").values_list("contact__username", flat=True))


def blocks_between(app: AppRef, username: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Who blocks whom between a user and each of `names`, as (who, whom)."""
    rows = BlockEntry.objects.filter(owner__app=app.id).filter(
        Q(owner__username=username, blocked__username__in=names)
        | Q(blocked__username=username, owner__username__in=names)
    )
    return list(rows.order_by("pk").values_list("owner__username", "blocked__username"))


def list_blocks(app: AppRef, username: str) -> list[str]:
    """Everyone whom the user blocked, newest first.

    Raises:
        UserNotFound.
    """
    rows = BlockEntry.objects.filter(owner=_user_id(app, username)).order_by("-pk")
    return list(rows.values_list("blocked__username", flat=True))


def page_blocks(
    app: AppRef, username: str, *, after: str = "", limit: int = 50
) -> tuple[list[str], str]:
    """One page of the block list, newest first, and the cursor of the next (empty at the end)."""
    rows = BlockEntry.objects.filter(owner=_user_id(app, username))
    if after.isdigit():
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.order_by("-pk").values_list("pk", "blocked__username")[: limit + 1])
    names = [name for _, name in found[:limit]]
    return names, str(found[limit - 1][0]) if len(found) > limit else ""
