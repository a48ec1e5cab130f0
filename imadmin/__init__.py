"""An instant-messaging console with the backend behind it."""

__version__ = "0.1.0"
