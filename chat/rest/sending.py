"""Send one body to several targets and tell each target's message id (rest.md 3.6.2)."""

import secrets
from collections.abc import Iterator

from accounts.domain.actor import Actor
from accounts.domain.errors import IllegalUsername, UsernameTooLong
from accounts.domain.ids import parse_username
from accounts.rest.throttling import ReachLimit, count_call
from chat.actions.message_rules import check_content
from chat.actions.messages import post_messages_now
from chat.domain.answers import Sent
from chat.domain.errors import ChatroomNotFound, GroupDisabled, GroupNotFound, ImError
from chat.domain.ids import EPOCH_MS, TIME_SHIFT
from chat.domain.targets import RoomTarget, Target, ToChatroom, ToUser, kind_and_id, room_target
from chat.queries.rights import group_or_thread, rights_of
from chat.rest.message_requests import MessageSendRefused, SendRequest, TargetType
from chat.store.clock import now_ms

# Kind of rate limit of a send (rest.md 1.9), also of messages for some members of a room.
RATES: dict[TargetType, str] = {
    "users": "user_messages",
    "chatgroups": "group_messages",
    "chatrooms": "room_messages",
}


class MessageRateReached(MessageSendRefused):
    """More messages to users in a minute than the app allows (decisions/0015)."""

    code = "message_rate_reached"


def send_to_all(actor: Actor, request: SendRequest) -> dict[str, str]:
    """Post to every target that somebody may read, all appended before any is waited for.

    A target that nobody can ever read gets an id too, as at the vendor: a name that no user can
    have, a chatroom that does not exist. Unknown groups are left out of the answer.

    Raises:
        GroupNotFound: every group is unknown.
        GroupDisabled: one of them is; nothing is sent.
        MessageRateReached: nothing is sent.
        MessageTooLarge, IllegalCustom.
    """
    if request.target_type == "users":
        _count_recipients(actor, request)
    targets = dict(_reachable(actor, request))
    commands = [request.command_to(target) for target in targets.values() if target is not None]
    sent = iter(post_messages_now(actor, commands))
    return {
        name: _lost_id() if target is None else _id_of(next(sent))
        for name, target in targets.items()
    }


def _count_recipients(actor: Actor, request: SendRequest) -> None:
    """The last check of 3.6.2: what cannot be sent for another reason uses nothing up."""
    settings = actor.app.settings
    if settings.rate_limits_enabled:  # else the action looks at it soon enough
        check_content(actor, request.body, request.ext, settings)
    try:
        count_call(actor.app, "user_recipients", times=len(request.targets))
    except ReachLimit:
        raise MessageRateReached(detail="message send reach limit") from None


def _id_of(outcome: Sent | ImError) -> str:
    if isinstance(outcome, ImError):
        raise outcome
    return str(outcome.message_id)


def _reachable(actor: Actor, request: SendRequest) -> Iterator[tuple[str, Target | None]]:
    """Each target that is answered with an id; None: nobody can read what goes there."""
    match request.target_type:
        case "users":
            for name in request.targets:
                yield name, _user(name)
        case "chatgroups":
            yield from _groups(actor, request.targets)
        case "chatrooms":
            for room_id in request.targets:
                yield room_id, _chatroom(actor, room_id)


def _user(name: str) -> ToUser | None:
    try:
        return ToUser(parse_username(name))
    except (IllegalUsername, UsernameTooLong):
        return None


def _chatroom(actor: Actor, room_id: str) -> ToChatroom | None:
    try:
        rights_of(actor.app.id, ToChatroom(room_id))
    except ChatroomNotFound:
        return None
    return ToChatroom(room_id)


def _groups(actor: Actor, group_ids: tuple[str, ...]) -> Iterator[tuple[str, RoomTarget]]:
    known: list[RoomTarget] = []
    for group_id in group_ids:
        try:
            rights = group_or_thread(actor.app.id, group_id)
        except GroupNotFound:
            continue
        if rights.disabled and group_or_thread(actor.app.id, group_id, fresh=True).disabled:
            raise GroupDisabled(room_id=group_id)
        known.append(room_target(rights.kind, group_id))
    if not known:
        raise GroupNotFound(kind="group", room_id=group_ids[0])
    for target in known:
        yield kind_and_id(target)[1], target


def _lost_id() -> str:
    """An id of which nothing is stored; shaped like any other."""
    since = now_ms() - EPOCH_MS
    return str((since << TIME_SHIFT) | secrets.randbits(TIME_SHIFT))
