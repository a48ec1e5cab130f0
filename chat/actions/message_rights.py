"""What decides whether a message may be sent: as this process remembers it, or as it is read."""

from collections.abc import Mapping, Sequence

from accounts.domain.actor import Actor
from accounts.domain.app_settings import AppSettings
from accounts.queries.im_apps import peek_settings, settings_of
from chat.actions.message_rules import Known, Plan, check, check_size, make_plan
from chat.domain.answers import Sent
from chat.domain.commands import SendMessage
from chat.domain.errors import ChatroomNotFound, ImError
from chat.domain.targets import ToGroup, ToUser, kind_of, muting_kind
from chat.queries import user_mutes, watching
from chat.queries.rights import (
    PairRights,
    group_or_thread,
    pair_rights,
    peek_pair,
    peek_rights,
    rights_of,
    rights_to_each,
)
from chat.store.clock import now_ms
from chat.store.direct import process_ids

Pairs = Mapping[tuple[str, str], PairRights]  # by sender and recipient


def peek(actor: Actor, command: SendMessage, sender: str) -> Known | None:
    """What this process remembers; None when anything is missing. No I/O."""
    app_id = actor.app.id
    settings = peek_settings(app_id)
    muted, watched = _peek_mute(actor, command), watching.watched.peek(app_id)
    if settings is None or muted is None or watched is None:
        return None
    match command.target:
        case ToUser(username):
            pair = peek_pair(app_id, sender, username)
            if pair is None:
                return None
            own = actor.user_id or pair.sender_id
            return Known(settings, own, pair=pair, muted_until_ms=muted, watched=watched)
        case target:
            room = peek_rights(app_id, target)
            own = actor.user_id
            if actor.is_app:
                oneself = peek_pair(app_id, sender, sender)
                own = oneself.sender_id if oneself is not None else -1
            if room is None or own < 0:
                return None
            return Known(settings, own, room=room, muted_until_ms=muted, watched=watched)


def _peek_mute(actor: Actor, command: SendMessage) -> int | None:
    if actor.is_app:
        return 0
    known = user_mutes.mutes.peek(actor.app.id)
    kind = muting_kind(kind_of(command.target))
    return None if known is None else known.get((actor.username, kind), 0)


def read_pairs(actor: Actor, commands: Sequence[SendMessage], *, fresh: bool) -> Pairs:
    """What look_up reads of one pair after the other, read at once; without what it refuses for
    its form."""
    of_sender: dict[str, list[str]] = {}
    for command in commands:
        try:
            sender, checked = check(actor, command)
        except ImError:
            continue
        if isinstance(checked.target, ToUser):
            of_sender.setdefault(sender, []).append(checked.target.username)
    return {
        (sender, name): rights
        for sender, names in of_sender.items()
        for name, rights in rights_to_each(actor.app.id, sender, names, fresh=fresh).items()
    }


def look_up(
    actor: Actor, command: SendMessage, *, fresh: bool, pairs: Pairs | None = None
) -> Plan | Sent:
    """Check by queries; a refusal by what is remembered is looked at again.

    Raises:
        ImError: why it may not be sent.
    """
    sender, command = check(actor, command)
    settings = settings_of(actor.app.id)
    check_size(actor, command, settings)
    try:
        known = _read(actor, command, sender, settings, fresh=fresh, pairs=pairs or {})
        return make_plan(actor, command, sender, known)
    except ChatroomNotFound:
        if actor.is_app:  # rest.md 3.6.2: rooms are not checked; 200 with an id
            return Sent(process_ids.new_id(), now_ms())
        raise
    except ImError:
        if fresh:
            raise
    return look_up(actor, command, fresh=True)


def _read(
    actor: Actor,
    command: SendMessage,
    sender: str,
    settings: AppSettings,
    *,
    fresh: bool,
    pairs: Pairs,
) -> Known:
    app_id = actor.app.id
    watched = watching.watched.of(app_id)
    muted = 0
    if not actor.is_app:
        known = user_mutes.mutes
        mutes = known.renew(app_id) if fresh else known.of(app_id)
        muted = mutes.get((actor.username, muting_kind(kind_of(command.target))), 0)
    match command.target:
        case ToUser(username):
            pair = pairs.get((sender, username))
            if pair is None:
                pair = pair_rights(app_id, sender, username, fresh=fresh)
            own = actor.user_id or pair.sender_id
            return Known(settings, own, pair=pair, muted_until_ms=muted, watched=watched)
        case target:
            if isinstance(target, ToGroup):
                room = group_or_thread(app_id, target.group_id, fresh=fresh)
            else:
                room = rights_of(app_id, target, fresh=fresh)
            own = actor.user_id or pair_rights(app_id, sender, sender, fresh=fresh).sender_id
            return Known(settings, own, room=room, muted_until_ms=muted, watched=watched)
