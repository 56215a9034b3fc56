"""Tariffs of Suizhou with caps and free minutes that are summed over the stays of a vehicle."""

from pathlib import Path
from shutil import copytree

from billing.books import PublishedBook, load_book
from tests.support.billing import ROOT


def summing(directory: Path, old: str, new: str) -> PublishedBook:
    """The tariffs of Suizhou with one text of 2021's file replaced."""
    city = directory / "city"
    copytree(ROOT / "cities" / "suizhou" / "tariffs", city / "tariffs")
    (city / "holidays.toml").write_bytes((ROOT / "cities" / "suizhou" / "holidays.toml").read_bytes())
    path = city / "tariffs" / "2021.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    text = text.replace('order = ["cap", "nev", "berths"]', 'order = ["nev", "berths", "cap"]')
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_book(city)


def day_cap(directory: Path) -> PublishedBook:
    """A vehicle pays at most 20 yuan a day in class I, over all its stays."""
    return summing(directory, '"20", per = "day" }', '"20", per = "day", over = "plate" }')


def rolling_cap(directory: Path) -> PublishedBook:
    """A vehicle pays at most 20 yuan in 24 h from its first arrival, over all its stays in class I."""
    return summing(directory, '"20", per = "day" }', '"20", per = "24h", over = "plate" }')
