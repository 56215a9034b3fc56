"""TOML that people edit, parsed together with the line on which each key stands.

The standard parser says where a syntax error is, but not where a value came from; validation needs both.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parking.errors import SourceError

KeyPath = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_OPEN_ARRAY = re.compile(r"=\s*\[\s*(?:#.*)?$")
_SYNTAX_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A parsed file; `body` is what tomllib gives."""

    path: Path
    body: dict[str, Any]
    lines: dict[KeyPath, int]

    def line_of(self, key: KeyPath) -> int:
        """Line (from 1) of the key, or of the nearest table above it that has one."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def error(self, key: KeyPath, expected: str, chinese: str = "") -> SourceError:
        """Build the error that points at this key."""
        return SourceError(self.path, self.line_of(key), expected, chinese)


def parse_source(path: Path, text: str) -> SourceText:
    """Parse TOML text; raises SourceError with the line of a syntax error."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise SourceError(path, line, f"not valid TOML: {error}", f"不是有效的 TOML：{error}") from error
    return SourceText(path=path, body=body, lines=_key_lines(text))


def _key_lines(text: str) -> dict[KeyPath, int]:
    """Line of each table header, each `key =` and each `{` that begins a line; array tables count from 0."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    array: KeyPath = ()
    element = 0
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if array:
            if line.lstrip().startswith("{"):
                lines[(*array, element)] = number
                element += 1
            is_end = line.partition("#")[0].rstrip().endswith("]") or line.rstrip().endswith("]")
            array = () if is_end else array
            continue
        if header := _HEADER.match(line):
            table = _table_path(_parts(header[2]), counts, is_array=header[1] == "[[")
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
            array, element = ((*table, *_parts(key[1])) if _OPEN_ARRAY.search(line) else ()), 0
            closing = next((q for q in ('"""', "'''") if line.count(q) == 1), "")
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _table_path(names: tuple[str, ...], counts: dict[KeyPath, int], *, is_array: bool) -> KeyPath:
    """Path of a header, with the index of each array table on the way."""
    path: KeyPath = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        last = depth == len(names) - 1
        if last and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
