"""A city's directory on disk; what its files mean is `parking.cityparse`'s."""

from pathlib import Path

from parking.city import City
from parking.cityparse import CITY_FILES, parse_city
from parking.errors import SetupError, SourceError


def load_city(directory: Path) -> City:
    """Read and validate a city.

    Raises SetupError naming a file that is missing or unreadable, and SourceError with file, line and what
    was expected for one that is wrong.
    """
    return parse_city(directory, {name: _read(directory / name) for name in CITY_FILES})


def _read(path: Path) -> str:
    try:
        body = path.read_bytes()
    except FileNotFoundError as error:
        raise SetupError(f"{path}: no such file; a city's directory holds {', '.join(CITY_FILES)}") from error
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(path, line, "not UTF-8; save the file again with the encoding UTF-8") from error
