"""Every published and computed value, as text, through the loader and the pricer that bills use."""

from pathlib import Path

import pytest

from billing.tariff import bill_from_json, bill_to_json, load_tariff, price
from tests.support.tariffcases import TariffCase, golden_files

ROOT = Path(__file__).resolve().parents[2]
FILES = dict(golden_files(Path(__file__).parent / "tariffs"))
TARIFFS = {name: load_tariff(ROOT / cases.tariff) for name, cases in FILES.items()}
CASES = [(name, case) for name, cases in FILES.items() for case in cases.cases]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case.line}" for name, case in CASES])
def test_a_stay_costs_what_the_text_says(name: str, case: TariffCase) -> None:
    bill = price(TARIFFS[name], case.stay)

    assert case.fen == bill.total_fen
    assert sum(line.amount_fen for line in bill.lines) == bill.total_fen
    assert bill_from_json(bill_to_json(bill)) == bill


def test_every_tariff_of_the_project_has_cases() -> None:
    shipped = {
        str(path.relative_to(ROOT))
        for folder in ("cities/suizhou/tariffs", "cities/examples")
        for path in (ROOT / folder).glob("*.toml")
    }

    assert shipped == {cases.tariff for cases in FILES.values()}
