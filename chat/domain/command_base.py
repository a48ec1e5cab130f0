"""What everything that a client asks has in common."""


class Command:
    """Something a client asks; chat.actions.handlers maps each class to its action."""

    __slots__ = ()
