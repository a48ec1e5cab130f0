"""(Event, Audience), and logs that moved, ⇄ bytes for the channel layer."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chat.domain.audience import Audience
from chat.domain.entries import Entry, EntryKind, EntryState
from chat.domain.errors import ImError
from chat.domain.events import (
    Closing,
    Event,
    Kicked,
    Logged,
    PresenceChanged,
    Typing,
    logged,
)
from chat.domain.targets import Conversation, ThreadPlace
from chat.domain.threads import ThreadMoved

Parts = list[Any]
Moved = tuple[int, Conversation, int]  # app id, log, a seq of it

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def pack(event: Event, audience: Audience) -> bytes:
    return _encode([_event_parts(event), _audience_parts(audience)])


def unpack(packed: bytes) -> tuple[Event, Audience]:
    """Raises ValueError (msgspec.DecodeError is one) for what another version sent."""
    try:
        event, audience = _decode(packed)
        return _event(event), _audience(audience)
    except (IndexError, TypeError, KeyError) as exc:
        raise ValueError("not a packed event") from exc


def pack_moved(moved: Iterable[Moved]) -> bytes:
    return _encode([[app_id, _conversation_parts(talk), seq] for app_id, talk, seq in moved])


def unpack_moved(packed: bytes) -> list[Moved]:
    """Raises ValueError, as unpack."""
    try:
        return [(app_id, _conversation(talk), seq) for app_id, talk, seq in _decode(packed)]
    except (IndexError, TypeError) as exc:
        raise ValueError("not logs that moved") from exc


def _event_parts(event: Event) -> Parts:
    match event:
        case Logged(entry):
            return ["entry", _entry_parts(entry)]
        case Typing(conversation, username):
            return ["typing", _conversation_parts(conversation), username]
        case PresenceChanged(username, online, status, ext, devices):
            return ["presence", username, online, status, ext, devices]
        case ThreadMoved(thread_id, place, by, at_ms, messages, last):
            named = [place.group_id, place.message_id, place.name]
            entry_parts = None if last is None else _entry_parts(last)
            return ["thread", thread_id, named, by, at_ms, messages, entry_parts]
        case Kicked(reason, connection, before_ms):
            return ["kicked", reason.code, reason.params, connection, before_ms]
        case Closing(retry_after_s):
            return ["closing", retry_after_s]


def _event(parts: Parts) -> Event:
    match parts:
        case ["entry", entry]:
            return logged(_entry(entry))
        case ["typing", conversation, username]:
            return Typing(_conversation(conversation), username)
        case ["presence", username, online, status, ext, devices]:
            return PresenceChanged(username, online, status, ext, devices)
        case ["thread", thread_id, named, by, at_ms, messages, last]:
            entry = None if last is None else _entry(last)
            return ThreadMoved(thread_id, ThreadPlace(*named), by, at_ms, messages, entry)
        case ["kicked", code, params, connection, before_ms]:
            return Kicked(_refusals().get(code, ImError)(**params), connection, before_ms)
        case ["closing", retry_after_s]:
            return Closing(retry_after_s)
        case _:
            raise ValueError("an event of an unknown kind")


def _entry_parts(entry: Entry) -> Parts:
    return [
        entry.id,
        entry.app_id,
        _conversation_parts(entry.conversation),
        entry.seq,
        int(entry.kind),
        entry.type,
        entry.sender,
        entry.payload,
        entry.created_ms,
        entry.sender_device,
        entry.client_id,
        entry.about,
        entry.only,
        entry.flags,
        entry.raw,
        int(entry.state),
        entry.seen_a,
        entry.seen_b,
    ]


def _entry(parts: Parts) -> Entry:
    return Entry(
        id=parts[0],
        app_id=parts[1],
        conversation=_conversation(parts[2]),
        seq=parts[3],
        kind=EntryKind(parts[4]),
        type=parts[5],
        sender=parts[6],
        payload=parts[7],
        created_ms=parts[8],
        sender_device=parts[9],
        client_id=parts[10],
        about=parts[11],
        only=tuple(parts[12]),
        flags=parts[13],
        raw=parts[14],
        state=EntryState(parts[15]),
        seen_a=parts[16],
        seen_b=parts[17],
    )


def _conversation_parts(conversation: Conversation) -> Parts:
    return [conversation.kind, conversation.names, conversation.room_id, conversation.row_id]


def _conversation(parts: Parts) -> Conversation:
    kind, names, room_id, row_id = parts
    return Conversation(kind, (names[0], names[1]), room_id, row_id)


def _audience_parts(audience: Audience) -> Parts:
    return [
        audience.topics,
        audience.only,
        audience.skip_device,
        audience.skip_user,
        audience.device,
    ]


def _audience(parts: Parts) -> Audience:
    topics, only, skip_device, skip_user, device = parts
    return Audience(
        tuple(topics),
        tuple(only),
        (skip_device[0], skip_device[1]) if skip_device else None,
        skip_user,
        device,
    )


def _refusals() -> dict[str, type[ImError]]:
    return {cls.code: cls for cls in _subclasses(ImError)}


def _subclasses(cls: type[ImError]) -> Iterator[type[ImError]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)
