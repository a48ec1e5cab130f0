"""Tables in text files, as spreadsheets of several countries write and read them (console.md §3).

In: UTF-8 with or without mark, UTF-16 with a mark, else GB18030, which Excel writes on a Chinese
Windows. Out: UTF-8 with a mark; a cell that a spreadsheet would run as a formula gets a `'`.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

BOM = "\ufeff"
SEPARATORS = (",", ";", "\t", "，", "；")
# What begins a formula, half and full width.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
          (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


class BadTable(ValueError):
    """It cannot be read as a table; the text says why, in the operator's language."""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` are (line, cells); the line is the one on which the row begins. No row is empty."""

    encoding: str
    separator: str
    header: tuple[str, ...]  # trimmed, lower-case
    rows: list[tuple[int, list[str]]]


def read_table(content: bytes, encoding: str = "") -> Table:
    """Read a whole file; without an encoding it is guessed.

    Raises BadTable.
    """
    text, encoding = _decoded(content, encoding)
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count) if any(map(first.count, SEPARATORS)) else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as exc:
        told = _("Line %(line)d is no row of a table: %(problem)s.")
        raise BadTable(told % {"line": line, "problem": exc}) from None
    if not found:
        raise BadTable(_("The file is empty."))
    header = tuple(cell.lower() for cell in found[0][1])
    return Table(encoding, separator, header, found[1:])


def write_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The text of a file; encode it as UTF-8."""
    return BOM + write_rows([header, *rows])


def write_rows(rows: Iterable[Sequence[object]]) -> str:
    """Lines of a file whose head is written already."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe_cell(str(value)) for value in row])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """The text as a spreadsheet shows it and does not run it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _decoded(content: bytes, encoding: str) -> tuple[str, str]:
    guesses = [encoding] if encoding else _guesses(content)
    for guess in guesses:
        try:
            text = content.decode(guess)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" in text:
            break
        return text.removeprefix(BOM), guess
    if encoding:
        raise BadTable(_("This is not text in %(encoding)s.") % {"encoding": encoding})
    raise BadTable(_("This is not text, or in an unknown encoding: choose it by hand."))


def _guesses(content: bytes) -> list[str]:
    marked = [name for mark, name in _MARKS if content.startswith(mark)]
    return marked or ["utf-8", "gb18030"]
