"""How it will be and how it was: distributions with their error and age, and the counts of the past."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from fastapi import FastAPI

import occupancy.store
from app.http import API, build_app
from guidance.api import guidance_router
from guidance.desk import Desk
from guidance.forecast.live import LiveHistory, make_outlook
from guidance.forecast.model import Model
from guidance.outlook import GOOD_FOR, Outlook
from guidance.service.foresight import local_of, sites_of
from guidance.store.loans import Loans
from parking.plumbing.database import Connection, transaction
from tests.support.asgi import Asker
from tests.support.enforcement_street import SetClock
from tests.support.guidance import (
    FREE,
    NOON,
    OCCUPIED,
    FlatQuotes,
    NoLoans,
    OneConnection,
    belief,
    minutes,
    no_streams,
    small_desk,
)


@pytest.fixture
def desk() -> Desk:
    return small_desk(belief("A-1", FREE), belief("A-2", OCCUPIED), belief("B-1", FREE))


def an_app(desk: Desk, loans: Loans | None = None) -> FastAPI:
    return build_app([guidance_router(desk, no_streams(), loans or NoLoans(), FlatQuotes())], [], [])


def after_an_hour(desk: Desk) -> Outlook:
    """What the forecaster says of a city of which it has heard for an hour."""
    history = LiveHistory(sites_of(desk), local_of(NOON, desk.city.timezone))
    sections = desk.latest.view.sections
    for back in range(60, -1, -5):
        local = local_of(minutes(-back), desk.city.timezone)
        history.note(local, *sections[:, :2].T.astype(np.float32))
    days = history.days_seen
    return make_outlook(Model(), history.history(), local_of(NOON, desk.city.timezone), NOON, days)


@pytest.mark.parametrize(("path", "known"), [("/sections/S001/forecast", 2), ("/zones/Z3/forecast", 1)])
def test_an_hour_of_history_gives_what_is_known_and_says_how_little(
    desk: Desk, path: str, known: int
) -> None:
    desk.outlook = after_an_hour(desk)

    answer = Asker(an_app(desk)).get(f"{API}{path}", params={"in_min": [180, 5, 60]})

    body = answer.json()
    assert (answer.status_code, body["known"]) == (200, known)
    assert body["forecast"] == {"made_at": "2026-05-06T04:00:00Z", "age_s": 0.0, "days": 1, "learnt": False}
    assert [point["in_min"] for point in body["points"]] == [5, 60, 180]
    assert {point["basis"] for point in body["points"]} == {"none"}
    errors = [point["error"] for point in body["points"]]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1]
    for point in body["points"]:
        assert 0 <= point["free_few"] <= point["free"] <= point["free_many"] <= known
        assert 0 <= point["chance"] <= 1


def test_without_forecasts_the_counts_of_now_stand_and_say_so(desk: Desk) -> None:
    body = Asker(an_app(desk)).get(f"{API}/sections/S001/forecast").json()

    assert body["forecast"] is None
    assert [(each["in_min"], each["free"], each["error"], each["basis"]) for each in body["points"]] == [
        (15, 1, None, "count"),
        (30, 1, None, "count"),
        (60, 1, None, "count"),
    ]


def test_a_forecast_that_is_too_old_is_not_used_in_search(desk: Desk) -> None:
    desk.outlook = after_an_hour(desk)
    asker, here = Asker(an_app(desk)), f"{API}/nearby?lat=31.7&lon=113.38&arrive_in_min=30"
    fresh = asker.get(here).json()
    assert fresh["forecast"]["age_s"] == 0
    assert {each["at_arrival"]["basis"] for each in fresh["suggestions"]} == {"none"}

    desk.outlook = replace(desk.outlook, made_at=NOON - GOOD_FOR - timedelta(seconds=1))
    old = asker.get(here).json()

    assert old["forecast"] is None
    assert {each["at_arrival"]["basis"] for each in old["suggestions"]} == {"count"}


def test_a_silent_street_has_no_forecast(desk: Desk) -> None:
    desk.outlook = after_an_hour(desk)
    assert isinstance(desk.clock, SetClock)
    desk.clock.at = minutes(24 * 60)
    desk.latest.put(desk.board.view(desk.clock.at))

    body = Asker(an_app(desk)).get(f"{API}/sections/S001/forecast").json()

    assert (body["known"], body["forecast"], body["freshness"]["fresh"]) == (0, None, False)
    assert {(each["free"], each["chance"]) for each in body["points"]} == {(0, 0.0)}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sections/none/forecast", 404),
        ("/zones/none/forecast", 404),
        ("/sections/S001/forecast?in_min=4", 422),
        ("/sections/S001/forecast?in_min=181", 422),
        ("/sections/none/history?since=2026-05-06T00:00Z&until=2026-05-07T00:00Z", 404),
        ("/sections/S001/history?since=2026-05-06T00:00&until=2026-05-07T00:00", 422),
        ("/sections/S001/history?since=2026-05-07T00:00Z&until=2026-05-06T00:00Z", 422),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(desk: Desk, path: str, status: int) -> None:
    answer = Asker(an_app(desk)).get(f"{API}{path}")

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.database
def test_the_past_is_told_in_pages_newest_first(desk: Desk, connection: Connection) -> None:
    with transaction(connection):
        for number in range(5):
            at = minutes(number)
            occupancy.store.save_counts(connection, number + 1, at, ["S001", "S002"], [[number, 0, 2, 0]] * 2)
    asker, path = Asker(an_app(desk, OneConnection(connection))), f"{API}/sections/S001/history"
    span = {"since": "2026-05-06T12:01:00+08:00", "until": "2026-05-06T12:04:00+08:00"}

    first = asker.get(path, params={**span, "limit": 2}).json()
    rest = asker.get(path, params={**span, "limit": 2, "cursor": first["next_cursor"]}).json()

    assert [each["free"] for each in first["counts"]] == [3, 2]
    assert [each["free"] for each in rest["counts"]] == [1]
    assert rest["next_cursor"] is None
