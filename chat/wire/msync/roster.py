"""Contacts: facts of a personal log → ROSTER metas, and operations of 3.x up.

Source: specs/msync.md 6.3, 7.1.
"""

from chat.domain.commands import (
    AnswerContact,
    BlockUsers,
    Command,
    RemoveContact,
    RequestContact,
    UnblockUser,
)
from chat.domain.entries import Entry
from chat.domain.events import RosterChange, RosterChanged
from chat.wire.msync import ext, frames
from chat.wire.msync.pb import msync_pb2 as pb

Op = pb.RosterBody
MAX_NAMES = 100

# (change, whether the reader did it) → operation down; what is missing tells nobody.
_DOWN = {
    (RosterChange.REQUEST, False): Op.ADD,
    (RosterChange.ADDED, False): Op.REMOTE_ACCEPT,
    (RosterChange.ADDED, True): Op.ACCEPT,
    (RosterChange.DECLINED, False): Op.REMOTE_DECLINE,
    (RosterChange.REMOVED, False): Op.REMOVE,
    (RosterChange.BLOCKED, True): Op.BAN,
    (RosterChange.UNBLOCKED, True): Op.ALLOW,
}


def meta_of(entry: Entry, fact: RosterChanged, appkey: str, me: str) -> bytes | None:
    operation = _operation(fact, by_the_app=entry.sender != me and fact.by_me)
    if operation is None:
        return None
    return meta(entry.id, entry.created_ms, operation, appkey, fact.username, me, fact.message)


def _operation(fact: RosterChanged, *, by_the_app: bool) -> "pb.RosterBody.Operation | None":
    """What the app does to two users is told to both alike (rest.md 1.10): neither of them asked,
    accepted or removed the other."""
    if fact.change is RosterChange.ADDED and not fact.answers:
        return Op.ACCEPT
    if fact.change is RosterChange.REMOVED and by_the_app:
        return Op.REMOVE
    return _DOWN.get((fact.change, fact.by_me))


def meta(
    meta_id: int,
    at_ms: int,
    operation: "pb.RosterBody.Operation",
    appkey: str,
    other: str,
    me: str,
    reason: str = "",
) -> bytes:
    them, mine = frames.user_jid(appkey, other), frames.user_jid(appkey, me)
    body = pb.RosterBody(operation=operation, to=[mine], reason=reason)
    body.status.error_code = pb.RosterBody.Status.OK
    frames.set_from(body, them)
    made = pb.Meta(
        id=meta_id, to=mine, timestamp=at_ms, ns=pb.Meta.ROSTER, payload=body.SerializeToString()
    )
    frames.set_from(made, them)
    return made.SerializeToString()


def commands_of(body: pb.RosterBody) -> list[Command]:
    """What a 3.x client asks; [] for what is none of ours (it is acknowledged all the same)."""
    said = (ext.text(jid.name).lower() for jid in body.to if jid.name)
    names, reason = tuple(dict.fromkeys(said))[:MAX_NAMES], ext.text(body.reason)
    match body.operation:
        case Op.ADD:
            return [RequestContact(name, reason) for name in names]
        case Op.REMOVE:
            return [RemoveContact(name) for name in names]
        case Op.ACCEPT:
            return [AnswerContact(name, accept=True) for name in names]
        case Op.DECLINE:
            return [AnswerContact(name, accept=False) for name in names]
        case Op.BAN:
            return [BlockUsers(names)] if names else []
        case Op.ALLOW:
            return [UnblockUser(name) for name in names]
        case _:
            return []
