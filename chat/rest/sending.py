"""Send one body to several targets and tell each target's message id (rest.md 3.6.2)."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping

from accounts.domain.actor import Actor
from accounts.domain.errors import IllegalUsername, UsernameTooLong
from accounts.domain.ids import parse_username
from accounts.rest.throttling import ReachLimit, count_call
from chat.actions.message_rules import check_content
from chat.actions.messages import post_messages, post_messages_now
from chat.domain.answers import Sent
from chat.domain.commands import SendMessage
from chat.domain.errors import ChatroomNotFound, GroupDisabled, GroupNotFound, ImError
from chat.domain.ids import EPOCH_MS, TIME_SHIFT
from chat.domain.targets import (
    RoomTarget,
    Target,
    ToChatroom,
    ToGroup,
    ToUser,
    kind_and_id,
    room_target,
)
from chat.queries.rights import group_or_thread, peek_rights, rights_of
from chat.rest.message_requests import MessageSendRefused, SendRequest, TargetType
from chat.store.clock import now_ms

Targets = dict[str, Target | None]  # None: nobody can read what goes there

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
    return _ids(targets, post_messages_now(actor, _commands(request, targets)))


def send_without_waiting(
    actor: Actor, request: SendRequest, then: Callable[[dict[str, str] | ImError], None]
) -> bool:
    """The same where no query may run and nobody can wait: `then` is called once, from another
    thread. False: something that decides is not remembered, and nothing was done.

    Raises:
        ImError: as post_messages.
    """
    targets = _remembered(actor, request)
    if targets is None or actor.app.settings.rate_limits_enabled:
        return False

    def sent(outcomes: list[Sent | ImError]) -> None:
        try:
            answer: dict[str, str] | ImError = _ids(targets, outcomes)
        except ImError as refusal:
            answer = refusal
        then(answer)

    return post_messages(actor, _commands(request, targets), sent)


def _commands(request: SendRequest, targets: Targets) -> list[SendMessage]:
    return [request.command_to(target) for target in targets.values() if target is not None]


def _ids(targets: Targets, outcomes: Iterable[Sent | ImError]) -> dict[str, str]:
    """The answer. Raises ImError: one of them could not be sent."""
    sent = iter(outcomes)
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


def _remembered(actor: Actor, request: SendRequest) -> Targets | None:
    """As _reachable, by what this process remembers; None when that is not enough."""
    match request.target_type:
        case "users":
            return {name: _user(name) for name in request.targets}
        case "chatgroups":
            return _all_known(actor, {name: ToGroup(name) for name in request.targets})
        case "chatrooms":
            return _all_known(actor, {name: ToChatroom(name) for name in request.targets})


def _all_known(actor: Actor, rooms: Mapping[str, RoomTarget]) -> Targets | None:
    known = [peek_rights(actor.app.id, room) for room in rooms.values()]
    if any(rights is None or rights.disabled for rights in known):
        return None
    return dict(rooms)


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
