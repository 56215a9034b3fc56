"""CSV that people edit, read together with the line of each row.

Rows that start with `#` are notes and empty rows are skipped; every column is required, but for those named
as optional, and none is unknown.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from parking.errors import SourceError
from parking.ids import PLAIN_ID_RULE, is_plain_id

T = TypeVar("T")


class Row:
    """One row: its cells by column, and errors that point at its line."""

    __slots__ = ("_cells", "line", "path")

    def __init__(self, path: Path, line: int, cells: dict[str, str]) -> None:
        self.path = path
        self.line = line
        self._cells = cells

    def error(self, expected: str) -> SourceError:
        """Build the error that points at this row."""
        return SourceError(self.path, self.line, expected)

    def text(self, column: str) -> str:
        """The cell without surrounding blanks; empty also where an optional column is left out."""
        return self._cells.get(column, "").strip()

    def required(self, column: str) -> str:
        """The cell's text; an empty one is an error."""
        text = self.text(column)
        if not text:
            raise self.error(f"{column} is empty")
        return text

    def identifier(self, column: str) -> str:
        """The cell's text, which must be usable as an id."""
        text = self.text(column)
        if not is_plain_id(text):
            raise self.error(f"{column} {PLAIN_ID_RULE}, not {text!r}")
        return text

    def choice(self, column: str, choices: Mapping[str, T]) -> T:
        """What the cell's word stands for."""
        text = self.text(column)
        if text not in choices:
            raise self.error(f"{column} must be one of {', '.join(choices)}, not {text!r}")
        return choices[text]

    def number(self, column: str, low: float, high: float) -> float:
        """A number in [low, high]."""
        try:
            number = float(self.text(column))
        except ValueError:
            raise self.error(f"{column} must be a number, not {self.text(column)!r}") from None
        if not low <= number <= high:
            raise self.error(f"{column} must be from {low:g} to {high:g}, not {self.text(column)}")
        return number


def parse_table(
    path: Path,
    text: str,
    columns: tuple[str, ...],
    optional: tuple[str, ...] = (),
    *,
    errors: list[SourceError] | None = None,
) -> Iterator[Row]:
    """Rows of the table below its header; raises SourceError for anything that is not such a table.

    Where `errors` are collected, a row with too few or too many cells is put there and passed over.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            if not any(cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                _check_header(path, reader.line_num, header, columns, optional)
            elif len(cells) != len(header):
                wrong = SourceError(
                    path, reader.line_num, f"{len(header)} cells expected, as in the header, not {len(cells)}"
                )
                if errors is None:
                    raise wrong
                errors.append(wrong)
            else:
                yield Row(path, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise SourceError(path, reader.line_num, f"not valid CSV: {error}") from error
    if header is None:
        raise SourceError(path, max(1, reader.line_num), f"a header is expected: {','.join(columns)}")


def _check_header(
    path: Path, line: int, header: list[str], columns: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    for column in columns:
        if column not in header:
            raise SourceError(path, line, f"column {column} is missing; expected {','.join(columns)}")
    for index, column in enumerate(header):
        if column not in columns + optional or column in header[:index]:
            raise SourceError(
                path, line, f"column {column!r} is unknown or repeated; expected {','.join(columns)}"
            )
