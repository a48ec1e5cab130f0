"""Statements written out, for what every call or log-in reads: making such a query costs the ORM
ten times what the database does with it."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

Row = tuple[Any, ...]


def fetch(statement: str, values: Sequence[Any] = ()) -> list[Row]:
    """All rows, their values as the driver gives them: SQLite has numbers for booleans."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[Row] = cursor.fetchall()
    return found


def in_marks(values: Collection[Any]) -> str:
    """The inside of an IN (…) for so many values."""
    return ", ".join(["%s"] * len(values))
