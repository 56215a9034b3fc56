"""The language in which commands speak to people: Chinese first, English on request."""

import os
from typing import Literal

Language = Literal["zh", "en"]

_chosen: Language = "en" if os.environ.get("CITYPARK_LANG", "zh").startswith("en") else "zh"


def choose(language: Language) -> None:
    """Set the language for the rest of this process."""
    global _chosen  # noqa: PLW0603  one process speaks one language, chosen once at start
    _chosen = language


def say(zh: str, en: str) -> str:
    """Return the text in the chosen language."""
    return zh if _chosen == "zh" else en
