"""The forecaster: it reads the past only, knows when it knows little, and is right about made-up sites."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from guidance.forecast import learning
from guidance.forecast.daytypes import DayType
from guidance.forecast.history import Counts, grid
from guidance.forecast.learning import fit, targets
from guidance.forecast.model import Model
from tests.support.forecastcounts import MONDAY, made_up_counts


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SAMPLES", 30_000)
    monkeypatch.setattr(learning, "FEWEST_ROWS", 500)


def at(day: int, hour: int, step_min: int = 30) -> npt.NDArray[np.int64]:
    return np.array([(day * 1440 + hour * 60) // step_min])


def thinned(counts: Counts, share: float) -> Counts:
    """Only a share of the rows, at times some minutes off."""
    random = np.random.default_rng(11)
    kept = np.flatnonzero(random.random(len(counts.at)) < share)
    return replace(
        counts,
        site=counts.site[kept],
        at=counts.at[kept] + random.integers(-400, 400, len(kept)) * np.timedelta64(1, "s"),
        capacity=counts.capacity[kept],
        occupied=counts.occupied[kept],
    )


def test_the_future_never_changes_a_forecast(quick: None) -> None:  # noqa: ARG001  shortens learning
    counts = thinned(made_up_counts(days=24), 0.7)
    model = fit(
        grid(counts.until(np.datetime64("2026-03-22T23:59:59")), step_min=30, first_on=MONDAY), [30, 60]
    )
    assert model.correction.networks
    history = grid(counts, step_min=30, first_on=MONDAY)
    random = np.random.default_rng(2)
    for slot in random.integers(22 * 48, 23 * 48, 12):
        for site in np.flatnonzero(np.isfinite(history.observed[:, slot])):
            origin_at = counts.at[(counts.site == site) & (_slot_numbers(counts.at) == slot)].max()
            later = counts.at > origin_at
            anything = random.integers(0, 41, len(later))
            other = grid(
                replace(counts, occupied=np.where(later, anything, counts.occupied)),
                step_min=30,
                first_on=MONDAY,
            )
            for horizon in (30, 60):
                before, after = (model.predict(one, np.array([slot]), horizon) for one in (history, other))
                np.testing.assert_array_equal(before.rates[site], after.rates[site])


def _slot_numbers(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    minutes = (times - np.datetime64(MONDAY)) / np.timedelta64(1, "m")
    return np.floor(minutes / 30 + 0.5).astype(np.int64)


def test_an_hour_of_history_gives_persistence_with_a_wide_spread() -> None:
    counts = made_up_counts(days=30)
    hour = counts.until(np.datetime64("2026-03-02T11:00:00"))
    young = replace(
        hour,
        **{
            name: getattr(hour, name)[hour.at >= np.datetime64("2026-03-02T10:00:00")]
            for name in ("site", "at", "capacity", "occupied")
        },
    )
    little = grid(young, step_min=30)
    unsure = fit(little, [60]).predict(little, at(0, 11), 60)
    assert unsure.basis().tolist() == [["none"], ["none"]]
    np.testing.assert_allclose(unsure.quantile(0.5), little.observed[:, at(0, 11)], atol=0.03)

    much = grid(counts, step_min=30)
    sure = Model().predict(much, at(28, 11), 60)
    assert (sure.members > 2).all()
    width = [float((one.quantile(0.9) - one.quantile(0.1)).mean()) for one in (sure, unsure)]
    assert width[0] < 0.8 * width[1]
    assert (unsure.expected_error() > sure.expected_error()).all()


def test_an_unknown_present_gives_the_usual_day_and_says_so() -> None:
    counts = made_up_counts(days=15).until(np.datetime64("2026-03-15T23:59:59"))
    history = grid(counts, step_min=30, until=np.datetime64("2026-03-16T12:00:00"))
    forecast = Model().predict(history, at(14, 12), 60)
    assert forecast.basis().tolist() == [["unseen"], ["unseen"]]
    assert np.isfinite(forecast.rates).all()
    usual = history.observed[:, [(day * 1440 + 13 * 60) // 30 for day in (7, 8, 9, 10, 11)]].mean(axis=1)
    np.testing.assert_allclose(forecast.quantile(0.5)[:, 0], usual, atol=0.12)
    assert (forecast.quantile(0.95) - forecast.quantile(0.05) > 0.3).all()


def test_a_site_never_heard_of_is_anything() -> None:
    counts = made_up_counts(days=12, sites=1)
    history = grid(replace(counts, sites=("site 0", "ghost")), step_min=30)
    forecast = Model().predict(history, at(11, 12), 30)
    assert forecast.basis()[1, 0] == "unseen"
    assert forecast.quantile(0.9)[1, 0] - forecast.quantile(0.1)[1, 0] > 0.6


def test_a_stuck_site_is_forecast_to_stay(quick: None) -> None:  # noqa: ARG001  shortens learning
    counts = made_up_counts(days=21, sites=3)
    stuck = replace(counts, occupied=np.where(counts.site == 1, np.float32(12), counts.occupied))
    history = grid(stuck, step_min=30)
    forecast = fit(history, [30, 60]).predict(history, at(20, 9), 60)
    assert forecast.centre()[1, 0] == pytest.approx(12 / 40)


def test_a_site_closed_at_night_is_forecast_in_the_morning() -> None:
    counts = made_up_counts(days=15)
    hour = (counts.at - counts.at.astype("datetime64[D]")) / np.timedelta64(1, "h")
    opened = (hour >= 8) & (hour <= 16.5)
    counts = replace(
        counts,
        site=counts.site[opened],
        at=counts.at[opened],
        capacity=counts.capacity[opened],
        occupied=counts.occupied[opened],
    )
    history = grid(counts)
    assert history.step_min == 30
    forecast = Model().predict(history, at(14, 8), 60)
    assert (forecast.basis() == "history").all()
    chosen, then = targets(history, at(14, 8), 2)
    assert chosen.all()
    assert np.abs(forecast.centre() - then).max() < 0.25


def test_forecasts_beat_standing_still_and_are_calibrated(quick: None) -> None:  # noqa: ARG001  shortens learning
    counts = made_up_counts(days=40, sites=6)
    history = grid(counts, step_min=30)
    model = fit(grid(counts.until(np.datetime64("2026-03-31T23:59:59")), step_min=30), [60])
    slots = np.arange(30 * 48, 40 * 48)
    chosen, then = targets(history, slots, 2)
    forecast = model.predict(history, slots, 60)
    error = np.abs(forecast.centre() - then)[chosen].mean()
    assert error < 0.6 * np.abs(history.observed[:, slots] - then)[chosen].mean()
    inside = (then >= forecast.quantile(0.1)) & (then <= forecast.quantile(0.9))
    assert 0.7 < inside[chosen].mean() < 0.97
    assert forecast.expected_error()[chosen].mean() == pytest.approx(error, rel=0.5)


def test_a_listed_holiday_is_forecast_like_a_sunday() -> None:
    counts = made_up_counts(days=36)
    history = grid(counts, step_min=30)
    thursday = 31
    dawn = at(thursday, 8)
    holiday = Model(calendar={MONDAY.replace(month=4, day=2): DayType.RESTDAY})
    assert (holiday.predict(history, dawn, 180).mean() < Model().predict(history, dawn, 180).mean()).all()


def test_learning_twice_gives_the_same_model(quick: None) -> None:  # noqa: ARG001  shortens learning
    history = grid(made_up_counts(days=20), step_min=30)
    first, second = (fit(history, [30]).predict(history, at(19, 12), 30).rates for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_sites_do_not_depend_on_each_other(quick: None) -> None:  # noqa: ARG001  shortens learning
    history = grid(made_up_counts(days=20, sites=4), step_min=30)
    model = fit(history, [30])
    alone = history.of_sites(np.array([2]))
    everyone = model.predict(history, at(19, 12), 30).rates[2]
    np.testing.assert_allclose(model.predict(alone, at(19, 12), 30).rates[0], everyone, atol=1e-5)


@pytest.mark.parametrize("horizon", [0, 4, 181])
def test_a_horizon_out_of_reach_is_refused(horizon: int) -> None:
    history = grid(made_up_counts(days=2), step_min=30)
    with pytest.raises(ValueError, match="5 to 180"):
        Model().predict(history, at(1, 12), horizon)
    with pytest.raises(ValueError, match="5 to 180"):
        fit(history, [horizon])


def test_an_origin_outside_of_the_history_is_refused() -> None:
    history = grid(made_up_counts(days=2), step_min=30)
    with pytest.raises(ValueError, match="within its history"):
        Model().predict(history, at(2, 0), 30)
