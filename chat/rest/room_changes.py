"""Read the body of a group's or chatroom's change, and answer it (rest.md 3.8.2, 3.8.3, 3.9.2)."""

from collections.abc import Mapping

from chat.rest.fields import Fields, InvalidParameter
from chat.rest.room_answers import Json


def changes_and_answer(
    fields: Fields, wanted: Mapping[str, tuple[str, object]]
) -> tuple[Json, Json]:
    """From Room field → (the answer's name, value or None when not sent)."""
    sent = {field: pair for field, pair in wanted.items() if pair[1] is not None}
    answer: Json = {name: True for name, _ in sent.values()}
    if fields.first("name"):
        answer["name"] = True
    return {field: value for field, (_, value) in sent.items()}, answer


def check_known(fields: Fields, known: frozenset[str]) -> None:
    """Raises InvalidParameter for an empty change or one with fields that cannot be changed."""
    if unknown := [name for name in fields.values if name not in known]:
        raise InvalidParameter(detail=f"some of [{', '.join(unknown)}] are not valid fields")
    if not fields.values:
        raise InvalidParameter(detail="there must be a field to change")


def new_owner(fields: Fields) -> str:
    """The `newowner` of a transfer, which comes alone."""
    if len(fields.values) > 1:
        raise InvalidParameter(detail="newowner must be the only field")
    name = fields.text("newowner")
    if not name:
        raise InvalidParameter(detail="newowner must be provided")
    return name.lower()


def short_text(fields: Fields, name: str, most: int) -> str | None:
    """A string of at most `most` characters. Raises InvalidParameter."""
    value = fields.text(name)
    if value is not None and len(value) > most:
        raise InvalidParameter(detail=f"{name} length is too big")
    return value
