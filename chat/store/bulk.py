"""Loads many rows of one table: COPY on PostgreSQL, executemany on SQLite.

For data that is made in one go (`seed_large`). Nothing is looked up and nobody is told: whoever
calls it keeps the invariants of README.md.
"""

# S608: the pieces that are put together are names of models' columns, never values.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from django.db import models
from django.db.backends.utils import CursorWrapper
from django.db.models import Field

Row = tuple[Any, ...]

AT_ONCE = 10_000
_PLAIN = (models.IntegerField, models.CharField, models.TextField, models.BooleanField)


def load_rows(
    cursor: CursorWrapper, model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Insert rows of `columns` (names of columns); the model's defaults fill the others."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    others = [
        field
        for name, field in fields.items()
        if name not in columns and not isinstance(field, models.AutoField)
    ]
    defaults = tuple(field.get_db_prep_save(field.get_default(), cursor.db) for field in others)
    converted = _converted([fields[name] for name in columns], cursor, rows)
    whole = (row + defaults for row in converted)
    table = model._meta.db_table
    names = ", ".join(f'"{name}"' for name in (*columns, *(field.column for field in others)))
    if cursor.db.vendor == "postgresql":
        with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in whole:
                copy.write_row(row)
        return
    marks = ", ".join(["%s"] * (len(columns) + len(defaults)))
    for some in in_chunks(whole):
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', some)


def in_chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _converted(
    fields: Sequence["Field[Any, Any]"], cursor: CursorWrapper, rows: Iterable[Row]
) -> Iterable[Row]:
    """What is neither number nor text is written as the database wants it."""
    special: list[tuple[int, Callable[[Any], Any]]] = [
        (place, partial(field.get_db_prep_save, connection=cursor.db))
        for place, field in enumerate(fields)
        if not isinstance(field, (*_PLAIN, models.ForeignKey, models.BinaryField))
    ]
    if not special:
        return rows
    return (_with(row, special) for row in rows)


def _with(row: Row, special: Sequence[tuple[int, Callable[[Any], Any]]]) -> Row:
    values = list(row)
    for place, convert in special:
        values[place] = convert(values[place])
    return tuple(values)
