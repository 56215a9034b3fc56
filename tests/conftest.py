"""What every test gets: the shared fixtures, and an environment without the operator's settings."""

import os

import pytest

from app import language

pytest_plugins = ["tests.support.database", "tests.support.broker", "tests.support.browser"]


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.startswith("CITYPARK_")]:
        if not name.startswith("CITYPARK_TEST_"):
            del os.environ[name]


@pytest.fixture(autouse=True)
def _chinese_first() -> None:
    """Let no test inherit the language that another one asked a command to speak."""
    language.choose("zh")
