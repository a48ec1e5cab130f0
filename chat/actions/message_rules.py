"""Whether a message may be sent, what is stored of it and who is told: no queries here."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from accounts.domain.actor import Actor
from accounts.domain.app_settings import AppSettings
from accounts.domain.ids import parse_username
from chat.domain.affiliations import RoomRights, speaking_refusal
from chat.domain.audience import Audience
from chat.domain.bodies import Body
from chat.domain.commands import SCENARIO_DEVICES, VIRTUAL_DEVICES, SendMessage
from chat.domain.entries import Draft, EntryFlag
from chat.domain.errors import (
    Blocked,
    FriendsOnly,
    GroupDisabled,
    IllegalArgument,
    IllegalBody,
    IllegalCustom,
    MessageTooLarge,
    TooManyDirected,
    UserMutedInApp,
)
from chat.domain.events import MessagePosted, to_entry_parts
from chat.domain.targets import Conversation, ToChatroom, ToGroup, ToUser
from chat.queries.rights import PairRights
from chat.queries.watching import Watched
from chat.store.clock import now_ms

APP_SENDER = "admin"  # who is shown when the app sends and names nobody (rest.md 3.6.1)
MAX_CLIENT_ID = 64
MAX_TYPE = 32


class Plan(Struct, frozen=True):
    """A message that may be sent: what to store, whom to tell."""

    draft: Draft
    audience: Audience
    parent_row: int = 0  # of a message in a thread: the row of its group


class Known(Struct, frozen=True):
    """What decides whether it may be sent. `own` is the sender's row id."""

    settings: AppSettings
    own: int
    room: RoomRights | None = None
    pair: PairRights | None = None
    muted_until_ms: int = 0  # by the app, for this kind of conversation
    watched: Watched = field(default_factory=dict)


def check(actor: Actor, command: SendMessage) -> tuple[str, SendMessage]:
    """What needs no look-up: the sender's name, and the command with names as they are stored.

    Raises:
        IllegalArgument, IllegalBody: a field cannot be stored.
    """
    if len(command.client_id) > MAX_CLIENT_ID or "\0" in command.client_id:
        raise IllegalArgument(detail=f"the client id is longer than {MAX_CLIENT_ID} characters")
    kind = command.body.type
    if not kind or len(kind) > MAX_TYPE or not kind.isprintable():
        raise IllegalBody(detail="body.type is not a message type")
    sender = actor.username or parse_username(command.sender or APP_SENDER)
    target = command.target
    if isinstance(target, ToUser) and (username := parse_username(target.username)) != (
        target.username
    ):
        command = replace(command, target=ToUser(username))
    return sender, command


def check_size(actor: Actor, command: SendMessage, settings: AppSettings) -> None:
    """Raises MessageTooLarge: the UTF-8 JSON of body and ext is above the app's limit; as well
    TooManyDirected, IllegalBody, IllegalCustom."""
    if len(command.only) > settings.max_directed_users:
        raise TooManyDirected(limit=settings.max_directed_users)
    check_content(actor, command.body, command.ext, settings)


def check_content(
    actor: Actor, body: Body, ext: dict[str, Any] | None, settings: AppSettings
) -> None:
    """As check_size, of what an edit or an import brings.

    Pairs of a custom message are counted for the app alone: that limit is the REST API's
    (rest.md 1.8), and client SDKs set none.
    """
    exts = body.fields.get("customExts") if body.type == "custom" and actor.is_app else None
    if exts and len(exts) > settings.max_custom_exts:
        most = settings.max_custom_exts
        raise IllegalCustom(detail=f"customExts must be an object of at most {most} pairs")
    try:
        size = len(msgspec.json.encode(body.fields))
        if ext is not None:
            size += len(msgspec.json.encode(ext))
    except (TypeError, ValueError, RecursionError) as exc:  # lone surrogates, nesting
        raise IllegalBody(detail="the body is not JSON text") from exc
    if size > settings.max_message_bytes:
        raise MessageTooLarge(limit=settings.max_message_bytes)


def make_plan(actor: Actor, command: SendMessage, sender: str, known: Known) -> Plan:
    """Apply the rules. Raises ImError.

    The app is bound by neither blocks nor mutes nor membership (rest.md 3.6.1).
    """
    if not actor.is_app and known.muted_until_ms > now_ms():
        raise UserMutedInApp
    if known.pair is not None and isinstance(command.target, ToUser):
        return _plan_pair(actor, command, sender, command.target.username, known, known.pair)
    if known.room is None:
        raise ValueError("neither a pair's nor a room's rights are known")
    return _plan_room(actor, command, sender, known, known.room)


def _plan_pair(
    actor: Actor,
    command: SendMessage,
    sender: str,
    recipient: str,
    known: Known,
    pair: PairRights,
) -> Plan:
    if not actor.is_app:
        if pair.blocked and known.settings.blocks_enabled:
            raise Blocked(username=recipient)
        if known.settings.friends_only and not pair.friends and sender != recipient:
            raise FriendsOnly(username=recipient)
    # A message to oneself has to reach oneself.
    copies = not actor.is_app or command.copy_to_sender or sender == recipient
    own = known.own if copies else 0
    audience = Audience.pair(own, pair.recipient_id, _its_device(actor) if copies else None)
    talk = Conversation.pair(sender, recipient)
    return Plan(_draft(actor, command, sender, known, talk, pair.epoch, copies=copies), audience)


def _plan_room(
    actor: Actor, command: SendMessage, sender: str, known: Known, room: RoomRights
) -> Plan:
    if actor.is_app:
        if room.disabled:
            raise GroupDisabled(room_id=room.room_id)
    elif refusal := speaking_refusal(room, sender, now_ms()):
        raise refusal
    copies = not actor.is_app or command.copy_to_sender
    talk = Conversation.room(room.kind, room.room_id, room.row_id)
    draft = _draft(actor, command, sender, known, talk, room.epoch, copies=copies)
    audience = Audience.room(room.row_id, _its_device(actor) if copies else None)
    if draft.only:
        audience = replace(audience, only=tuple(dict.fromkeys((*draft.only, sender))))
    if not copies:  # none of the sender's devices gets one
        audience = replace(audience, skip_user=known.own)
    return Plan(draft, audience, room.parent_row)


def _its_device(actor: Actor) -> tuple[int, str] | None:
    """The sending device, which gets no echo."""
    return (actor.user_id, actor.device) if actor.device else None


def _draft(
    actor: Actor,
    command: SendMessage,
    sender: str,
    known: Known,
    conversation: Conversation,
    epoch: int,
    *,
    copies: bool,
) -> Draft:
    flags = _flags(actor, command, sender, known)
    place = known.room.place if known.room else None
    fact = MessagePosted(command.body, command.ext, command.options, thread=place)
    kind, type_name, payload = to_entry_parts(fact)
    return Draft(
        app_id=actor.app.id,
        conversation=conversation,
        kind=kind,
        type=type_name,
        sender=sender,
        payload=payload,
        sender_id=known.own,
        sender_device=actor.device,
        client_id=command.client_id,
        only=_stored(command.only) if command.only else (),
        flags=flags if copies else flags | EntryFlag.NOT_FOR_SENDER,
        raw=command.raw,
        rights_epoch=None if actor.is_app else epoch,
    )


def _stored(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(parse_username, names)))


def _flags(actor: Actor, command: SendMessage, sender: str, known: Known) -> int:
    """Directed and online-only messages are in no history and make nothing unread."""
    flags = EntryFlag.NONE
    if command.only:
        flags |= EntryFlag.NOT_IN_HISTORY
    forgotten = isinstance(command.target, ToChatroom) and not known.settings.room_history
    if command.online_only or forgotten:
        flags |= EntryFlag.ONLINE_ONLY
    if command.body.counts and not flags:
        flags |= EntryFlag.COUNTS
        if actor.is_app and not known.settings.rest_messages_listed:
            flags |= _unlisted(command)
    if _is_recorded(actor, command, sender, known):
        flags |= EntryFlag.RECORDED
    return flags


def _unlisted(command: SendMessage) -> int:
    """Threads and chatrooms are in no list; what is the last message there is told otherwise."""
    return EntryFlag.UNLISTED if isinstance(command.target, ToUser | ToGroup) else EntryFlag.NONE


def _is_recorded(actor: Actor, command: SendMessage, sender: str, known: Known) -> bool:
    """Whether it is kept when the message came how far (decisions/0014)."""
    recording = known.settings.delivery_recording
    if recording != "console":
        return recording == "all"
    if command.is_watched or actor.device.startswith((VIRTUAL_DEVICES, SCENARIO_DEVICES)):
        return True
    return bool(known.watched) and _is_of_watched(sender, command, known.watched)


def _is_of_watched(sender: str, command: SendMessage, watched: Watched) -> bool:
    """From, or one-to-one to, a user whom somebody watches now."""
    names = [sender]
    if isinstance(command.target, ToUser):
        names.append(command.target.username)
    return any(watched.get(name, 0) > now_ms() for name in names)
