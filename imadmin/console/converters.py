"""Path converters of the console's URLs (console.md §5)."""

from django.urls import register_converter


class OrgConverter:
    regex = "[A-Za-z0-9_-]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class AppConverter(OrgConverter):
    regex = "[A-Za-z0-9_-]{1,32}"


class UsernameConverter(OrgConverter):
    """Lower-cased; `.` and `..` are path segments, not names."""

    regex = r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,64}"

    def to_python(self, value: str) -> str:
        return value.lower()


class RoomIdConverter(OrgConverter):
    """REST lets the caller choose an id; `new`, `bulk` and `superadmins` are pages."""

    regex = "(?!(?:new|bulk|superadmins)/)[A-Za-z0-9_-]{1,64}"


class ConnectionConverter(OrgConverter):
    """The process that holds a connection, and its number there."""

    regex = r"[0-9a-f]{1,32}\.[0-9]{1,19}"


class LinkTokenConverter(OrgConverter):
    """The secret part of a one-time link."""

    regex = "[A-Za-z0-9_-]{16,64}"


class MessageIdConverter:
    """63 bits in decimal; longer numbers are no id."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number >= 1 << 63:
            raise ValueError(value)
        return number

    def to_url(self, value: int | str) -> str:
        return str(value)


def register() -> None:
    for name, converter in (
        ("org", OrgConverter),
        ("app", AppConverter),
        ("uname", UsernameConverter),
        ("rid", RoomIdConverter),
        ("conn", ConnectionConverter),
        ("link", LinkTokenConverter),
        ("mid", MessageIdConverter),
    ):
        register_converter(converter, name)
