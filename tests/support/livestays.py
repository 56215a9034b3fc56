"""Stays, bills and violations of the live city, shaped as their rooms shape them; bills are really rated."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException

from billing.bodies import BillBody, BillStanding, StayBody, StaysBody, WordsBody, line_bodies
from billing.rating import rule_in_words, sites_of
from billing.reading import ListedStay
from billing.sightings import PlateRead
from billing.stays import Stay
from billing.tariff import Bill, PricedStay, TariffBook, bill_to_json, price
from guidance.board import Shown
from parking.ids import BerthId, Plate, StayId
from parking.money import format_yuan
from parking.rights import Energy
from parking.span import Moment
from tests.support.livecity import LiveCity

JsonObject = dict[str, Any]
UNCERTAIN = timedelta(seconds=4)


class LiveStays:
    """The open stay of every occupied berth, and those that the live city has told bills of."""

    def __init__(self, live: LiveCity, book: TariffBook) -> None:
        self._live = live
        self._book = book
        self._sites = sites_of(live.city)

    async def list_stays(self, berth: str | None = None, limit: int = 20) -> StaysBody:
        """Stays of one berth, the newest first; of all told bills without one."""
        told = {str(bill["berth_id"]) for bill in self._live.bills}
        berths = sorted(told) if berth is None else [berth]
        found = [self._listed(stay) for each in berths for stay in self._stays_of(BerthId(each))]
        return StaysBody(stays=[StayBody.of(each) for each in found[:limit]], next_cursor=None)

    async def show_bill(self, stay_id: str) -> BillBody:
        """One bill, so far where the stay goes on."""
        berth_id = BerthId(stay_id.split("@", maxsplit=1)[0])
        for stay in self._stays_of(berth_id):
            if stay.stay_id == stay_id:
                return self._bill(stay)
        raise HTTPException(404, "no such stay")

    def _stays_of(self, berth_id: BerthId) -> list[Stay]:
        number = self._live.desk.board.berth_no.get(berth_id)
        belief = None if number is None else self._live.desk.board.belief(number)
        stays = []
        if number is not None and belief and int(self._live.view.states[number]) == Shown.OCCUPIED:
            stays.append(_stay(berth_id, f"{berth_id}@open", belief.since_at, None))
        told = [bill for bill in reversed(self._live.bills) if bill["berth_id"] == berth_id]
        return stays + [
            _stay(berth_id, bill["stay_id"], bill["arrived_at"], bill["departed_at"]) for bill in told
        ]

    def _price(self, stay: Stay) -> Bill:
        now, site = self._live.clock.now(), self._sites[stay.berth_id]
        planned = PricedStay(
            arrive_at=stay.arrived.latest_at,
            depart_at=stay.departed_earliest_at or now,
            zone_class=site.zone_class,
            energy=Energy.FUEL,
            zone=site.zone_id,
            road=site.road,
            section=site.section_id,
        )
        return price(self._book, planned)

    def _listed(self, stay: Stay) -> ListedStay:
        site = self._sites[stay.berth_id]
        return ListedStay(
            stay=stay,
            section_id=site.section_id,
            zone_id=site.zone_id,
            zone_class=site.zone_class,
            updated_at=self._live.clock.now(),
            amount_fen=self._price(stay).total_fen if stay.departed_latest_at else None,
        )

    def _bill(self, stay: Stay) -> BillBody:
        bill = self._price(stay)
        words = rule_in_words(self._book, stay, self._sites[stay.berth_id])
        return BillBody(
            stay=StayBody.of(self._listed(stay)),
            standing=BillStanding.FINAL if stay.departed_latest_at else BillStanding.SO_FAR,
            charged_from_at=bill.arrive_at,
            charged_to_at=bill.depart_at,
            minutes=bill.minutes,
            amount_fen=bill.total_fen,
            amount=format_yuan(bill.total_fen),
            tariff=bill.tariff,
            document_no=bill.document,
            lines=line_bodies(bill_to_json(bill)["lines"]),
            notes=[WordsBody.of(note) for note in bill.notes],
            rule=[WordsBody.of(each) for each in words],
            versions=[],
        )


def stays_router(live: LiveCity, book: TariffBook) -> APIRouter:
    """Routes of stays, bills and violations."""
    router, stays = APIRouter(), LiveStays(live, book)

    async def show_violation(violation_id: str) -> JsonObject:
        for one in live.violations:
            if one["violation_id"] == violation_id:
                doubts = ["second_key"] if one["state"] == "lead" else []
                return {**one, "until_at": live.clock.now(), "detected_at": one["at"], "doubts": doubts}
        raise HTTPException(404, "no such violation")

    async def list_violations() -> JsonObject:
        more = {"until_at": live.clock.now(), "doubts": ["second_key"]}
        return {
            "violations": [{**one, **more, "detected_at": one["at"]} for one in live.violations],
            "next_cursor": None,
        }

    router.get("/violations")(list_violations)
    router.get("/stays")(stays.list_stays)
    router.get("/stays/{stay_id}/bill")(stays.show_bill)
    router.get("/violations/{violation_id}")(show_violation)
    return router


def _stay(berth_id: BerthId, stay_id: str, arrived: datetime, departed: datetime | None) -> Stay:
    return Stay(
        stay_id=StayId(stay_id),
        berth_id=berth_id,
        arrived=Moment(earliest_at=arrived - UNCERTAIN, latest_at=arrived),
        arrival_seq=1,
        departed_earliest_at=departed,
        departed_latest_at=departed,
        departure_seq=2 if departed else None,
        read=PlateRead(plate=Plate("鄂S12345"), colour="blue", confidence=0.97),
    )
