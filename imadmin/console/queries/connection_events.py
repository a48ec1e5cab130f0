"""The last events of a live connection, as far as what is stored anyway tells of them."""

from dataclasses import dataclass
from typing import Literal

from accounts.domain.actor import AppRef
from accounts.queries.audit import acts_on
from chat.domain.entries import Entry, EntryKind
from chat.live.online import DeviceOnline
from chat.queries.device_log import passed
from chat.queries.observed import refused_sends
from imadmin.console.queries.refused import Refused

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Event:
    """`what`: sent (by it), got (it acknowledged), refused (a send), expired (the user's tokens, by
    the operator `who`), signed_in.

    Of an entry: `kind` is as the log names it, `chat` user, group, chatroom, thread or personal
    with `who` as its name, and `message_id` is empty when it has no page.
    """

    at_ms: int
    what: Literal["sent", "got", "refused", "expired", "signed_in"]
    kind: str = ""
    chat: str = ""
    who: str = ""
    message_id: str = ""
    refused: Refused | None = None


def events_of(app: AppRef, session: DeviceOnline) -> list[Event]:
    """The newest first."""
    name, since = session.username, session.since_ms
    found = [
        _of_entry(one.entry, name, one.at_ms, is_sent=one.is_sent)
        for one in passed(app, session.user_id, name, session.device, since, SHOWN)
    ]
    refused = refused_sends(app, since, SHOWN, username=name, via=session.wire)
    found += [_of_refused(Refused(attempt)) for attempt in refused]
    found += [
        Event(int(act.at.timestamp() * 1000), "expired", who=act.actor)
        for act in acts_on(app, "session.expire", name, since, SHOWN)
    ]
    found.append(Event(since, "signed_in"))
    return sorted(found, key=lambda one: -one.at_ms)[:SHOWN]


def _of_refused(one: Refused) -> Event:
    _via, chat, target, type_ = one.parts
    return Event(one.attempt.at_ms, "refused", type_, chat, target, refused=one)


def _of_entry(entry: Entry, username: str, at_ms: int, *, is_sent: bool) -> Event:
    place, is_message = entry.conversation, entry.kind is EntryKind.MESSAGE
    who = {"pair": place.other_than(username), "personal": entry.about}.get(place.kind)
    return Event(
        at_ms,
        "sent" if is_sent else "got",
        entry.type if is_message else f"{entry.kind.name.lower()} {entry.type}",
        "user" if place.kind == "pair" else place.kind,
        place.room_id if who is None else who,
        str(entry.id) if is_message else "",
    )
