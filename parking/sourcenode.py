"""Typed access to a table of a TOML file, with errors in both languages that point at the line of the key."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from parking.city import Position
from parking.errors import SourceError
from parking.ids import PLAIN_ID_RULE, is_plain_id
from parking.sourcefile import KeyPath, SourceText

T = TypeVar("T")


class Node:
    """One table of a parsed file; only the keys named in `known` may stand in it, any where it is None."""

    def __init__(
        self, source: SourceText, key: KeyPath, values: object, known: tuple[str, ...] | None = None
    ) -> None:
        if not isinstance(values, dict):
            raise source.error(key, f"{key[-1]} must be a table", f"{key[-1]} 应为表")
        self._source = source
        self._key = key
        self._values: dict[str, Any] = values
        for name in values if known is not None else ():
            if known is not None and name not in known:
                raise self.error(
                    name,
                    f"{name!r} is unknown here; expected {', '.join(known)}",
                    f"此处没有 {name!r}；应为 {'、'.join(known)}",
                )

    def error(self, name: str, expected: str, chinese: str = "") -> SourceError:
        """Build the error that points at this key, or at the table where the key is absent."""
        return self._source.error((*self._key, name), expected, chinese)

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._values

    def names(self) -> list[str]:
        """Every key of the table, in its order."""
        return list(self._values)

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty, unless the default is."""
        if default is not None and not self.has(name):
            return default
        value = self._value(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(
                name,
                f"{name} must be a text that is not empty, not {value!r}",
                f"{name} 应为引号中的文字，而不是 {value!r}",
            )
        return value

    def identifier(self, name: str) -> str:
        """A text that must be usable as an id."""
        text = self.text(name)
        if not is_plain_id(text):
            raise self.error(name, f"{name} {PLAIN_ID_RULE}, not {text!r}")
        return text

    def choice(self, name: str, choices: Mapping[str, T]) -> T:
        """What the key's word stands for."""
        value = self._value(name)
        if not isinstance(value, str) or value not in choices:
            raise self.error(
                name,
                f"{name} must be one of {', '.join(choices)}, not {value!r}",
                f"{name} 应为 {'、'.join(choices)} 之一，而不是 {value!r}",
            )
        return choices[value]

    def whole(self, name: str, low: int = 0, high: int | None = None, default: int | None = None) -> int:
        """A whole number in [low, high], or of at least `low`."""
        if default is not None and not self.has(name):
            return default
        value = self._value(name)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and low <= value and (high is None or value <= high):
            return int(value)
        bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
        chinese = f"不小于 {low} 的整数" if high is None else f"{low} 到 {high} 的整数"
        raise self.error(
            name,
            f"{name} must be a whole number {bounds}, not {value!r}",
            f"{name} 应为{chinese}，而不是 {value!r}",
        )

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether something holds."""
        value = self._value(name) if self.has(name) else default
        if not isinstance(value, bool):
            raise self.error(
                name,
                f"{name} must be true or false, not {value!r}",
                f"{name} 应为 true 或 false，而不是 {value!r}",
            )
        return value

    def fraction(self, name: str) -> float:
        """A number above 0 and up to 1."""
        value = self._value(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
            raise self.error(name, f"{name} must be a number above 0 and up to 1, not {value!r}")
        return float(value)

    def day(self, name: str) -> date:
        """A local day."""
        value = self._value(name)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.error(
                name,
                f"{name} must be a day such as 2021-01-01, not {value!r}",
                f"{name} 应为 2021-01-01 这样的日期，而不是 {value!r}",
            )
        return value

    def find_day(self, name: str) -> date | None:
        """A local day, None where the key is absent."""
        return self.day(name) if name in self._values else None

    def days(self, name: str) -> tuple[date, ...]:
        """A list of local days, possibly empty."""
        values = self._list(name)
        for value in values:
            if not isinstance(value, date) or isinstance(value, datetime):
                raise self.error(name, f"{name} must list days such as 2021-01-01, not {value!r}")
        return tuple(values)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, possibly empty, without repetition."""
        values = self._list(name)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise self.error(name, f"{name} must be a list of texts, not {value!r}")
            if value in values[:index]:
                raise self.error(name, f"{name} names {value} twice")
        return tuple(values)

    def position(self, name: str) -> Position:
        """A place written as [longitude, latitude]."""
        return self._position(name, self._value(name))

    def outline(self, name: str) -> tuple[Position, ...]:
        """A closed outline: at least three corners, and the first place again at the end."""
        places = tuple(self._position(name, value) for value in self._list(name))
        if len(places) < 4 or places[0] != places[-1]:
            raise self.error(name, f"{name} must have three corners or more and end where it began")
        return places

    def children(self, name: str, known: tuple[str, ...]) -> Iterator["Node"]:
        """The tables of an array of tables, none where the key is absent."""
        values = self._values.get(name, [])
        if not isinstance(values, list):
            raise self.error(name, f"{name} must be an array of tables: [[{name}]]")
        for index, value in enumerate(values):
            yield Node(self._source, (*self._key, name, index), value, known)

    def _value(self, name: str) -> Any:  # noqa: ANN401  TOML values of any type
        if not self.has(name):
            raise self.error(name, f"{name} is missing", f"缺少 {name}")
        return self._values[name]

    def _list(self, name: str) -> list[Any]:
        value = self._value(name)
        if not isinstance(value, list):
            raise self.error(name, f"{name} must be a list")
        return value

    def _position(self, name: str, value: object) -> Position:
        match value:
            case [int() | float() as lon, int() | float() as lat] if -180 <= lon <= 180 and -90 <= lat <= 90:
                return Position(lon=float(lon), lat=float(lat))
        raise self.error(name, f"{name} must hold [longitude, latitude] in degrees, not {value!r}")
