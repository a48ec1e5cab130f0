"""Worlds that tests share: made once, and put back after each use."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.db import transaction

from chat.queries.rights import forget_everything
from chat.queries.user_mutes import mutes
from chat.queries.watching import watched
from chat.webhooks.book import enabled_rules


@contextmanager
def rolled_back() -> Iterator[None]:
    """Nothing that is written meanwhile stays in the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def forget_all() -> None:
    """Row ids come again after a rollback; what the process remembers of them must not.

    Who is online is forgotten by `chat.live.online.records.cache_clear()`.
    """
    cache.clear()
    forget_everything()
    for remembered in (mutes, watched, enabled_rules):
        remembered.forget_all()


@contextmanager
def put_back() -> Iterator[None]:
    """Nothing that is done meanwhile is there, or known, afterwards."""
    with rolled_back():
        yield
    forget_all()
