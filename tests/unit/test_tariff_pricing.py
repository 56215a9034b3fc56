"""Stays that a tariff must have an answer for: none too short, too long, or in the wrong hour."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing.tariff import (
    EarlierStay,
    HolidayCalendar,
    LineKind,
    PricedStay,
    Tariff,
    TariffBook,
    UnpricedError,
    earlier_stay,
    load_tariff,
    load_tariff_book,
    price,
)
from billing.tariff.choices import AcrossSwitch
from parking.money import Fen
from parking.rights import VehicleClass
from parking.span import Span

ROOT = Path(__file__).resolve().parents[2]
SUIZHOU = ROOT / "cities/suizhou/tariffs"
BOOK = load_tariff_book(SUIZHOU)
STREET = load_tariff(SUIZHOU / "2021.toml")
LOCAL = ZoneInfo("Asia/Shanghai")


def at(text: str, zone: ZoneInfo = LOCAL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def stay(arrive: str, depart: str, zone_class: str = "I", zone: ZoneInfo = LOCAL) -> PricedStay:
    return PricedStay(arrive_at=at(arrive, zone), depart_at=at(depart, zone), zone_class=zone_class)


def in_zone(tariff: Tariff, name: str) -> Tariff:
    return Tariff(replace(tariff.terms, timezone=name))


def switched(rule: AcrossSwitch) -> TariffBook:
    """The book of Suizhou, where the version of 2021 treats stays across its switch by this rule."""
    tariffs = [
        Tariff(replace(one.terms, effective=replace(one.terms.effective, across_switch=rule)))
        for one in BOOK.tariffs
    ]
    return TariffBook(tuple(tariffs))


class TestBadStays:
    def test_a_stay_cannot_end_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match="cannot end before it begins"):
            stay("2024-05-15 08:00", "2024-05-15 07:59")

    def test_a_stay_needs_aware_times(self) -> None:
        naive = at("2024-05-15 08:00").replace(tzinfo=None)

        with pytest.raises(ValueError, match="naive"):
            PricedStay(arrive_at=naive, depart_at=naive)
        with pytest.raises(ValueError, match="naive"):
            EarlierStay(arrive_at=naive, depart_at=naive)

    def test_a_stay_is_paid_while_it_lasts(self) -> None:
        with pytest.raises(ValueError, match="while it lasts"):
            replace(stay("2024-05-15 08:00", "2024-05-15 09:00"), paid_at=at("2024-05-15 09:01"))

    def test_a_vehicle_occupies_a_berth(self) -> None:
        with pytest.raises(ValueError, match="at least one berth"):
            replace(stay("2024-05-15 08:00", "2024-05-15 09:00"), berths_occupied=0)

    def test_a_class_without_a_rate_is_refused_and_not_free(self) -> None:
        with pytest.raises(UnpricedError, match="no rate for zone_class IV"):
            price(STREET, stay("2024-05-15 08:00", "2024-05-15 09:00", "IV"))

    def test_a_vehicle_that_the_table_does_not_name_is_refused(self) -> None:
        daye = load_tariff(ROOT / "cities/examples/daye.toml")
        medium = replace(stay("2024-05-15 08:00", "2024-05-15 09:00"), vehicle=VehicleClass.MEDIUM)

        with pytest.raises(UnpricedError, match="vehicle medium"):
            price(daye, medium)

    def test_a_stay_before_any_version_is_refused(self) -> None:
        with pytest.raises(UnpricedError, match="no tariff is in force"):
            price(BOOK, stay("2019-12-19 08:00", "2019-12-19 09:00"))


class TestLength:
    def test_no_time_costs_nothing(self) -> None:
        bill = price(STREET, stay("2024-05-15 08:00", "2024-05-15 08:00"))

        assert (bill.total_fen, bill.lines, bill.minutes) == (0, (), 0)

    @pytest.mark.parametrize(("seconds", "fen"), [(59, 0), (60, 300)])
    def test_seconds_beyond_the_last_minute_are_the_drivers(self, seconds: int, fen: int) -> None:
        short = stay("2024-05-15 08:00:10", "2024-05-15 08:30:10")
        longer = replace(short, depart_at=short.depart_at + timedelta(seconds=seconds))

        assert price(STREET, longer).total_fen == fen

    def test_nine_days_are_capped_day_by_day(self) -> None:
        bill = price(STREET, stay("2024-05-15 07:30", "2024-05-24 07:30"))
        caps = [line for line in bill.lines if line.kind is LineKind.CAP]

        # 13 and a half hours are charged a day, so every other day begins in the middle of an hour; the tenth
        # hour of the first day is the first that is not paid whole.
        assert bill.total_fen == 9 * 2000
        assert [f"{line.start_at:%d %H:%M}" for line in caps] == ["15 16:30"] + [
            f"{day} {'17:30' if day % 2 else '18:00'}" for day in range(16, 24)
        ]
        assert bill.minutes == 9 * 1440

    def test_a_cap_line_begins_where_the_cap_was_reached(self) -> None:
        (cap,) = [
            line
            for line in price(STREET, stay("2024-05-15 08:00", "2024-05-15 20:00")).lines
            if line.kind is LineKind.CAP
        ]

        assert (f"{cap.start_at:%H:%M}", f"{cap.end_at:%H:%M}", cap.amount_fen) == ("17:00", "20:00", -500)


class TestSwitchOfVersions:
    """From 2020-12-31 20:00 to 2021-01-01 09:00: one hour and an hour and a half, with the night between."""

    across = stay("2020-12-31 20:00", "2021-01-01 09:00")

    @pytest.mark.parametrize(
        ("rule", "fen", "tariff"),
        [
            # 2019: 3 + 4 + 4; 2021: 3 + 2 + 2; each its part: 3, then 3 + 2.
            (AcrossSwitch.ARRIVAL, 1100, "suizhou-2019"),
            (AcrossSwitch.DEPARTURE, 700, "suizhou-2021"),
            (AcrossSwitch.SPLIT, 800, "suizhou-2019+suizhou-2021"),
        ],
    )
    def test_the_newer_version_says_who_prices(self, rule: AcrossSwitch, fen: int, tariff: str) -> None:
        bill = price(switched(rule), self.across)

        assert (bill.total_fen, bill.tariff) == (fen, tariff)
        assert sum(line.amount_fen for line in bill.lines) == fen
        assert any("switch" in note.en for note in bill.notes)

    def test_free_minutes_are_tested_on_both_parts_together(self) -> None:
        all_day = Tariff(
            replace(
                BOOK.tariffs[0].terms,
                schedules=load_tariff(SUIZHOU / "station.toml").terms.schedules,
            )
        )
        new = Tariff(
            replace(
                all_day.terms,
                tariff_id="new",
                effective=replace(STREET.terms.effective, across_switch=AcrossSwitch.SPLIT),
            )
        )
        book = TariffBook((all_day, new))

        # 20 min and 20 min: more than 30 in all, so neither part is free; each begins its own first hour.
        assert price(book, stay("2020-12-31 23:40", "2021-01-01 00:20")).total_fen == 600
        assert price(book, stay("2020-12-31 23:50", "2021-01-01 00:20")).total_fen == 0

    def test_a_stay_that_ends_at_the_switch_is_not_across_it(self) -> None:
        bill = price(BOOK, stay("2020-12-31 20:00", "2021-01-01 00:00"))

        assert bill.tariff == "suizhou-2019"
        assert not any("switch" in note.en for note in bill.notes)

    def test_a_version_priced_out_of_its_time_says_so(self) -> None:
        bill = price(load_tariff(SUIZHOU / "2019.toml"), stay("2024-05-15 08:00", "2024-05-15 10:10"))

        assert bill.total_fen == 1100
        assert any("outside the time in force" in note.en for note in bill.notes)


class TestPlaces:
    def test_a_tariff_that_names_the_place_wins(self) -> None:
        there = replace(stay("2024-05-15 08:00", "2024-05-15 10:10"), road="火车站停车场")

        assert price(BOOK, there).tariff == "suizhou-station"
        assert price(BOOK, replace(there, road="解放路")).tariff == "suizhou-2021"


class TestClockChange:
    """The Suizhou tariff on clocks that change: charged from 07:30 to 21:00, whatever the day's length."""

    berlin = ZoneInfo("Europe/Berlin")
    tariff = in_zone(STREET, "Europe/Berlin")

    @pytest.mark.parametrize(("on", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-05-15", 24)])
    def test_charging_hours_stay_where_the_clock_shows_them(self, on: str, hours: int) -> None:
        whole = stay(f"{on} 00:00", f"{on} 23:59", zone=self.berlin)
        bill = price(self.tariff, whole)
        free = [line.minutes for line in bill.lines if line.kind is LineKind.FREE_BAND]
        first = next(line for line in bill.lines if line.kind is LineKind.UNITS)

        assert bill.total_fen == 2000
        assert f"{first.start_at:%H:%M}" == "07:30"
        assert free == [(hours - 24) * 60 + 450, 179]

    def test_a_stay_over_the_repeated_hour_counts_both(self) -> None:
        always = Tariff(
            replace(self.tariff.terms, schedules=load_tariff(SUIZHOU / "station.toml").terms.schedules)
        )
        # 01:30 to 03:30 on the clocks is three hours on this night.
        bill = price(always, stay("2024-10-27 01:30", "2024-10-27 03:30", zone=self.berlin))

        assert (bill.minutes, bill.total_fen) == (180, 700)


class TestCalendar:
    shenzhen = load_tariff(ROOT / "cities/examples/shenzhen.toml")

    def test_a_year_without_notice_is_counted_by_weekday_and_says_so(self) -> None:
        bill = price(self.shenzhen, stay("2018-10-01 08:00", "2018-10-01 08:31"))

        assert bill.total_fen == 900
        assert [note.en for note in bill.notes if "2018" in note.en] == [
            "no holiday notice for 2018: by weekday"
        ]

    def test_a_known_holiday_is_not_a_working_day(self) -> None:
        bill = price(self.shenzhen, stay("2024-10-01 08:00", "2024-10-01 08:31"))

        assert bill.total_fen == 0

    def test_a_tariff_that_asks_for_no_days_has_no_such_note(self) -> None:
        assert not price(STREET, stay("2018-10-01 08:00", "2018-10-01 08:31")).notes[1:]


class TestRights:
    def test_an_exemption_is_a_line_with_what_was_waived(self) -> None:
        exempt = replace(stay("2024-05-15 08:00", "2024-05-15 10:10"), exemption="ambulance")
        bill = price(STREET, exempt)

        assert bill.total_fen == 0
        assert bill.lines[-1].kind is LineKind.EXEMPT
        assert bill.lines[-1].zh == "免缴（执行任务的救护车） 05-15 08:00–10:10：免收7.00元"
        assert bill.notes == ()

    def test_a_reason_that_the_tariff_does_not_name_is_noted(self) -> None:
        bill = price(STREET, replace(stay("2024-05-15 08:00", "2024-05-15 10:10"), exemption="市长批示"))

        assert bill.total_fen == 0
        assert [note.en for note in bill.notes] == ["the exemption is not one that this tariff names"]

    def test_an_unknown_pass_covers_nothing_and_is_noted(self) -> None:
        bill = price(STREET, replace(stay("2024-05-15 08:00", "2024-05-15 10:10"), passes=("month",)))

        assert bill.total_fen == 700
        assert [note.en for note in bill.notes] == ["this tariff has no pass month"]

    def test_charging_costs_like_parking_where_the_tariff_is_silent(self) -> None:
        charging = Span(start_at=at("2024-05-15 08:00"), end_at=at("2024-05-15 10:00"))

        assert (
            price(
                STREET, replace(stay("2024-05-15 08:00", "2024-05-15 10:10"), charging=(charging,))
            ).total_fen
            == 700
        )


def test_what_later_stays_must_know_of_a_stay() -> None:
    whole = stay("2024-05-15 08:00", "2024-05-15 20:00")
    short = stay("2024-05-15 20:10", "2024-05-15 20:30")

    assert sum(fen for _, fen in earlier_stay(whole, price(STREET, whole)).charges) == Fen(2000)
    assert earlier_stay(short, price(STREET, short)).free == ((at("2024-05-15 20:10"), 20),)


def test_an_empty_calendar_counts_by_weekday() -> None:
    assert HolidayCalendar().kinds(at("2024-05-18 08:00").date()) == {"nonworking", "sat"}
