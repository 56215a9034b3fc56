"""The maintenance crew's work list: what is worth most comes first, and every job says why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from occupancy.health import DeviceHealth
from occupancy.worklist import Stake, Told, battery_empty_at, rank_jobs, stakes_of
from parking.ids import BerthId, DeviceId
from parking.states import QuarantineReason

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
GOOD = DeviceHealth(
    as_of=NOW,
    device_id=DeviceId("G-1"),
    berth_id=BerthId("B-1"),
    heard_until=NOW,
    compared=200.0,
    accuracy=0.99,
    accuracy_low=0.975,
    accuracy_high=0.998,
    beats_expected=48.0,
    beats_missed=1.0,
    battery_v=3.6,
    battery_v_per_day=-0.0001,
    drift=0.0,
    quarantined_since=None,
    quarantine_reason=None,
)
STUCK = replace(GOOD, quarantined_since=NOW - timedelta(hours=3), quarantine_reason=QuarantineReason.STUCK)


def named(health: DeviceHealth, name: str) -> DeviceHealth:
    return replace(health, device_id=DeviceId(name))


def test_good_devices_are_no_job() -> None:
    never_compared = replace(GOOD, compared=0.0, accuracy=0.9, accuracy_low=0.5, accuracy_high=1.0)
    assert rank_jobs([GOOD, never_compared], {}, {}, NOW) == []


def test_what_is_worth_most_comes_first() -> None:
    stakes = {
        DeviceId("rich"): Stake(fen_per_day=2000, berth_hours_per_day=24),
        DeviceId("poor"): Stake(fen_per_day=10, berth_hours_per_day=24),
        DeviceId("doubtful"): Stake(fen_per_day=2000, berth_hours_per_day=24),
    }
    drifts = replace(GOOD, drift=0.1)
    jobs = rank_jobs([named(STUCK, "poor"), named(drifts, "doubtful"), named(STUCK, "rich")], stakes, {}, NOW)
    assert [job.health.device_id for job in jobs] == ["rich", "doubtful", "poor"]
    assert [round(job.value_fen) for job in jobs] == [2356, 496, 466]


def test_signs_add_up_and_say_why_in_both_languages() -> None:
    bad = replace(
        GOOD, accuracy=0.8, accuracy_low=0.7, accuracy_high=0.88, beats_missed=29.0, battery_v=3.05,
        battery_v_per_day=-0.01,
    )  # fmt: skip
    (job,) = rank_jobs([bad], {}, {}, NOW)
    assert [sign.en for sign in job.signs] == [
        "right in 80% (70% to 88%, 200 comparisons)",
        "battery at 3.05 V, empty about 2026-11-29",
        "29 of 48 regular reports of about a day never came",
    ]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in sign.zh) for sign in job.signs)
    assert job.certainty > max(sign.certainty for sign in job.signs)


def test_a_quarantine_names_its_reason() -> None:
    (job,) = rank_jobs([STUCK], {}, {}, NOW)
    assert job.signs[0].en == "in quarantine since 2026-11-24 01:00Z: it repeats one state"
    assert "隔离" in job.signs[0].zh


def test_what_squads_say_of_a_device_raises_it_the_more_the_more_often() -> None:
    once, often = Told(times=1, last_at=NOW - timedelta(days=2)), Told(times=3, last_at=NOW)
    healths = [named(GOOD, "sound"), named(GOOD, "once"), named(GOOD, "often")]
    told = {DeviceId("once"): once, DeviceId("often"): often}
    jobs = rank_jobs(healths, {}, told, NOW)
    assert [(job.health.device_id, round(job.certainty, 3)) for job in jobs] == [
        ("often", 0.992),
        ("once", 0.8),
    ]
    assert jobs[1].signs[0].en == "called faulty on the spot, 1 in all, last at 2026-11-22 04:00Z"
    assert "现场人员报告" in jobs[1].signs[0].zh


def test_a_battery_is_forecast_from_its_trend() -> None:
    assert battery_empty_at(replace(GOOD, battery_v=3.3, battery_v_per_day=-0.1), NOW) is not None
    assert battery_empty_at(GOOD, NOW) is None
    assert battery_empty_at(replace(GOOD, battery_v=None), NOW) is None
    assert battery_empty_at(replace(GOOD, battery_v_per_day=0.0), NOW) is None
    assert battery_empty_at(replace(GOOD, battery_v=2.9, battery_v_per_day=None), NOW) == NOW


def test_a_berth_that_two_devices_watch_hangs_on_each_by_half() -> None:
    one, other = BerthId("B-1"), BerthId("B-2")
    watched = {DeviceId("G-1"): [one], DeviceId("C-1"): [one, other]}
    stakes = stakes_of(watched, {one: 300.0, other: 100.0})
    assert stakes[DeviceId("G-1")] == Stake(fen_per_day=150.0, berth_hours_per_day=12.0)
    assert stakes[DeviceId("C-1")] == Stake(fen_per_day=250.0, berth_hours_per_day=36.0)
