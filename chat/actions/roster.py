"""Contacts: ask, answer, make friends at once, end a friendship, remark."""

from django.db import transaction

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.models import ImUser
from accounts.queries.im_apps import settings_of
from chat.actions.pair_access import OpenPair, acting_name, open_pair
from chat.domain.commands import (
    AddContact,
    AnswerContact,
    RemoveContact,
    RequestContact,
    SetRemark,
)
from chat.domain.errors import (
    Blocked,
    ContactLimit,
    NoSuchRequest,
    NotFriends,
    RemarkTooLong,
)
from chat.domain.events import RosterChange
from chat.models import BlockEntry, RosterEntry

State = RosterEntry.State


@transaction.atomic
def request_contact(actor: Actor, command: RequestContact) -> bool:
    """Ask to become friends; True when that made friends, since the other had asked before.

    Asking friends does nothing; asking again is told again.

    Raises:
        UserNotFound, OneselfRefused, ContactLimit.
        Blocked: the other one blocked the asker.
    """
    pair = open_pair(actor, "", command.username)
    mine = RosterEntry.objects.filter(owner=pair.owner, contact=pair.peer).first()
    if mine is not None and mine.state == State.FRIENDS:
        return True
    if mine is not None and mine.state == State.PENDING_IN:
        _accept(pair)
        pair.note("roster.answer", friend=[None, pair.peer.username], accept=[None, True])
        return True
    blocks = BlockEntry.objects.filter(owner=pair.peer, blocked=pair.owner)
    if settings_of(actor.app.id).blocks_enabled and blocks.exists():
        raise Blocked(username=pair.peer.username)
    _check_limit(actor, pair.owner)
    message = command.message[:512]
    _save(pair.owner, pair.peer, State.PENDING_OUT, message)
    _save(pair.peer, pair.owner, State.PENDING_IN, message)
    pair.tell(
        pair.to_peer(RosterChange.REQUEST, message, by_me=False),
        pair.to_owner(RosterChange.REQUEST, message, by_me=True),
    )
    pair.note("roster.add", friend=[None, pair.peer.username], mode=[None, "request"])
    return False


@transaction.atomic
def add_contact(actor: Actor, command: AddContact) -> None:
    """Make two users friends at once, whatever was asked before. Friends stay friends.

    Raises:
        UserNotFound, OneselfRefused, ContactLimit.
    """
    pair = open_pair(actor, command.owner, command.username)
    friends = RosterEntry.objects.filter(
        owner=pair.owner, contact=pair.peer, state=State.FRIENDS
    ).exists()
    if not friends:
        _befriend(pair)
        if command.tells:
            pair.tell(
                pair.to_owner(RosterChange.ADDED, by_me=True),
                pair.to_peer(RosterChange.ADDED, by_me=False),
            )
        pair.note("roster.add", friend=[None, pair.peer.username])


@transaction.atomic
def answer_contact(actor: Actor, command: AnswerContact) -> bool:
    """Accept or decline somebody's request. Accepting a friend again does nothing: False.

    Raises:
        UserNotFound, OneselfRefused, ContactLimit.
        NoSuchRequest: nobody of that name asked.
    """
    pair = open_pair(actor, "", command.username)
    mine = RosterEntry.objects.filter(owner=pair.owner, contact=pair.peer).first()
    if command.accept and mine is not None and mine.state == State.FRIENDS:
        return False
    if mine is None or mine.state != State.PENDING_IN:
        raise NoSuchRequest(username=pair.peer.username)
    pair.note("roster.answer", friend=[None, pair.peer.username], accept=[None, command.accept])
    if command.accept:
        _accept(pair)
        return True
    _forget(pair)
    pair.tell(
        pair.to_peer(RosterChange.DECLINED, command.message[:512], by_me=False),
        pair.to_owner(RosterChange.DECLINED, by_me=True),
    )
    return True


@transaction.atomic
def remove_contact(actor: Actor, command: RemoveContact) -> bool:
    """End a friendship on both sides, or take back (or drop) a request. False: there was none.

    Only a friend is told: a client that answers a removal with a removal must not go on for ever
    (Source: webim1-xmpp.md 6.2).

    Raises:
        UserNotFound, OneselfRefused.
    """
    pair = open_pair(actor, command.owner, command.username)
    mine = RosterEntry.objects.filter(owner=pair.owner, contact=pair.peer).first()
    if mine is None:
        return False
    were_friends = mine.state == State.FRIENDS
    _forget(pair)
    tellings = [pair.to_owner(RosterChange.REMOVED, by_me=True)]
    if were_friends:
        tellings.append(pair.to_peer(RosterChange.REMOVED, by_me=False))
    pair.tell(*tellings)
    pair.note("roster.remove", friend=[pair.peer.username, None])
    return True


@transaction.atomic
def set_remark(actor: Actor, command: SetRemark) -> None:
    """Give a friend a name of one's own; empty takes it away.

    Raises:
        RemarkTooLong, NotFriends.
    """
    if len(command.remark) > actor.app.settings.max_remark:
        raise RemarkTooLong(limit=actor.app.settings.max_remark)
    owner, contact = acting_name(actor, command.owner), command.username.lower()
    changed = RosterEntry.objects.filter(
        owner__app_id=actor.app.id,
        owner__username=owner,
        contact__username=contact,
        state=State.FRIENDS,
    ).update(remark=command.remark)
    if not changed:
        raise NotFriends(username=command.username)
    diff: dict[str, list[object]] = {"friend": [None, contact]}
    audit.note("roster.remark", actor.app, "user", owner, diff)


def _accept(pair: OpenPair) -> None:
    _befriend(pair)
    pair.tell(
        pair.to_peer(RosterChange.ADDED, by_me=False, answers=True),
        pair.to_owner(RosterChange.ADDED, by_me=True),
    )


def _befriend(pair: OpenPair) -> None:
    _check_limit(pair.actor, pair.owner)
    _check_limit(pair.actor, pair.peer)
    _save(pair.owner, pair.peer, State.FRIENDS)
    _save(pair.peer, pair.owner, State.FRIENDS)


def _check_limit(actor: Actor, user: ImUser) -> None:
    friends = RosterEntry.objects.filter(owner=user, state=State.FRIENDS)
    if friends.count() >= actor.app.settings.max_contacts:
        raise ContactLimit(username=user.username)


def _save(owner: ImUser, contact: ImUser, state: str, message: str = "") -> None:
    RosterEntry.objects.update_or_create(
        owner=owner,
        contact=contact,
        defaults={"state": state, "message": message, "app_id": owner.app_id},
    )


def _forget(pair: OpenPair) -> None:
    users = (pair.owner, pair.peer)
    RosterEntry.objects.filter(owner__in=users, contact__in=users).delete()
