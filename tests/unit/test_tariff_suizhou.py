"""Suizhou's stays cost what the published tariffs say."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing.tariff import Bill, PricedStay, bill_from_json, bill_to_json, load_tariff_book, price
from parking.rights import Energy

TARIFFS = Path(__file__).resolve().parents[2] / "cities/suizhou/tariffs"
BOOK = load_tariff_book(TARIFFS)
LOCAL = ZoneInfo("Asia/Shanghai")


def bill(
    zone_class: str, minutes: int, start: str = "2024-05-15 08:00", energy: Energy = Energy.FUEL
) -> Bill:
    arrive_at = datetime.fromisoformat(start).replace(tzinfo=LOCAL)
    depart_at = arrive_at + timedelta(minutes=minutes)
    return price(
        BOOK, PricedStay(arrive_at=arrive_at, depart_at=depart_at, zone_class=zone_class, energy=energy)
    )


@pytest.mark.parametrize(
    ("zone_class", "minutes", "fen"),
    [("I", 130, 700), ("II", 130, 500), ("III", 130, 300), ("I", 30, 0), ("I", 31, 300), ("I", 541, 2000)],
)
def test_a_stay_in_charging_hours(zone_class: str, minutes: int, fen: int) -> None:
    assert bill(zone_class, minutes).total_fen == fen


def test_a_new_energy_vehicle_pays_half() -> None:
    assert bill("I", 130, energy=Energy.NEV).total_fen == 350


def test_a_night_costs_nothing() -> None:
    assert bill("I", 630, "2024-05-15 21:00").total_fen == 0


def test_a_stored_bill_is_the_same_bill() -> None:
    whole = bill("I", 3 * 1440)

    assert bill_from_json(bill_to_json(whole)) == whole
    assert sum(line.amount_fen for line in whole.lines) == whole.total_fen
