"""All calls of the reference."""

from chat.rest.reference import messages, people, rooms, threads

CALLS = (*people.CALLS, *messages.CALLS, *rooms.CALLS, *threads.CALLS)
