"""Reads a scenario file: every key of the records in `simulators.scenario` may be set, none must be."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from parking.errors import SetupError
from parking.sourcefile import KeyPath, SourceText, parse_source
from simulators.scenario import Scenario

Record = TypeVar("Record")


def load_scenario(path: Path) -> Scenario:
    """Read a file; raises SetupError where it is missing, SourceError with the line where it is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"scenario {path} cannot be read: {error}") from error
    return parse_scenario(path, text)


def parse_scenario(path: Path, text: str) -> Scenario:
    """Read the text of a file; what it does not say is as in `Scenario()`."""
    source = parse_source(path, text)
    return _record(source, (), Scenario(), source.body)


def _record(source: SourceText, key: KeyPath, default: Record, table: Any) -> Record:  # noqa: ANN401  TOML
    """The default with what the table says; the default's own types are what is expected."""
    if not isinstance(table, dict):
        raise source.error(key, f"{_named(key)} must be a table")
    known = {each.name for each in fields(cast("Any", default))}
    for name in table:
        if name not in known:
            raise source.error((*key, name), f"unknown key {name!r}: known are {', '.join(sorted(known))}")
    read = {
        name: _value(source, (*key, name), getattr(default, name), given) for name, given in table.items()
    }
    return cast("Record", replace(cast("Any", default), **read))


def _value(source: SourceText, key: KeyPath, default: object, given: object) -> object:
    if is_dataclass(default):
        return _record(source, key, default, given)
    if isinstance(default, Mapping):
        return _mapping(source, key, default, given)
    if isinstance(default, str):
        if not isinstance(given, str) or not given:
            raise source.error(key, f"{_named(key)} must be a text")
        return given
    if isinstance(default, tuple):
        if not isinstance(given, list) or len(given) != len(default):
            raise source.error(key, f"{_named(key)} must be a list of {len(default)} numbers")
        numbers = tuple(_number(source, key, each) for each in given)
        if list(numbers) != sorted(numbers):
            raise source.error(key, f"{_named(key)} must be in ascending order")
        return numbers
    return _number(source, key, given)


def _mapping(source: SourceText, key: KeyPath, default: Mapping[Any, object], given: object) -> object:
    if not isinstance(given, dict):
        raise source.error(key, f"{_named(key)} must be a table")
    names = {str(name): name for name in default}
    merged = dict(default)
    for name, each in given.items():
        if name not in names:
            raise source.error((*key, name), f"unknown key {name!r}: known are {', '.join(sorted(names))}")
        merged[names[name]] = _value(source, (*key, name), default[names[name]], each)
    return merged


def _number(source: SourceText, key: KeyPath, given: object) -> float:
    """A number from 0; shares are at most 1, dispersions above 1."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
        raise source.error(key, f"{_named(key)} must be a number from 0")
    names = [str(part) for part in key]
    if given > 1 and any(name.endswith("share") for name in names):
        raise source.error(key, f"{_named(key)} is a share and must be at most 1")
    if given <= 1 and names[-1].endswith("dispersion"):
        raise source.error(key, f"{_named(key)} is a variance over a mean and must be above 1")
    return float(given)


def _named(key: KeyPath) -> str:
    return ".".join(str(part) for part in key) or "the file"
