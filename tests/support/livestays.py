"""Stays and bills of the live city, priced with its real tariffs; stands in for billing's own routes."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException

from billing.tariff import PricedStay, TariffBook, bill_to_json, load_calendar, load_tariff_book, price
from guidance.board import Shown
from parking.city import Berth
from parking.ids import BerthId
from parking.rights import Energy
from tests.support.livecity import LiveCity

JsonObject = dict[str, Any]


def stays_router(live: LiveCity, city_files: Path) -> APIRouter:
    """`/stays` of a berth, and `/stays/{stay_id}/bill`."""
    book = load_tariff_book(city_files / "tariffs", load_calendar(city_files / "holidays.toml"))
    router = APIRouter()

    @router.get("/stays")
    async def list_stays(berth: str, limit: int = 20) -> JsonObject:
        found = live.city.berths.get(BerthId(berth))
        stays = [] if found is None else stays_of(live, found)
        return {"stays": stays[:limit], "next_cursor": None}

    @router.get("/stays/{stay_id}/bill")
    async def show_bill(stay_id: str) -> JsonObject:
        told = next((bill for bill in live.bills if bill["stay_id"] == stay_id), None)
        if told is None and not stay_id.startswith("OPEN-"):
            raise HTTPException(404, "no such bill")
        if told is not None:
            return priced(book, told, told["arrived_at"], told["departed_at"])
        now = live.clock.now()
        berth = live.city.berths[BerthId(stay_id.removeprefix("OPEN-"))]
        return priced(book, live.make_bill(berth, now), stays_of(live, berth)[0]["arrived_latest_at"], now)

    return router


def violations_router(live: LiveCity) -> APIRouter:
    """`/violations/{violation_id}`."""
    router = APIRouter()

    @router.get("/violations/{violation_id}")
    async def show_violation(violation_id: str) -> JsonObject:
        for one in live.violations:
            if one["violation_id"] == violation_id:
                doubts = ["second_key"] if one["state"] == "lead" else []
                return {**one, "until_at": live.clock.now(), "detected_at": one["at"], "doubts": doubts}
        raise HTTPException(404, "no such violation")

    return router


def stays_of(live: LiveCity, berth: Berth) -> list[JsonObject]:
    """The open stay of an occupied berth, and the told bills of that berth."""
    number = live.desk.board.berth_no[berth.berth_id]
    belief = live.desk.board.belief(number)
    found = []
    if belief is not None and int(live.view.states[number]) == Shown.OCCUPIED:
        found.append(stay(berth, f"OPEN-{berth.berth_id}", belief.since_at, None, "鄂S·1**45"))
    told = [bill for bill in reversed(live.bills) if bill["berth_id"] == berth.berth_id]
    return found + [
        stay(berth, bill["stay_id"], bill["arrived_at"], bill["departed_at"], bill["plate"]) for bill in told
    ]


def stay(
    berth: Berth, stay_id: str, arrived: datetime, departed: datetime | None, plate: str | None
) -> JsonObject:
    """One stay as the API gives it."""
    return {
        "stay_id": stay_id,
        "berth_id": berth.berth_id,
        "section_id": berth.section_id,
        "zone_id": berth.zone_id,
        "zone_class": berth.zone_class,
        "state": "open" if departed is None else "closed",
        "arrived_earliest_at": arrived - timedelta(seconds=4),
        "arrived_latest_at": arrived,
        "departed_earliest_at": departed,
        "departed_latest_at": departed,
        "plate": plate,
        "plate_colour": None,
        "plate_confidence": None,
    }


def priced(book: TariffBook, told: JsonObject, arrived: datetime, departed: datetime) -> JsonObject:
    """A told bill with the lines that the city's tariff gives it."""
    bill = price(
        book,
        PricedStay(
            arrive_at=arrived, depart_at=departed, zone_class=told["zone_class"].value, energy=Energy.FUEL
        ),
    )
    body = bill_to_json(bill)
    return {
        **told,
        "amount_fen": bill.total_fen,
        "document_no": bill.document,
        "tariff": bill.tariff,
        "charged_from_at": arrived,
        "charged_to_at": departed,
        "minutes": bill.minutes,
        "lines": body["lines"],
        "notes": body["notes"],
    }
