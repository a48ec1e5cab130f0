"""How far a message came: by the cursors of who should get it, and for watched ones with times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import ImUser
from chat.domain.entries import Entry
from chat.models import ConversationState, DeliveryMoment, DeviceCursor, RoomMember

MAX_RECEIVERS = 3000  # the first of a larger room, by name
MAX_LISTED = 300  # members of a room whose messages a list still tells the reach of

_Place = tuple[str, int]  # a conversation's key, a user


@dataclass(frozen=True, slots=True)
class Receiver:
    """`devices` are those that acknowledged the message by the protocol; a user may have confirmed
    on a device that is forgotten since (cursors of devices live 7 days). `after`: the seq behind
    which what waits for them lies; `born_id` as of `unread.Reader`, 0 in rooms."""

    user_id: int
    username: str
    is_confirmed: bool
    is_read: bool
    devices: tuple[str, ...]
    after: int = 0
    born_id: int = 0


@dataclass(frozen=True, slots=True)
class _Stay:
    """Somebody who gets a log's entries after `joined`, up to `left` (None: still)."""

    user_id: int
    username: str
    joined: int = 0
    left: int | None = None
    born_id: int = 0

    def gets(self, entry: Entry) -> bool:
        is_here = self.joined < entry.seq and (self.left is None or entry.seq <= self.left)
        one, other = entry.conversation.names
        is_other = self.username != entry.sender or one == other == self.username
        return is_here and is_other and self.born_id < entry.id and entry.may_see(self.username)


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far one user has one log."""

    delivered: int = 0
    read: int = 0
    marks: tuple[int, ...] = ()


def receivers_of(entry: Entry) -> list[Receiver]:
    """Who the message is for, the sender left out, by name. A name without a user is not there.

    In a room: its members of that moment.
    """
    return receivers_of_all([entry], MAX_RECEIVERS, is_cut=True)[entry.id]


def receivers_of_all(
    entries: Sequence[Entry], most: int = MAX_LISTED, *, is_cut: bool = False
) -> dict[int, list[Receiver]]:
    """The same of several of one app, in at most four queries. A room with more than `most`
    members is cut there or, as one would take it for the whole, has none."""
    stays = _stays(entries, most, is_cut=is_cut)
    people = {stay.user_id for found in stays.values() for stay in found}
    if not people:
        return {entry.id: [] for entry in entries}
    keys = [key for key, found in stays.items() if found]
    mine = Q(conversation__app_id=entries[0].app_id, conversation__key__in=keys)
    if len(people) <= 50:
        mine &= Q(user_id__in=list(people))
    reached = _reached(mine)
    devices: dict[_Place, list[tuple[str, int]]] = {}
    moved = DeviceCursor.objects.filter(mine, seq__gte=min(entry.seq for entry in entries))
    fields = ("conversation__key", "user_id", "device", "seq")
    for key, user_id, device, seq in moved.order_by("device").values_list(*fields):
        devices.setdefault((key, user_id), []).append((device, seq))

    def receivers(entry: Entry) -> list[Receiver]:
        key, made = entry.conversation.key, []
        for stay in filter(lambda one: one.gets(entry), stays[key]):
            has = reached.get((key, stay.user_id), _Reached())
            known = devices.get((key, stay.user_id), ())
            named = tuple(device for device, seq in known if seq >= entry.seq)
            is_read = has.read >= entry.seq or entry.seq in has.marks
            is_confirmed = has.delivered >= entry.seq or bool(named)
            made.append(
                Receiver(stay.user_id, stay.username, is_confirmed, is_read, named,
                         max(stay.joined, has.delivered), stay.born_id)
            )  # fmt: skip
        return made

    return {entry.id: receivers(entry) for entry in entries}


def _reached(mine: Q) -> dict[_Place, _Reached]:
    fields = ("conversation__key", "user_id", "delivered_seq", "read_seq", "marks")
    return {
        (key, user_id): _Reached(delivered, read, tuple(marks))
        for key, user_id, delivered, read, marks in ConversationState.objects.filter(
            mine
        ).values_list(*fields)
    }


def _stays(entries: Sequence[Entry], most: int, *, is_cut: bool) -> dict[str, list[_Stay]]:
    """Key of a conversation → who gets, or got, what is said there; by name."""
    found: dict[str, list[_Stay]] = {}
    pairs = [entry for entry in entries if entry.conversation.kind == "pair"]
    if pairs:
        names = {entry.conversation.other_than(entry.sender) for entry in pairs}
        rows = ImUser.objects.filter(app_id=pairs[0].app_id, username__in=names)
        users = {
            name: _Stay(user_id, name, born_id=born_id)
            for user_id, name, born_id in rows.values_list("id", "username", "born_id")
        }
        for entry in pairs:
            other = entry.conversation.other_than(entry.sender)
            in_it = found.setdefault(entry.conversation.key, [])
            if other in users and users[other] not in in_it:
                in_it.append(users[other])
    rooms = {
        entry.conversation.row_id: entry.conversation.key
        for entry in entries
        if entry.conversation.kind != "pair"
    }
    found |= {key: [] for key in rooms.values()}
    if rooms:
        seqs = [entry.seq for entry in entries if entry.conversation.row_id in rooms]
        members = RoomMember.objects.filter(
            Q(left_seq=None) | Q(left_seq__gte=min(seqs)),
            joined_seq__lt=max(seqs),
            room_id__in=rooms,
        ).order_by("user__username")
        if not is_cut:
            members = members.filter(room__member_count__lte=most)
        fields = ("room_id", "user_id", "user__username", "joined_seq", "left_seq")
        for room, *stay in members.values_list(*fields)[: most * len(rooms)]:
            found[rooms[room]].append(_Stay(*stay))
    return found


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
