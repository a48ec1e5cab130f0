"""What everything that a client asks has in common."""

from msgspec import Struct


class Command(Struct, frozen=True):
    """Something a client asks; chat.actions.handlers maps each class to its action."""
