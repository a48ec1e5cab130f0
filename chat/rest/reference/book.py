"""All calls of the reference."""

from chat.rest.reference import messages, people, rooms

CALLS = (*people.CALLS, *messages.CALLS, *rooms.CALLS)
