"""How far a message came: by the cursors of who should get it, and for watched ones with times."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import ImUser
from chat.domain.entries import Entry
from chat.models import ConversationState, DeliveryMoment, DeviceCursor, RoomMember
from chat.store.reading import find_row

MAX_RECEIVERS = 3000  # the first of a larger room, by name


@dataclass(frozen=True, slots=True)
class Receiver:
    """`devices` are those that acknowledged the message by the protocol; a user may have confirmed
    on a device that is forgotten since (cursors of devices live 7 days)."""

    user_id: int
    username: str
    is_confirmed: bool
    is_read: bool
    devices: tuple[str, ...]


def receivers_of(entry: Entry) -> list[Receiver]:
    """Who the message is for, the sender left out, by name. A name without a user is not there.

    In a room: its members of that moment. Four queries, whatever the number of receivers.
    """
    row = find_row(entry.app_id, entry.conversation)
    people = _people(entry)
    if row is None or not people:
        return []
    mine = (
        Q(conversation=row, user_id__in=list(people)) if len(people) <= 50 else Q(conversation=row)
    )
    states = {
        user_id: (delivered >= entry.seq, read >= entry.seq or entry.seq in marks)
        for user_id, delivered, read, marks in ConversationState.objects.filter(mine).values_list(
            "user_id", "delivered_seq", "read_seq", "marks"
        )
    }
    devices: dict[int, list[str]] = {}
    moved = DeviceCursor.objects.filter(mine, seq__gte=entry.seq).order_by("device")
    for user_id, device in moved.values_list("user_id", "device"):
        devices.setdefault(user_id, []).append(device)
    made = []
    for user_id, username in sorted(people.items(), key=lambda one: one[1]):
        delivered, read = states.get(user_id, (False, False))
        named = tuple(devices.get(user_id, ()))
        made.append(Receiver(user_id, username, delivered or bool(named), read, named))
    return made


def _people(entry: Entry) -> dict[int, str]:
    """User rows and names of the receivers."""
    place = entry.conversation
    if place.kind == "pair":
        other = place.other_than(entry.sender)
        users = ImUser.objects.filter(app_id=entry.app_id, username=other)
        return dict(users.filter(born_id__lt=entry.id).values_list("id", "username"))
    stays = RoomMember.objects.filter(
        Q(left_seq=None) | Q(left_seq__gte=entry.seq),
        room_id=place.row_id,
        joined_seq__lt=entry.seq,
    ).order_by("user__username")
    named = stays.values_list("user_id", "user__username")[:MAX_RECEIVERS]
    return {
        user_id: name for user_id, name in named if name != entry.sender and entry.may_see(name)
    }


@dataclass(frozen=True, slots=True)
class Moment:
    """When a watched message came to a stage; `user_id` 0: as a whole."""

    user_id: int
    device: str
    stage: str
    at_us: int


def moments_of(app_id: int, message_ids: Iterable[int]) -> dict[int, list[Moment]]:
    """What was recorded of each message, in order of time."""
    found: dict[int, list[Moment]] = {}
    rows = DeliveryMoment.objects.filter(app_id=app_id, message_id__in=list(message_ids))
    fields = ("message_id", "user_id", "device", "stage", "at_us")
    for message_id, *told in rows.order_by("at_us", "id").values_list(*fields):
        found.setdefault(message_id, []).append(Moment(*told))
    return found
