"""Both READMEs tell the same: every setting, the same commands, the same places to look."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from parking.plumbing.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = "README.md", "README.zh.md"


def settings_in(readme: str) -> list[str]:
    """Names of the settings in the table; `_PORT` behind `CITYPARK_HTTP_HOST` is `CITYPARK_HTTP_PORT`."""
    found = []
    for cell in re.findall(r"^\| (`CITYPARK_[^|]*) \|", (ROOT / readme).read_text(), re.MULTILINE):
        first, *others = re.findall(r"`(\w+)`", cell)
        found += [first, *(first.rsplit("_", 1)[0] + other for other in others)]
    return found


def commands_in(readme: str) -> list[str]:
    lines = re.findall(r"^ {4}(.+)$", (ROOT / readme).read_text(), re.MULTILINE)
    return [line.partition(" #")[0].rstrip() for line in lines]


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE])
def test_every_setting_is_told_once(readme: str) -> None:
    assert sorted(settings_in(readme)) == sorted(f"CITYPARK_{each.name.upper()}" for each in fields(Settings))


def test_both_languages_give_the_same_commands() -> None:
    assert commands_in(ENGLISH) == commands_in(CHINESE)


@pytest.mark.parametrize("readme", [ENGLISH, CHINESE])
def test_every_link_leads_somewhere(readme: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / readme).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_both_languages_link_to_the_same_places() -> None:
    english, chinese = (
        set(re.findall(r"\]\(([^)#:]+)\)", (ROOT / each).read_text())) for each in (ENGLISH, CHINESE)
    )
    assert english - {CHINESE} == chinese - {ENGLISH}
