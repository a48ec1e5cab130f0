"""Give a message new content: history shows it, and everyone who had the message is told."""

from typing import Any

import msgspec
from django.db import transaction
from msgspec.structs import replace

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.domain.ids import parse_username
from accounts.queries.im_apps import settings_of
from chat.actions.message_changes import is_at, is_known, rights_at, tell_of
from chat.actions.message_rules import check_content
from chat.domain.affiliations import Affiliation, speaking_refusal
from chat.domain.commands import EditMessage
from chat.domain.entries import Entry, EntryState
from chat.domain.errors import (
    Blocked,
    EditDisabled,
    EditNotPermitted,
    EditTargetMissing,
    ImError,
    NotEditable,
    TooManyEdits,
    UserMutedInApp,
)
from chat.domain.events import Edit, MessageEdited, MessagePosted, fact_of, to_entry_parts
from chat.domain.targets import muting_kind
from chat.models import EntryRow
from chat.queries import user_mutes
from chat.queries.rights import is_stopped
from chat.store import direct
from chat.store.clock import now_ms
from chat.store.reading import entry_by_id

EDITABLE_TYPES = frozenset({"txt", "custom"})


@transaction.atomic
def edit_message(actor: Actor, command: EditMessage) -> Entry:
    """Edit by its sender, by an owner or admin of its group, or by the app (rest.md 3.6.7).

    The message keeps its id, place and time. Answers the entry of the edit, whose fact is
    MessageEdited.

    Raises:
        EditDisabled, EditTargetMissing, NotEditable, EditNotPermitted, TooManyEdits, IllegalBody,
        MessageTooLarge, and what refuses a send of the editor there.
    """
    settings = settings_of(actor.app.id)
    if not settings.edit_enabled:
        raise EditDisabled()
    entry = _locked(actor, command)
    posted = fact_of(entry)
    assert isinstance(posted, MessagePosted)
    _check_type(actor, command, entry)
    editor = actor.username or (parse_username(command.sender) if command.sender else "")
    if editor:
        _check_right(actor, editor, entry)
    count = posted.edited.count + 1 if posted.edited else 1
    if count > settings.max_edits:
        raise TooManyEdits()
    ext = _ext(posted.ext, command)
    check_content(actor, command.body, ext, settings)
    told = tell_of(
        actor,
        entry,
        MessageEdited(
            *(entry.id, command.body, ext, count, entry.sender, entry.created_ms, posted.thread)
        ),
        sender=editor,
        raw=command.raw,
    )
    edit = Edit(count, told.sender, told.created_ms)
    _rewrite(entry, replace(posted, body=command.body, ext=ext, edited=edit))
    audit.note("message.edit", actor.app, "message", str(entry.id), {"edits": [count - 1, count]})
    return told


def _locked(actor: Actor, command: EditMessage) -> Entry:
    """The message, read again under its log's lock."""
    entry = entry_by_id(actor.app.id, command.message_id)
    if entry is not None:
        direct.lock_conversation(actor.app.id, entry.conversation)
        entry = entry_by_id(actor.app.id, command.message_id)
    if entry is None or not is_known(actor, entry) or not is_at(entry, command.target):
        raise EditTargetMissing()
    return entry


def _check_type(actor: Actor, command: EditMessage, entry: Entry) -> None:
    """REST edits messages to users and groups only; the newest clients edit in chatrooms, too."""
    if entry.type not in EDITABLE_TYPES or entry.type != command.body.type:
        raise NotEditable()
    if actor.is_app and entry.conversation.kind == "chatroom":
        raise NotEditable()


def _check_right(actor: Actor, editor: str, entry: Entry) -> None:
    """Whoever may not write there may not rewrite either; the app is bound by nothing."""
    talk = entry.conversation
    if not actor.is_app:
        mutes = user_mutes.mutes.renew(actor.app.id)
        if mutes.get((editor, muting_kind(talk.kind)), 0) > now_ms():
            raise UserMutedInApp
    if talk.kind == "pair":
        if entry.sender != editor:
            raise EditNotPermitted()
        peer = talk.other_than(editor)
        if not actor.is_app and is_stopped(actor.app.id, editor, peer, fresh=True):
            raise Blocked(username=peer)
        return
    try:
        rights = rights_at(actor.app.id, talk)
    except ImError:
        raise EditTargetMissing() from None
    if not actor.is_app and (refusal := speaking_refusal(rights, editor, now_ms())):
        raise refusal if editor in rights.affiliations else EditTargetMissing()
    if entry.sender != editor and rights.rank_of(editor) < Affiliation.ADMIN:
        raise EditNotPermitted()


def _ext(old: dict[str, Any] | None, command: EditMessage) -> dict[str, Any] | None:
    if command.ext is None:
        return old
    return {**(old or {}), **command.ext} if command.merge_ext else command.ext


def _rewrite(entry: Entry, posted: MessagePosted) -> None:
    """`raw` is what the sender's wire sent, and no longer what the message says."""
    _, _, payload = to_entry_parts(posted)
    EntryRow.objects.filter(id=entry.id).update(
        payload=msgspec.json.encode(payload).decode(), raw=None, state=int(EntryState.EDITED)
    )
