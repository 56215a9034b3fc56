"""A small case of `tests.bench.enforcement_kills`: three kills under work, nothing lost, nothing doubled."""

from pathlib import Path

import pytest

from tests.bench.enforcement_kills import run

pytestmark = [pytest.mark.database, pytest.mark.e2e]


def test_three_kills_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    figures = run(3, database_url, tmp_path)
    wrong = {name: each for name, each in figures.items() if name.startswith(("lost", "doubled", "broken"))}
    assert set(wrong.values()) == {0}, figures
    assert figures["cases"] == figures["visits"] > 0
    assert figures["actions"] == 3 * figures["visits"]
