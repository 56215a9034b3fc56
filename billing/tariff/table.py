"""What tariff files need beyond `parking.sourcenode`: yuan, times of day, and keys asked one by one."""

from collections.abc import Callable, Iterable
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from parking.money import Fen, parse_yuan
from parking.sourcefile import KeyPath, SourceText
from parking.sourcenode import Node

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Table(Node):
    """One table and where it stands. Keys are taken one by one; `done` refuses what was not asked for."""

    def __init__(self, source: SourceText, path: KeyPath, body: object) -> None:
        super().__init__(source, path, body)
        self._asked: set[str] = set()

    def fail(self, key: str, expected: str, chinese: str) -> NoReturn:
        """Raise the error that points at this key, with what was expected in both languages."""
        raise self.error(key, expected, chinese)

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        self._asked.add(name)
        return super().has(name)

    def raw(self, key: str) -> Any:  # noqa: ANN401  TOML values of any type
        """The value of a key that must be there."""
        return self._value(key)

    def word(self, key: str, default: E) -> E:
        """One of the values of an enum."""
        if not self.has(key):
            return default
        return self.choice(key, {str(member): member for member in type(default)})

    def words(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts; empty where the key is absent."""
        if not self.has(key):
            return ()
        value = self.raw(key)
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str) and one for one in values):
            self.fail(
                key,
                f"{key}: expected a text or a list of texts, not {value!r}",
                f"{key}：应为文字或文字列表，而不是 {value!r}",
            )
        return tuple(values)

    def yuan(self, key: str) -> Fen:
        """An amount in yuan of at least 0, as "2.5" or 2."""
        return self.yuan_of(key, self.raw(key))

    def yuan_of(self, key: str, value: object) -> Fen:
        """Read one amount found under the key."""
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return Fen(value * 100)
        try:
            amount = parse_yuan(value) if isinstance(value, str) else None
        except ValueError:
            amount = None
        if amount is None or amount < 0:
            self.fail(
                key,
                f'{key}: expected yuan in quotes with at most two decimals ("2.50"), not {value!r}',
                f'{key}：应为引号中的元，最多两位小数（"2.50"），而不是 {value!r}',
            )
        return amount

    def clock(self, key: str, default: int | None = None) -> int:
        """A time of day from "00:00" to "24:00", in minutes."""
        if default is not None and not self.has(key):
            return default
        value = self.raw(key)
        hour, colon, minute = value.partition(":") if isinstance(value, str) else ("", "", "")
        is_clock = colon and len(hour) == len(minute) == 2 and (hour + minute).isdigit()
        if not is_clock or int(minute) > 59 or int(hour) * 60 + int(minute) > 1440:
            self.fail(
                key,
                f'{key}: expected a time of day like "07:30", not {value!r}',
                f'{key}：应为 "07:30" 这样的时刻，而不是 {value!r}',
            )
        return int(hour) * 60 + int(minute)

    def local_time(self, key: str) -> datetime | None:
        """A local time without offset, like 2021-01-01T00:00:00; None where the key is absent."""
        if not self.has(key):
            return None
        value = self.raw(key)
        if not isinstance(value, datetime) or value.tzinfo is not None:
            self.fail(
                key,
                f"{key}: expected a local time like 2021-01-01T00:00:00, not {value!r}",
                f"{key}：应为 2021-01-01T00:00:00 这样的当地时间，而不是 {value!r}",
            )
        return value

    def table(self, key: str) -> "Table":
        """The table under a key; an empty one where the key is absent."""
        return Table(self._source, (*self._key, key), self._values[key] if self.has(key) else {})

    def tables(self, key: str) -> list["Table"]:
        """A list of tables; empty where the key is absent."""
        if not self.has(key):
            return []
        value = self.raw(key)
        if not isinstance(value, list):
            self.fail(
                key,
                f"{key}: expected a list of tables, not {value!r}",
                f"{key}：应为表的列表，而不是 {value!r}",
            )
        return [Table(self._source, (*self._key, key, index), one) for index, one in enumerate(value)]

    def done(self, known: Iterable[str] = ()) -> None:
        """Refuse every key that nobody asked for."""
        expected = sorted({*self._asked, *known})
        for key in self._values:
            if key not in expected:
                near = get_close_matches(key, expected, n=1)
                hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(expected)}"
                hint_zh = f"是否应为 {near[0]}？" if near else f"应为 {'、'.join(expected)}"
                self.fail(
                    key,
                    f"unknown key {key} in {_name(self._key) or 'the file'}: {hint}",
                    f"{_name(self._key) or '文件'} 中有未知的键 {key}：{hint_zh}",
                )

    def _value(self, name: str) -> Any:  # noqa: ANN401  as the base has it
        """Say what was perhaps meant where the key is missing."""
        if not self.has(name):
            near = get_close_matches(name, set(self._values) - self._asked, n=1)
            hint = f": did you write {near[0]}?" if near else ""
            hint_zh = f"：是否写成了 {near[0]}？" if near else ""
            path = _name((*self._key, name))
            self.fail(near[0] if near else name, f"{path} is missing{hint}", f"缺少 {path}{hint_zh}")
        return self._values[name]


def unique(tables: list[Table], read: Callable[[Table], tuple[str, T]]) -> dict[str, T]:
    """Read tables that carry an id each; a second use of an id is an error."""
    found: dict[str, T] = {}
    for table in tables:
        name, value = read(table)
        if name in found:
            table.fail("id", f"id {name} is used twice", f"id {name} 用了两次")
        found[name] = value
    return found


def _name(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)
