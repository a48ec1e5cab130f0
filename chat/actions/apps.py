"""The end of an app: its clients, its rows, its files."""

import logging
from collections.abc import Iterable
from functools import partial
from itertools import chain

from django.core.files.storage import default_storage
from django.db import transaction

from accounts.actions.audit import as_one
from accounts.actions.im_apps import delete_app
from accounts.domain.actor import AppRef
from chat.actions.sessions import kick_session
from chat.live.online import connections
from chat.models import StoredFile

logger = logging.getLogger(__name__)


@transaction.atomic
def destroy_app(app: AppRef) -> None:
    """Delete the app with everything in it; its clients are told that their accounts are gone.

    Raises AppNotFound.
    """
    rows = StoredFile.objects.filter(app_id=app.id).values_list("file", "thumbnail")
    names = [name for name in chain.from_iterable(rows) if name]
    with as_one():
        for session in connections(app.id):
            kick_session(app, session, "removed")
    delete_app(app)
    transaction.on_commit(partial(_drop_bytes, names))


def _drop_bytes(names: Iterable[str]) -> None:
    for name in names:
        try:
            default_storage.delete(name)
        except OSError:
            logger.exception("cannot delete the bytes %s", name)
