"""Every example of the reference page is a tariff that loads, fits the schema and prices as it says."""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from billing.tariff import load_tariff
from tests.support.tariffcases import price_cases, read_cases

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "billing/tariff"
PAGE = (PACKAGE / "README.md").read_text(encoding="utf-8")
SCHEMA = json.loads((PACKAGE / "tariff.schema.json").read_text(encoding="utf-8"))
BLOCKS = re.findall(r"```toml\n(.*?)```\n```cases\n(.*?)```", PAGE, re.DOTALL)
DAYS = {"working day": date(2024, 5, 15), "non-working day": date(2024, 5, 18)}
SHIPPED = sorted(
    [*(ROOT / "cities/suizhou/tariffs").glob("*.toml"), *(ROOT / "cities/examples").glob("*.toml")]
)
BASE = tomllib.loads(BLOCKS[0][0])


def completed(fragment: str) -> str:
    """The fragment with the parts of the page's base tariff that it leaves out."""
    body = tomllib.loads(fragment)
    head = [f'{key} = "{BASE[key]}"' for key in ("id", "name", "name_en") if key not in body]
    head += ["format = 1"] if "format" not in body else []
    base_tables = re.split(r"\n(?=\[)", BLOCKS[0][0])[1:]
    tail = [table for table in base_tables if re.match(r"\[+(\w+)", table)[1] not in body]  # type: ignore[index]
    fragment = fragment.replace('"cities/', f'"{ROOT}/cities/')
    return "\n".join([*head, fragment, *tail])


def as_text(value: object) -> Any:  # noqa: ANN401  any JSON value
    """TOML values as a JSON Schema validator takes them."""
    if isinstance(value, dict):
        return {key: as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_text(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize(("fragment", "cases"), BLOCKS, ids=[block[1].splitlines()[0] for block in BLOCKS])
def test_an_example_of_the_page_prices_as_it_says(fragment: str, cases: str, tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(completed(fragment), encoding="utf-8")
    jsonschema.validate(as_text(tomllib.loads(completed(fragment))), SCHEMA)

    for case, bill in price_cases(load_tariff(path), read_cases(cases, DAYS).cases):
        assert f"{case.line}: {case.fen}" == f"{case.line}: {bill.total_fen}"
        assert sum(line.amount_fen for line in bill.lines) == bill.total_fen


@pytest.mark.parametrize("path", SHIPPED, ids=[path.name for path in SHIPPED])
def test_a_shipped_tariff_fits_the_schema(path: Path) -> None:
    jsonschema.validate(as_text(tomllib.loads(path.read_text(encoding="utf-8"))), SCHEMA)


def keys_of(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key that the schema names, each as often as it is named."""
    for key, value in schema.items():
        if key == "properties":
            for name, one in value.items():
                yield name
                yield from keys_of(one, f"{prefix}{name}.")
        elif isinstance(value, dict):
            yield from keys_of(value, prefix)


def test_the_page_shows_every_key_of_the_schema() -> None:
    shown = set(re.findall(r"[a-z_]+", "".join(fragment for fragment, _ in BLOCKS)))

    assert set(keys_of(SCHEMA)) - shown == {"timezone"}
