"""Message ids, room ids and the rules that keep them apart from usernames."""

import re

# Milliseconds since 2010-01-01, 10 bits of process, 12 bits of sequence: 63 bits, 19 digits.
EPOCH_MS = 1_262_304_000_000
PROCESS_BITS = 10
SEQUENCE_BITS = 12
TIME_SHIFT = PROCESS_BITS + SEQUENCE_BITS
MAX_PROCESS = (1 << PROCESS_BITS) - 1
LEASED_PROCESSES = 960  # numbers from here on are in no entry's id: `derived_id` has them
MAX_SEQUENCE = (1 << SEQUENCE_BITS) - 1

_CHOSEN_ROOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
RESERVED_ROOM_IDS = frozenset({"new", "bulk", "superadmins", "super_admin", "user"})


class IdClock:
    """One process's rising ids. Not thread-safe: its owner (the writer, under a lock) is.

    The caller gives the time; the clock never goes back, and moves on when a millisecond's
    4,096 ids are used up.
    """

    __slots__ = ("_last_ms", "_process", "_sequence")

    def __init__(self, process: int) -> None:
        if not 0 <= process <= MAX_PROCESS:
            raise ValueError(f"process number {process} out of range")
        self._process = process
        self._last_ms = 0
        self._sequence = 0

    def next_id(self, now_ms: int, above: int = 0) -> int:
        """The next id, greater than every id given before and than `above`.

        If the next one would not be above `above`, the clock first moves to the millisecond after
        it: `above + 1` could be another process's id.
        """
        if now_ms > self._last_ms:
            self._last_ms, self._sequence = now_ms, 0
        elif self._sequence >= MAX_SEQUENCE:
            self._last_ms, self._sequence = self._last_ms + 1, 0
        else:
            self._sequence += 1
        made = self._compose()
        if made <= above:
            self._last_ms, self._sequence = ms_of(above) + 1, 0
            made = self._compose()
        return made

    def _compose(self) -> int:
        since = self._last_ms - EPOCH_MS
        return (since << TIME_SHIFT) | (self._process << SEQUENCE_BITS) | self._sequence


def ms_of(entry_id: int) -> int:
    """The Unix milliseconds inside an id."""
    return (entry_id >> TIME_SHIFT) + EPOCH_MS


def process_of(entry_id: int) -> int:
    """The number of the process that made an id."""
    return (entry_id >> SEQUENCE_BITS) & MAX_PROCESS


def derived_id(entry_id: int, number: int) -> int:
    """An id for the `number`th of several things that a wire makes of one entry.

    The same every time, in the entry's millisecond, and never an entry's own. 0 is the entry's.
    """
    if number == 0:
        return entry_id
    process = process_of(entry_id)
    spare = MAX_PROCESS + 1 - LEASED_PROCESSES
    turn, place = divmod(number - 1, spare)
    made = LEASED_PROCESSES + (process + place) % spare
    sequence = ((entry_id & MAX_SEQUENCE) + turn) & MAX_SEQUENCE
    return (entry_id >> TIME_SHIFT) << TIME_SHIFT | made << SEQUENCE_BITS | sequence


def is_legal_room_id(room_id: str) -> bool:
    """Whether a caller may choose it (rest.md 1.3, 3.8.1)."""
    return bool(_CHOSEN_ROOM_ID.fullmatch(room_id)) and room_id.lower() not in RESERVED_ROOM_IDS


def looks_like_room_id(username: str) -> bool:
    """Clients tell queues apart by name alone: 15 digits are never a username's."""
    return len(username) == 15 and username.isdigit()
