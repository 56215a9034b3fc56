"""A city's tariffs with the texts of their files, so that a charge can be worked out again for good."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from billing.tariff import TariffBook, load_calendar, load_tariff_book
from billing.tariff.calendarfile import read_file

CALENDAR: Final = "holidays.toml"
TARIFFS: Final = "tariffs"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBook:
    """Tariffs in force, and the texts of their files by name."""

    book: TariffBook
    files: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 over names and texts, in hex: two books of one digest price alike."""
        return digest_of(self.files)


def load_book(city: Path) -> PublishedBook:
    """Read the tariffs and the holiday calendar of a city's directory; raises SourceError or SetupError."""
    book = load_tariff_book(city / TARIFFS, load_calendar(city / CALENDAR))
    paths = [city / CALENDAR, *sorted((city / TARIFFS).glob("*.toml"))]
    return PublishedBook(book=book, files={str(path.relative_to(city)): read_file(path) for path in paths})


def restore_book(files: dict[str, str]) -> PublishedBook:
    """Build a book from texts that were kept; raises as `load_book`."""
    with TemporaryDirectory(prefix="citypark-tariffs-") as directory:
        (Path(directory) / TARIFFS).mkdir()
        for name, text in files.items():
            target = Path(directory) / (CALENDAR if name == CALENDAR else f"{TARIFFS}/{Path(name).name}")
            target.write_text(text, encoding="utf-8")
        return load_book(Path(directory))


def digest_of(files: dict[str, str]) -> str:
    """SHA-256 over names and texts, in hex."""
    digest = sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\n{len(text.encode())}\n{text}".encode())
    return digest.hexdigest()
