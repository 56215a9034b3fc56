"""Whatever happens to a city's files, loading gives a city or one SourceError, never anything else."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from parking.cityparse import parse_city
from parking.errors import SourceError
from tests.support.smallcity import TEXTS

_NOISE = st.text(max_size=8) | st.sampled_from(
    [
        "[",
        "]",
        "[[",
        '"',
        "\n",
        ",",
        ";",
        "-1",
        "nan",
        "1e999",
        "S001",
        "= {}",
        "= [[]]",
        "\0",
        "\ufeff",
        "\r",
    ]
)


def refusal(texts: dict[str, str]) -> SourceError | None:
    """What loading these texts complains about; anything but a SourceError is a defect and escapes."""
    try:
        parse_city(Path("small"), texts)
    except SourceError as error:
        return error
    return None


@given(st.data())
def test_damaged_files_are_accepted_or_refused_at_a_line_that_exists(choice: st.DataObject) -> None:
    name = choice.draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    start = choice.draw(st.integers(0, len(text)))
    end = choice.draw(st.integers(start, min(len(text), start + 12)))
    texts = {**TEXTS, name: text[:start] + choice.draw(_NOISE) + text[end:]}
    error = refusal(texts)
    if error is not None:
        assert 1 <= error.line <= len(texts[Path(error.path).name].splitlines()) + 1


def test_the_undamaged_files_are_accepted() -> None:
    assert refusal(TEXTS) is None
